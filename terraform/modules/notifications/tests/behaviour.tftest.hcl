mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name         = "scones-dev-failures"
  display_name = "Scones Unlimited dev"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  # It encrypts what it tells and takes alarms of this account.
  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "The topic is encrypted with a key that alarms may use."
  }

  assert {
    condition     = jsondecode(aws_sns_topic.this.policy).Statement[0].Principal.Service == "cloudwatch.amazonaws.com" && jsondecode(aws_sns_topic.this.policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Alarms of this account may publish."
  }

  assert {
    condition     = jsondecode(aws_sns_topic.this.policy).Statement[1].Effect == "Deny"
    error_message = "Requests without TLS are denied."
  }

  # It writes to nobody by default.
  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "There is no subscription."
  }

  assert {
    condition     = output.arn == "arn:aws:sns:eu-west-1:123456789012:scones-dev-failures"
    error_message = "The ARN is known before the topic exists."
  }
}

run "writes_to_the_address_it_is_given" {
  command = plan

  variables {
    email = "routing@example.com"
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "routing@example.com" && aws_sns_topic_subscription.email[0].protocol == "email"
    error_message = "The address is subscribed."
  }
}
