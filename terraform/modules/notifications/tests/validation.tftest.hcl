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

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.failures"

    # It refuses an empty display name.
    display_name = ""

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses a key given by its alias.
    kms_key_arn = "alias/aws/sns"

    # It refuses an address without a domain.
    email = "routing"
  }

  expect_failures = [
    var.name,
    var.display_name,
    var.location,
    var.kms_key_arn,
    var.email,
  ]
}
