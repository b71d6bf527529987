output "name" {
  description = "Name of the endpoint, known before it exists."
  value       = var.name
}

output "variant_name" {
  description = "Name of its one variant."
  value       = local.variant_name
}

output "model_name" {
  description = "Name of the model it serves, or will serve again."
  value       = aws_sagemaker_model.this.name
}

output "model_since" {
  description = "Since when the model is alone in service, known once its deployment is over. What depends on it comes after that."
  value       = terraform_data.in_service.output
}

output "configuration_name" {
  description = "Name of the configuration it serves; null while it is paused."
  value       = one(aws_sagemaker_endpoint.this[*].endpoint_config_name)
}

output "alarm_names" {
  description = "Alarms that roll a deployment back."
  value       = [for label in var.deployment.rollback_alarms : local.alarm_names[label]]
}
