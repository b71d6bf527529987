mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-classify"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  definition         = jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed" } } })
  log_retention_days = 30
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with dots.
    name = "scones.classify"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses a definition that is no json.
    definition = "StartAt: Done"

    # It refuses an action with a wildcard.
    permissions = [{
      sid       = "All"
      actions   = ["lambda:*"]
      resources = ["arn:aws:lambda:eu-west-1:123456789012:function:f"]
    }]

    # It refuses a retention that logs do not know.
    log_retention_days = 31

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"

    # It refuses a boundary given by its name.
    permissions_boundary_arn = "scones-dev-github-boundary"

    # It refuses an unknown log level.
    log_level = "DEBUG"
  }

  expect_failures = [
    var.permissions_boundary_arn,
    var.name,
    var.location,
    var.definition,
    var.permissions,
    var.log_retention_days,
    var.kms_key_arn,
    var.log_level,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses a start that is no state.
    definition = jsonencode({ StartAt = "Nowhere", States = { Done = { Type = "Succeed" } } })

    # It refuses every resource.
    permissions = [{
      sid       = "All"
      actions   = ["lambda:InvokeFunction"]
      resources = ["*"]
    }]
  }

  expect_failures = [
    var.definition,
    var.permissions,
  ]
}

run "refuses_the_third_of_each" {
  command = plan

  variables {
    # It refuses a placeholder that nobody filled in.
    definition = jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed", Comment = "$${queue_url}" } } })

    # It refuses a statement without a purpose.
    permissions = [{
      sid       = ""
      actions   = ["lambda:InvokeFunction"]
      resources = ["arn:aws:lambda:eu-west-1:123456789012:function:f"]
    }]
  }

  expect_failures = [
    var.definition,
    var.permissions,
  ]
}
