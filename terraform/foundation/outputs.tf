# The first eight are what staging, training and the workflow root read.

output "region" {
  description = "Region of everything."
  value       = var.region
}

output "account_id" {
  description = "Account that everything is in."
  value       = local.location.account_id
}

output "data_bucket" {
  description = "Bucket of pictures, models, captures and manifests."
  value       = module.data.name
}

output "kms_key_arn" {
  description = "Key that encrypts the bucket, logs, notifications and volumes."
  value       = module.key.arn
}

output "sagemaker_role_arn" {
  description = "Role of training jobs and of the endpoint."
  value       = module.sagemaker_role.arn
}

output "model_package_group_name" {
  description = "Model package group that training registers its models in."
  value       = aws_sagemaker_model_package_group.this.model_package_group_name
}

output "network" {
  description = "Subnets and security groups of functions and model; null where there is no network."
  value = one([for network in module.network : {
    subnet_ids                  = network.subnet_ids
    functions_security_group_id = network.functions_security_group_id
    model_security_group_id     = network.model_security_group_id
  }])
}

output "permissions_boundary_arn" {
  description = "Permissions boundary that the workflow's roles get; null where no job on GitHub changes them."
  value       = one(module.github[*].permissions_boundary_arn)
}

output "github_role_arns" {
  description = "Roles that jobs on GitHub plan and apply as; null where there are none."
  value       = one([for github in module.github : { plan = github.plan_role_arn, apply = github.apply_role_arn }])
}

output "state_bucket" {
  description = "Bucket that keeps Terraform's state; null where there is none."
  value       = one(module.state[*].name)
}
