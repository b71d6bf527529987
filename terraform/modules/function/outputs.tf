# Name and ARN are known before the function exists, so that policies and the state machine can be read in a
# first plan. Whoever needs the function itself to be there says so with depends_on.

output "name" {
  description = "Name of the function."
  value       = var.name
}

output "arn" {
  description = "ARN of the function, without a version."
  value       = local.arn
}

output "code_sha256" {
  # Not code_sha256, which the provider learns only from the next refresh: the output would be one apply behind.
  description = "SHA-256 of the deployed package, in base64."
  value       = aws_lambda_function.this.source_code_hash
}

output "log_group_name" {
  description = "Log group of the function."
  value       = local.log_group_name
}

output "role_arn" {
  description = "Role that the function acts as."
  value       = aws_iam_role.this.arn
}
