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

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name that aws reserves.
    name = "aws-key"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses no log group at all.
    log_group_prefixes = []

    # It refuses every queue.
    queue_prefixes = ["*"]

    # It refuses a deletion window of three days.
    deletion_window_in_days = 3
  }

  expect_failures = [
    var.name,
    var.location,
    var.log_group_prefixes,
    var.queue_prefixes,
    var.deletion_window_in_days,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses a name with capitals.
    name = "Scones"

    # It refuses every log group.
    log_group_prefixes = ["*"]
  }

  expect_failures = [
    var.name,
    var.log_group_prefixes,
  ]
}
