mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name        = "scones-dev-example"
  description = "Does something."
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  package_path       = "tests/package.zip"
  timeout_seconds    = 10
  log_retention_days = 30
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = aws_iam_role.this.permissions_boundary == null
    error_message = "The role has no boundary unless it is given one."
  }

  # It logs to a group that ends and is encrypted.
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/scones-dev-example"
    error_message = "The log group bears the name that Lambda would give it."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "Log events end and are encrypted."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource == ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/scones-dev-example:*"]
    error_message = "The role writes to that group alone."
  }

  # It grants logs and traces and nothing else by default.
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLog", "SendTraces"]
    error_message = "A function that is given no permission has none."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = "Calls are traced."
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null
    error_message = "Without environment variables there is nothing to encrypt."
  }

  # It follows the content of the package.
  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("tests/package.zip")
    error_message = "The package's digest decides whether the function changes."
  }

  assert {
    condition     = aws_lambda_function.this.runtime == "python3.12" && aws_lambda_function.this.handler == "handler.handler"
    error_message = "It runs the handler on Python 3.12."
  }

  # It knows its arn before it exists.
  assert {
    condition     = output.arn == "arn:aws:lambda:eu-west-1:123456789012:function:scones-dev-example"
    error_message = "The ARN is put together from what is known."
  }
}

run "grants_what_it_is_given" {
  command = plan

  variables {
    permissions = [
      {
        sid        = "Read"
        actions    = ["s3:GetObject"]
        resources  = ["arn:aws:s3:::bucket/test/*"]
        conditions = { StringEquals = { "aws:SourceAccount" = ["123456789012"] } }
      },
      {
        sid       = "Write"
        actions   = ["s3:PutObject"]
        resources = ["arn:aws:s3:::bucket/out/*"]
      },
    ]
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[2].Action == ["s3:GetObject"] && jsondecode(aws_iam_role_policy.this.policy).Statement[2].Resource == ["arn:aws:s3:::bucket/test/*"]
    error_message = "The permission arrives as it was given."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[2].Condition == { StringEquals = { "aws:SourceAccount" = ["123456789012"] } }
    error_message = "And so does its condition."
  }

  assert {
    condition     = !can(jsondecode(aws_iam_role_policy.this.policy).Statement[3].Condition)
    error_message = "A statement without a condition has none, not an empty one."
  }
}

run "has_a_dead_letter_queue_when_given_one" {
  command = plan

  variables {
    dead_letter_arn = "arn:aws:sqs:eu-west-1:123456789012:dead"
    tracing         = false
  }

  assert {
    condition     = aws_lambda_function.this.dead_letter_config[0].target_arn == var.dead_letter_arn
    error_message = "Failed asynchronous events go there."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLog", "SendToDeadLetterQueue"]
    error_message = "And the role may send them; it may not trace when tracing is off."
  }
}

run "has_an_environment_only_when_given_one" {
  command = plan

  variables {
    environment_variables = { ENDPOINT_NAME = "scones-dev" }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["ENDPOINT_NAME"] == "scones-dev"
    error_message = "The variable is set."
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key_arn
    error_message = "And encrypted with the given key."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Condition if statement.Sid == "DecryptOwnEnvironment"] == [{ StringEquals = { "kms:EncryptionContext:aws:lambda:FunctionArn" = ["arn:aws:lambda:eu-west-1:123456789012:function:scones-dev-example"] } }]
    error_message = "The role may decrypt its own, and no other function's."
  }
}

run "runs_in_a_network_when_given_one" {
  command = plan

  variables {
    network = {
      subnet_ids         = ["subnet-a", "subnet-b"]
      security_group_ids = ["sg-f"]
    }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-a", "subnet-b"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-f"])
    error_message = "It runs there."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["WriteOwnLog", "SendTraces", "MakeInterfaces", "ManageInterfaces", "SeeInterfaces"]
    error_message = "Lambda may make its interfaces."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[2].Resource == ["arn:aws:ec2:eu-west-1:123456789012:network-interface/*", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-a", "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-b", "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-f"]
    error_message = "In these subnets, with this security group."
  }
}

run "has_a_boundary_when_given_one" {
  command = plan

  variables {
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/scones-dev-github-boundary"
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.permissions_boundary_arn
    error_message = "The role may never do more than that says."
  }
}
