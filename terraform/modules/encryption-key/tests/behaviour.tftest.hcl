mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name        = "scones-dev"
  description = "Everything of scones-dev"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  log_group_prefixes = ["/aws/lambda/scones-dev-"]
  queue_prefixes     = ["scones-dev-"]
}

run "as_it_comes" {
  command = plan

  # It rotates the key and names it.
  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key is rotated."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/scones-dev"
    error_message = "The alias is the name."
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "A deleted key can be brought back for as long as AWS allows."
  }

  # It lets logs use it for our log groups only.
  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[1].Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"] == ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/scones-dev-*"]
    error_message = "CloudWatch Logs may use the key for log groups of this project alone."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[1].Principal.Service == "logs.eu-west-1.amazonaws.com"
    error_message = "It is the region's own CloudWatch Logs."
  }

  # It lets alarms of this account use it.
  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[2].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Alarms of other accounts may not use the key."
  }

  # It lets EventBridge put aside what it could not deliver.
  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[3].Principal.Service == "events.amazonaws.com" && jsondecode(aws_kms_key.this.policy).Statement[3].Condition.ArnLike["kms:EncryptionContext:aws:sqs:arn"] == ["arn:aws:sqs:eu-west-1:123456789012:scones-dev-*"]
    error_message = "Into queues of this project alone."
  }
}
