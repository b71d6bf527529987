output "rule_name" {
  description = "Name of the rule."
  value       = aws_cloudwatch_event_rule.this.name
}

output "dead_letter_name" {
  description = "Queue of the calls that did not reach the function."
  value       = local.dead_letter_name
}
