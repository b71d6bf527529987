output "name" {
  description = "Name of the queue."
  value       = var.name
}

output "arn" {
  description = "ARN of the queue, known before it exists."
  value       = local.arn
}

output "url" {
  description = "URL of the queue."
  value       = aws_sqs_queue.this.url
}

output "dead_letter_name" {
  description = "Name of its dead-letter queue; null where there is none."
  value       = local.has_dead_letter ? local.dead_letter_name : null
}
