mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name        = "scones-dev-example"
  description = "Does something."
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  package_path       = "tests/package.zip"
  timeout_seconds    = 10
  log_retention_days = 30
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.example"

    # It refuses an empty description.
    description = ""

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses a package that is not there.
    package_path = "tests/missing.zip"

    # It refuses a handler without a function.
    handler = "handler"

    # It refuses a boundary given by its name.
    permissions_boundary_arn = "scones-dev-github-boundary"

    # It refuses an old runtime.
    runtime = "python3.8"

    # It refuses an unknown architecture.
    architecture = "riscv"

    # It refuses too little memory.
    memory_mib = 64

    # It refuses a timeout of an hour.
    timeout_seconds = 3600

    # It refuses to be switched off.
    reserved_concurrency = 0

    # It refuses an environment variable of lambdas own.
    environment_variables = { AWS_REGION = "eu-west-1" }

    # It refuses an action with a wildcard.
    permissions = [{
      sid       = "All"
      actions   = ["s3:*"]
      resources = ["arn:aws:s3:::bucket/*"]
    }]

    # It refuses a retention that logs do not know.
    log_retention_days = 31

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"

    # It refuses to run in a single zone.
    network = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-f"] }

    # It refuses a dead letter queue given by its url.
    dead_letter_arn = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
  }

  expect_failures = [
    var.permissions_boundary_arn,
    var.name,
    var.description,
    var.location,
    var.package_path,
    var.handler,
    var.runtime,
    var.architecture,
    var.memory_mib,
    var.timeout_seconds,
    var.reserved_concurrency,
    var.environment_variables,
    var.permissions,
    var.log_retention_days,
    var.kms_key_arn,
    var.network,
    var.dead_letter_arn,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses every resource.
    permissions = [{
      sid       = "All"
      actions   = ["s3:GetObject"]
      resources = ["*"]
    }]

    # It refuses logs that never end.
    log_retention_days = 0
  }

  expect_failures = [
    var.permissions,
    var.log_retention_days,
  ]
}

run "refuses_the_third_of_each" {
  command = plan

  variables {
    # It refuses a statement without a purpose.
    permissions = [{
      sid       = ""
      actions   = ["s3:GetObject"]
      resources = ["arn:aws:s3:::bucket/*"]
    }]
  }

  expect_failures = [
    var.permissions,
  ]
}
