mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-incoming"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  bucket_name       = "scones-dev"
  prefix            = "incoming/"
  state_machine_arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:scones-dev-classify"
  kms_key_arn       = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = aws_iam_role.this.permissions_boundary == null
    error_message = "The role has no boundary unless it is given one."
  }

  # It listens to new objects of one folder.
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == { source = ["aws.s3"], "detail-type" = ["Object Created"], detail = { bucket = { name = ["scones-dev"] }, object = { key = [{ prefix = "incoming/" }] } } }
    error_message = "The pattern names source, kind, bucket and folder."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.state == "ENABLED"
    error_message = "The rule is in force."
  }

  # It hands over the input that the state machine expects.
  assert {
    condition     = jsondecode(replace(replace(aws_cloudwatch_event_target.this[0].input_transformer[0].input_template, "<bucket>", "\"b\""), "<key>", "\"k\"")) == { image_data = "", s3_bucket = "b", s3_key = "k" }
    error_message = "The input is image_data, s3_bucket and s3_key."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this[0].input_transformer[0].input_paths == tomap({ bucket = "$.detail.bucket.name", key = "$.detail.object.key" })
    error_message = "Bucket and key come from the event."
  }

  # It loses no event.
  assert {
    condition     = aws_cloudwatch_event_target.this[0].dead_letter_config[0].arn == "arn:aws:sqs:eu-west-1:123456789012:scones-dev-incoming-dead-letter"
    error_message = "What cannot be started goes to the dead-letter queue."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this[0].retry_policy[0].maximum_retry_attempts == 10 && aws_cloudwatch_event_target.this[0].retry_policy[0].maximum_event_age_in_seconds == 3600
    error_message = "After ten attempts within an hour."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.dead_letter.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:events:eu-west-1:123456789012:rule/scones-dev-incoming"
    error_message = "The rule, and no other, may send to it."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn
    error_message = "What is put aside there is encrypted with the given key."
  }

  # It starts one state machine and nothing else.
  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[0].Action == ["states:StartExecution"] && jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource == [var.state_machine_arn] && length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 1
    error_message = "The role starts executions of that state machine."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:events:eu-west-1:123456789012:rule/scones-dev-incoming"
    error_message = "No other rule may act as this role."
  }
}

run "lets_nothing_through_while_paused" {
  command = plan

  variables {
    paused = true
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.state == "DISABLED" && length(aws_cloudwatch_event_target.this) == 0
    error_message = "The rule is disabled, and leads nowhere."
  }

  assert {
    condition     = output.rule_name == "scones-dev-incoming" && output.dead_letter_name == "scones-dev-incoming-dead-letter"
    error_message = "What lies in the dead-letter queue stays."
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
