mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-review"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  # It keeps a picture as long as sqs can and encrypts it.
  assert {
    condition     = aws_sqs_queue.this.message_retention_seconds == 1209600
    error_message = "Fourteen days."
  }

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letter[0].kms_master_key_id == var.kms_key_arn
    error_message = "Both queues are encrypted with the given key."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Requests without TLS are denied."
  }

  # It puts aside what nobody decides.
  assert {
    condition     = length(aws_sqs_queue.dead_letter) == 1 && output.dead_letter_name == "scones-dev-review-dead-letter"
    error_message = "There is a dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.dead_letter[0].redrive_allow_policy).sourceQueueArns == ["arn:aws:sqs:eu-west-1:123456789012:scones-dev-review"]
    error_message = "Only this queue may use it."
  }
}

run "keeps_everything_where_it_is_when_told_to" {
  command = plan

  variables {
    dead_letter_after_receives = 0
  }

  assert {
    condition     = length(aws_sqs_queue.dead_letter) == 0 && output.dead_letter_name == null
    error_message = "There is no dead-letter queue."
  }

  assert {
    condition     = output.arn == "arn:aws:sqs:eu-west-1:123456789012:scones-dev-review"
    error_message = "The ARN is known before the queue exists."
  }
}

run "sends_to_the_dead_letter_queue_after_so_many_looks" {
  command = apply

  variables {
    dead_letter_after_receives = 3
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == 3
    error_message = "The third look is the last."
  }
}
