output "rule_name" {
  description = "Name of the rule."
  value       = aws_cloudwatch_event_rule.this.name
}

output "dead_letter_name" {
  description = "Queue of the events that could not start an execution."
  value       = local.dead_letter_name
}

output "role_arn" {
  description = "Role that the rule starts executions as."
  value       = aws_iam_role.this.arn
}
