output "plan_role_arn" {
  description = "Role that pull requests plan as, for the variable AWS_PLAN_ROLE_ARN_<ENVIRONMENT> of the repository."
  value       = "${local.arn_prefix}:iam::${var.location.account_id}:role/${local.names["plan"]}"
}

output "apply_role_arn" {
  description = "Role that the environment's jobs apply as, for the variable AWS_APPLY_ROLE_ARN of the environment on GitHub."
  value       = "${local.arn_prefix}:iam::${var.location.account_id}:role/${local.names["apply"]}"
}

output "permissions_boundary_arn" {
  description = "Permissions boundary that a role needs which jobs may make or change."
  value       = local.boundary_arn
}
