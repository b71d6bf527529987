mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-drift"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  function_name = "scones-dev-monitor-drift"
  expression    = "cron(15 * * * ? *)"
  kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_rule.this.schedule_expression == "cron(15 * * * ? *)" && aws_cloudwatch_event_target.this.arn == "arn:aws:lambda:eu-west-1:123456789012:function:scones-dev-monitor-drift"
    error_message = "The function is called by the clock."
  }

  assert {
    condition     = aws_lambda_permission.this.principal == "events.amazonaws.com" && aws_lambda_permission.this.source_arn == "arn:aws:events:eu-west-1:123456789012:rule/scones-dev-drift"
    error_message = "By this rule and no other."
  }

  # A call that does not arrive is kept, and encrypted.
  assert {
    condition     = aws_cloudwatch_event_target.this.dead_letter_config[0].arn == "arn:aws:sqs:eu-west-1:123456789012:scones-dev-drift-dead-letter" && output.dead_letter_name == aws_sqs_queue.dead_letter.name
    error_message = "It goes to the dead-letter queue."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "Encrypted, for two weeks."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue.dead_letter.policy).Statement : statement.Condition if statement.Effect == "Allow"] == [{ ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-west-1:123456789012:rule/scones-dev-drift" } }]
    error_message = "Only this rule puts anything there."
  }

  assert {
    condition     = aws_cloudwatch_event_target.this.retry_policy[0].maximum_event_age_in_seconds == 3600 && aws_cloudwatch_event_target.this.retry_policy[0].maximum_retry_attempts == 10
    error_message = "It is tried for an hour."
  }
}

run "takes_a_rate" {
  command = plan

  variables {
    expression = "rate(1 hour)"
  }

  assert {
    condition     = aws_cloudwatch_event_rule.this.schedule_expression == "rate(1 hour)"
    error_message = "Counted from when the rule is made."
  }
}
