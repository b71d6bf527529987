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

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.incoming"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses a bucket given by its uri.
    bucket_name = "s3://scones-dev"

    # It refuses the whole bucket.
    prefix = ""

    # It refuses something that is no state machine.
    state_machine_arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"

    # It refuses a boundary given by its name.
    permissions_boundary_arn = "scones-dev-github-boundary"

    # It refuses to retry for a week.
    retry = { maximum_age_seconds = 604800 }
  }

  expect_failures = [
    var.permissions_boundary_arn,
    var.name,
    var.location,
    var.bucket_name,
    var.prefix,
    var.state_machine_arn,
    var.kms_key_arn,
    var.retry,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses a prefix that is no folder.
    prefix = "incoming"

    # It refuses to retry a thousand times.
    retry = { maximum_attempts = 1000 }
  }

  expect_failures = [
    var.prefix,
    var.retry,
  ]
}
