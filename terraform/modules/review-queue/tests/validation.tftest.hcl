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

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.review"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"

    # It refuses to keep a picture for a month.
    retention_days = 30

    # It refuses to hide a picture for a second.
    visibility_timeout_seconds = 1

    # It refuses to show a picture a negative number of times.
    dead_letter_after_receives = -1
  }

  expect_failures = [
    var.name,
    var.location,
    var.kms_key_arn,
    var.retention_days,
    var.visibility_timeout_seconds,
    var.dead_letter_after_receives,
  ]
}
