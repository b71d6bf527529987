mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name        = "scones-dev-123456789012-eu-west-1"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name that s3 refuses.
    name = "Scones_Data"

    # It refuses a partition that is none.
    partition = "azure"

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"

    # It refuses to keep versions for no days.
    retention = { noncurrent_version_days = 0 }
  }

  expect_failures = [
    var.name,
    var.partition,
    var.kms_key_arn,
    var.retention,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses to expire the whole bucket.
    retention = {
      noncurrent_version_days = 30
      expire_days             = { "" = 1 }
    }
  }

  expect_failures = [
    var.retention,
  ]
}
