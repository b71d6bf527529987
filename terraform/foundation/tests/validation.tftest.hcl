mock_provider "aws" {
  source = "../testing/aws"
}

variables {
  environment = "dev"
  region      = "eu-west-1"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a project with capitals.
    project = "Scones"

    # It refuses a region that is none.
    region = "Ireland"

    # It refuses an account that is none.
    allowed_account_ids = ["12345"]

    # It refuses a key that is gone in three days.
    key_deletion_window_in_days = 3

    # It refuses to throw away the models.
    data_retention = {
      noncurrent_version_days = 30
      expire_days             = { "models/" = 30 }
    }

    # It refuses jobs on GitHub without a place for the state.
    state_bucket = false
    github       = { repository = "example/routing" }

    # It refuses a tag of AWS's own.
    tags = { "aws:owner" = "me" }
  }

  expect_failures = [
    var.project,
    var.region,
    var.allowed_account_ids,
    var.key_deletion_window_in_days,
    var.data_retention,
    var.github,
    var.tags,
  ]
}

run "refuses_an_environment_with_a_name_too_long" {
  command = plan

  variables {
    environment = "preproduction"
  }

  expect_failures = [var.environment]
}

run "refuses_a_prod_in_any_account_that_nobody_pays_and_that_loses_its_data_and_runs_anywhere" {
  command = plan

  variables {
    environment        = "prod"
    force_destroy_data = true
  }

  expect_failures = [
    var.allowed_account_ids,
    var.force_destroy_data,
    var.network,
    var.tags,
  ]
}

run "refuses_to_throw_away_what_people_labelled" {
  command = plan

  variables {
    data_retention = {
      noncurrent_version_days = 30
      expire_days             = { "labels/" = 30 }
    }
  }

  expect_failures = [var.data_retention]
}

run "refuses_to_throw_away_pictures_of_a_background" {
  command = plan

  variables {
    data_retention = {
      noncurrent_version_days = 30
      expire_days             = { "background/train/" = 365 }
    }
  }

  expect_failures = [var.data_retention]
}
