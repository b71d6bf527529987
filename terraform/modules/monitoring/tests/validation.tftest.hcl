mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name              = "scones-dev"
  region            = "eu-west-1"
  state_machine_arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:scones-dev-classify"
  functions = {
    read   = { name = "scones-dev-read" }
    decide = { name = "scones-dev-decide", fails_on_purpose = true }
  }
  review_queue_name       = "scones-dev-review"
  dead_letter_queue_names = { incoming = "scones-dev-incoming-dead-letter" }
  endpoint                = { name = "scones-dev", variant_name = "AllTraffic" }
  alarm_actions           = ["arn:aws:sns:eu-west-1:123456789012:scones-dev-failures"]
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.dev"

    # It refuses a region that is none.
    region = "Ireland"

    # It refuses something that is no state machine.
    state_machine_arn = "scones"

    # It refuses no function at all.
    functions = {}

    # It refuses a label with spaces.
    dead_letter_queue_names = { "dead letters" = "q" }

    # It refuses an alarm that is always on.
    thresholds = { function_errors = 0 }

    # It refuses half a minute, of which there is no metric.
    drift = { period_seconds = 30 }

    # It refuses an action that is an address.
    alarm_actions = ["routing@example.com"]
  }

  expect_failures = [
    var.name,
    var.region,
    var.state_machine_arn,
    var.functions,
    var.dead_letter_queue_names,
    var.thresholds,
    var.drift,
    var.alarm_actions,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses an alarm that never goes off.
    thresholds = { review_share_percent = 100 }
  }

  expect_failures = [
    var.thresholds,
  ]
}

run "refuses_the_third_of_each" {
  command = plan

  variables {
    # It refuses an alarm that is always on.
    thresholds = { mean_confidence = 1 }
  }

  expect_failures = [
    var.thresholds,
  ]
}
