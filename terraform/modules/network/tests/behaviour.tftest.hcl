mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  cidr               = "10.40.0.0/20"
  bucket_arn         = "arn:aws:s3:::scones-dev"
  endpoint_name      = "scones-dev"
  log_retention_days = 30
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  # It lies in two zones.
  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { "eu-west-1a" = "10.40.0.0/24", "eu-west-1b" = "10.40.1.0/24" }
    error_message = "A sixteenth of the addresses in each."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : !subnet.map_public_ip_on_launch])
    error_message = "Nothing in it has a public address."
  }

  # It has no way out.
  assert {
    condition     = alltrue(concat([for rule in aws_vpc_security_group_egress_rule.s3 : rule.cidr_ipv4 == null], [aws_vpc_security_group_egress_rule.sagemaker_runtime.cidr_ipv4 == null]))
    error_message = "No rule lets anything out to addresses."
  }

  assert {
    condition     = alltrue([for rule in concat(values(aws_vpc_security_group_egress_rule.s3), [aws_vpc_security_group_egress_rule.sagemaker_runtime, aws_vpc_security_group_ingress_rule.sagemaker_runtime]) : rule.ip_protocol == "tcp" && rule.from_port == 443 && rule.to_port == 443])
    error_message = "Everything is TLS."
  }

  assert {
    condition     = keys(aws_vpc_security_group_egress_rule.s3) == ["functions", "model"]
    error_message = "Functions and model reach S3; the model reaches nothing else."
  }

  # What it does reach is the project's own.
  assert {
    condition     = jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Resource == ["arn:aws:s3:::scones-dev", "arn:aws:s3:::scones-dev/*"] && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "One bucket, through an endpoint that costs nothing."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.sagemaker_runtime.policy).Statement[0].Resource == ["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/scones-dev"]
    error_message = "One endpoint."
  }

  assert {
    condition     = alltrue([for endpoint in [aws_vpc_endpoint.s3, aws_vpc_endpoint.sagemaker_runtime] : jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"])
    error_message = "And only as somebody of this account."
  }

  assert {
    condition     = aws_vpc_endpoint.sagemaker_runtime.private_dns_enabled && aws_vpc_endpoint.sagemaker_runtime.service_name == "com.amazonaws.eu-west-1.sagemaker.runtime"
    error_message = "It answers under the service's own name."
  }

  # What was refused is kept, encrypted, for a while.
  assert {
    condition     = aws_flow_log.this.traffic_type == "REJECT" && aws_flow_log.this.log_destination == "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vpc/scones-dev"
    error_message = "Refused connections are logged."
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.flow.retention_in_days == 30
    error_message = "Encrypted, and they end."
  }

  assert {
    condition     = jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/*"
    error_message = "Flow logs of this account alone may act as the role."
  }
}

run "spreads_over_the_zones_it_is_told" {
  command = plan

  variables {
    zones = ["a", "c", "d"]
  }

  assert {
    condition     = keys(aws_subnet.private) == ["eu-west-1a", "eu-west-1c", "eu-west-1d"]
    error_message = "Three zones."
  }
}

run "hands_on_where_to_run" {
  command = apply

  assert {
    condition     = length(distinct(output.subnet_ids)) == 2 && output.functions_security_group_id != output.model_security_group_id && output.vpc_id != null
    error_message = "Subnets, and a security group each for functions and model."
  }
}
