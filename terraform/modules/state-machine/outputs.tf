output "arn" {
  description = "ARN of the state machine, known before it exists."
  value       = local.arn
}

output "id" {
  description = "The same ARN, known once the state machine exists."
  value       = aws_sfn_state_machine.this.id
}

output "name" {
  description = "Name of the state machine."
  value       = var.name
}

output "log_group_name" {
  description = "Log group of its executions."
  value       = local.log_group_name
}

output "role_arn" {
  description = "Role that its executions act as."
  value       = aws_iam_role.this.arn
}
