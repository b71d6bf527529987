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

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.drift"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "scones"
    }

    # It refuses an ARN for a name.
    function_name = "arn:aws:lambda:eu-west-1:123456789012:function:monitor"

    # It refuses a schedule that is none.
    expression = "hourly"

    # It refuses an alias.
    kms_key_arn = "alias/scones"

    # It refuses to give up at once.
    retry = { maximum_age_seconds = 1 }
  }

  expect_failures = [
    var.name,
    var.location,
    var.function_name,
    var.expression,
    var.kms_key_arn,
    var.retry,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses more attempts than EventBridge makes.
    retry = { maximum_attempts = 186 }
  }

  expect_failures = [
    var.retry,
  ]
}
