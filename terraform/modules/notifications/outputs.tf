output "arn" {
  description = "ARN of the topic, known before it exists."
  value       = local.arn
}

output "name" {
  description = "Name of the topic."
  value       = var.name
}
