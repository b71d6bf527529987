mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-sagemaker"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  bucket_arn    = "arn:aws:s3:::scones-dev"
  kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  endpoint_name = "scones-dev"
}

run "as_it_comes" {
  command = plan

  # It trusts sagemaker of this account alone.
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "sagemaker.amazonaws.com"
    error_message = "SageMaker assumes the role."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "And only for this account."
  }

  # It reads and writes folders of one bucket.
  assert {
    condition     = alltrue([for resource in flatten([for statement in jsondecode(aws_iam_role_policy.this["data"].policy).Statement : statement.Resource]) : startswith(resource, "arn:aws:s3:::scones-dev")])
    error_message = "No other bucket is named."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["data"].policy).Statement[1].Resource == ["arn:aws:s3:::scones-dev/models/*", "arn:aws:s3:::scones-dev/checkpoints/*", "arn:aws:s3:::scones-dev/data_capture/*"]
    error_message = "It writes models and captures, and nothing else."
  }

  assert {
    condition     = !anytrue([for resource in jsondecode(aws_iam_role_policy.this["data"].policy).Statement[0].Resource : strcontains(resource, "test") || strcontains(resource, "labels")])
    error_message = "It trains on no test picture: it cannot read one."
  }

  assert {
    condition     = !contains(jsondecode(aws_iam_role_policy.this["data"].policy).Statement[1].Action, "s3:DeleteObject")
    error_message = "It deletes nothing."
  }

  # It opens the whole account only where there are no arns.
  assert {
    condition     = [for statement in concat(jsondecode(aws_iam_role_policy.this["data"].policy).Statement, jsondecode(aws_iam_role_policy.this["key"].policy).Statement, jsondecode(aws_iam_role_policy.this["logs"].policy).Statement, jsondecode(aws_iam_role_policy.this["images"].policy).Statement) : statement.Sid if contains(statement.Resource, "*")] == ["PublishOwnMetrics", "LogInToRegistry"]
    error_message = "Metrics and the registry's log-in have no ARN; everything else does."
  }

  assert {
    condition     = keys(aws_iam_role_policy.this) == ["alarms", "data", "images", "key", "logs"]
    error_message = "Without a network there is no policy about one."
  }

  # It sees the alarms that roll a deployment back, which SageMaker does as this role.
  assert {
    condition     = jsondecode(aws_iam_role_policy.this["alarms"].policy).Statement[0].Action == ["cloudwatch:DescribeAlarms"] && jsondecode(aws_iam_role_policy.this["alarms"].policy).Statement[0].Resource == ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:scones-dev-*"]
    error_message = "It watches the endpoint's own alarms, and no others."
  }

  # It passes the key on to aws only.
  assert {
    condition     = jsondecode(aws_iam_role_policy.this["key"].policy).Statement[1].Condition.Bool["kms:GrantIsForAWSResource"] == "true"
    error_message = "A grant on the key goes to AWS's own resources."
  }
}

run "makes_interfaces_in_a_network_when_given_one" {
  command = plan

  variables {
    network = {
      subnet_ids         = ["subnet-a", "subnet-b"]
      security_group_ids = ["sg-m"]
    }
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["network"].policy).Statement[0].Resource == ["arn:aws:ec2:eu-west-1:123456789012:network-interface/*", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-a", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-b", "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-m"]
    error_message = "In these subnets, with this security group."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["network"].policy).Statement[1].Condition.ArnEquals["ec2:Subnet"] == ["arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-a", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-b"]
    error_message = "It lends and removes none of another network."
  }
}
