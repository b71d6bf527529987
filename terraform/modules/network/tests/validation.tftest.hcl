mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  cidr               = "10.40.0.0/20"
  bucket_arn         = "arn:aws:s3:::scones-dev"
  endpoint_name      = "scones-dev"
  log_retention_days = 30
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with capitals.
    name = "Scones"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses addresses of the internet.
    cidr = "8.8.0.0/20"

    # It refuses a single zone.
    zones = ["a"]

    # It refuses a bucket given with a path.
    bucket_arn = "arn:aws:s3:::scones-dev/train"

    # It refuses an endpoint name that ends in a hyphen.
    endpoint_name = "scones-"

    # It refuses a retention that logs do not know.
    log_retention_days = 31

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"
  }

  expect_failures = [
    var.name,
    var.location,
    var.cidr,
    var.zones,
    var.bucket_arn,
    var.endpoint_name,
    var.log_retention_days,
    var.kms_key_arn,
  ]
}

run "refuses_a_network_too_small" {
  command = plan

  variables {
    cidr = "10.40.0.0/28"
  }

  expect_failures = [var.cidr]
}
