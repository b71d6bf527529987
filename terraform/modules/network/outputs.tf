output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "Its subnets, one a zone."
  value       = [for zone in sort(keys(local.subnets)) : aws_subnet.private[zone].id]
}

output "functions_security_group_id" {
  description = "Security group of the functions."
  value       = aws_security_group.this["functions"].id
}

output "model_security_group_id" {
  description = "Security group of the model's container."
  value       = aws_security_group.this["model"].id
}
