# Who may talk to whom, and only over TLS: functions to SageMaker's runtime and S3, the model to S3. Nobody to the model:
# SageMaker reaches it from its own side.
locals {
  # EC2 refuses an apostrophe in these.
  descriptions = {
    functions = "Functions of ${var.name}: out to S3 and the SageMaker runtime, nothing in"
    model     = "Model of ${var.name}: out to S3, nothing in"
    endpoints = "Endpoints of AWS services in ${var.name}: in from its functions, nothing out"
  }
}

data "aws_ec2_managed_prefix_list" "s3" {
  name = "com.amazonaws.${var.location.region}.s3"
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:Functions and model are attached to theirs in the workflow root, which checkov reads apart from this one.
  for_each = local.descriptions

  name        = local.names[each.key]
  description = each.value
  vpc_id      = aws_vpc.this.id

  tags = { Name = local.names[each.key] }
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = toset(["functions", "model"])

  security_group_id = aws_security_group.this[each.key].id
  description       = "S3, through its gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = data.aws_ec2_managed_prefix_list.s3.id
}

resource "aws_vpc_security_group_egress_rule" "sagemaker_runtime" {
  security_group_id            = aws_security_group.this["functions"].id
  description                  = "The SageMaker runtime, through its interface endpoint"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.this["endpoints"].id
}

resource "aws_vpc_security_group_ingress_rule" "sagemaker_runtime" {
  security_group_id            = aws_security_group.this["endpoints"].id
  description                  = "Functions that ask the endpoint"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.this["functions"].id
}
