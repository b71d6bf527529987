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
  repository   = "example/routing"
  environment  = "dev"
  data_bucket  = "scones-dev-123456789012-eu-west-1"
  state_bucket = "scones-dev-state-123456789012-eu-west-1"
  kms_key_arn  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses everything of the project's, in all environments.
    name = "scones"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses every repository of an owner.
    repository = "example/*"

    # It refuses numbers that are none.
    repository_ids = { owner = 0, repository = 1.5 }

    # It refuses every environment.
    environment = "*"

    # It refuses every branch.
    branch = "*"

    # It refuses another issuer's tokens.
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/tokens.example.com"

    # It refuses the whole bucket.
    picture_prefixes = ["*"]

    # It refuses a bucket with a path.
    state_bucket = "scones-dev/state"

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"
  }

  expect_failures = [
    var.name,
    var.location,
    var.repository,
    var.repository_ids,
    var.environment,
    var.branch,
    var.provider_arn,
    var.picture_prefixes,
    var.state_bucket,
    var.kms_key_arn,
  ]
}

run "refuses_to_put_plans_beside_the_data" {
  command = plan

  variables {
    state_bucket = "scones-dev-123456789012-eu-west-1"
  }

  expect_failures = [var.state_bucket]
}

run "refuses_a_repository_without_an_owner" {
  command = plan

  variables {
    repository = "routing"
  }

  expect_failures = [var.repository]
}

run "refuses_a_bucket_given_by_its_uri" {
  command = plan

  variables {
    data_bucket = "s3://scones-dev"
  }

  expect_failures = [var.data_bucket]
}
