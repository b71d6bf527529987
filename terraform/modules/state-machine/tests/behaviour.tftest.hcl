mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-classify"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  definition         = jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed" } } })
  log_retention_days = 30
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = aws_iam_role.this.permissions_boundary == null
    error_message = "The role has no boundary unless it is given one."
  }

  # It logs under the prefix that needs no resource policy.
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/vendedlogs/states/scones-dev-classify"
    error_message = "The log group lies under /aws/vendedlogs/states/."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].log_destination == "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/scones-dev-classify:*"
    error_message = "Executions are logged there."
  }

  assert {
    condition     = aws_sfn_state_machine.this.logging_configuration[0].level == "ALL" && !aws_sfn_state_machine.this.logging_configuration[0].include_execution_data
    error_message = "Every event, without the pictures."
  }

  # It trusts step functions for this machine alone.
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:states:eu-west-1:123456789012:stateMachine:scones-dev-classify"
    error_message = "No other state machine may act as this role."
  }

  # It shows its definition in the first plan.
  assert {
    condition     = jsondecode(aws_sfn_state_machine.this.definition).StartAt == "Done"
    error_message = "The definition is known."
  }

  assert {
    condition     = output.arn == "arn:aws:states:eu-west-1:123456789012:stateMachine:scones-dev-classify"
    error_message = "And so is the ARN."
  }
}

run "grants_what_it_is_given_and_what_it_needs_itself" {
  command = plan

  variables {
    permissions = [{
      sid       = "CallFunction"
      actions   = ["lambda:InvokeFunction"]
      resources = ["arn:aws:lambda:eu-west-1:123456789012:function:f"]
    }]
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["CallFunction", "DeliverLogs", "SendTraces"]
    error_message = "The given permission, logs and traces."
  }
}

run "needs_nothing_when_it_neither_logs_nor_traces" {
  command = plan

  variables {
    log_level = "OFF"
    tracing   = false
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 0
    error_message = "Permissions that nobody uses are not granted."
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
