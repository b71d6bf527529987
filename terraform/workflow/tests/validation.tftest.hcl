mock_provider "aws" {
  source = "../testing/aws"
}

variables {
  environment  = "dev"
  region       = "eu-west-1"
  packages_dir = "tests/packages"

  foundation = {
    region                   = "eu-west-1"
    account_id               = "123456789012"
    data_bucket              = "scones-dev-123456789012-eu-west-1"
    kms_key_arn              = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    sagemaker_role_arn       = "arn:aws:iam::123456789012:role/scones-dev-sagemaker"
    model_package_group_name = "scones-dev"
  }

  model = {
    training_job_name = "job"
    image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
    model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
    model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  }
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a project with capitals.
    project = "Scones"

    # It refuses a region that is not the foundation's.
    region = "us-east-1"

    # It refuses the foundation of an account that may not be changed.
    allowed_account_ids = ["999999999999"]

    # It refuses a tag of AWS's own.
    tags = { "aws:owner" = "me" }

    # It refuses a model in another bucket.
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://somewhere-else/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
    }

    # It refuses functions that were not packaged.
    packages_dir = "tests/nothing"

    # It refuses a folder without a definition.
    statemachine_dir = "tests/packages"

    # It refuses a threshold that no answer reaches.
    confidence_threshold = 1.5

    # It refuses to read everything.
    picture_prefixes = ["*"]

    # It refuses half an instance that serves.
    serving_instances = 1.5

    # It refuses too little memory.
    functions = { memory_mib = 64 }

    # It refuses an address without a domain.
    notification_email = "routing"

    # It refuses a retention that logs do not know.
    log_retention_days = 31

    # It refuses an alarm that comes when the pictures are gone.
    monitoring = { thresholds = { review_age_hours = 400 } }
  }

  expect_failures = [
    var.project,
    var.region,
    var.allowed_account_ids,
    var.tags,
    var.model,
    var.packages_dir,
    var.statemachine_dir,
    var.confidence_threshold,
    var.picture_prefixes,
    var.serving_instances,
    var.functions,
    var.notification_email,
    var.log_retention_days,
    var.monitoring,
  ]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses a region that is none.
    region = "Ireland"

    # It refuses an account that is none.
    allowed_account_ids = ["12345"]

    # It refuses a digest that is none.
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "abc"
      data_digest       = "def"
    }
  }

  expect_failures = [
    var.region,
    var.allowed_account_ids,
    var.model,
  ]
}

# These are judged by what the model says, so their turn comes with a model that is right.

run "refuses_a_single_class" {
  command = plan

  variables {
    class_names = ["bicycle"]
  }

  expect_failures = [var.class_names]
}

run "refuses_what_does_not_fit_the_model" {
  command = plan

  variables {
    # It refuses a threshold for a class that there is not.
    class_thresholds = { lorry = 0.9 }

    # It refuses a limit that no score can have.
    out_of_domain_limit = 2

    # It refuses bays for other classes than the model's.
    loading_bays = { bicycle = "bay-1", car = "bay-2" }
  }

  expect_failures = [
    var.class_thresholds,
    var.out_of_domain_limit,
    var.loading_bays,
  ]
}

run "refuses_the_third_of_each" {
  command = plan

  variables {
    # It refuses a foundation of two accounts.
    foundation = {
      region                   = "eu-west-1"
      account_id               = "123456789012"
      data_bucket              = "scones-dev-123456789012-eu-west-1"
      kms_key_arn              = "arn:aws:kms:eu-west-1:999999999999:key/11111111-2222-3333-4444-555555555555"
      sagemaker_role_arn       = "arn:aws:iam::999999999999:role/scones-dev-sagemaker"
      model_package_group_name = "scones-dev"
    }
  }

  expect_failures = [
    var.foundation,
  ]
}

run "refuses_an_environment_with_a_name_too_long" {
  command = plan

  variables {
    environment = "preproduction"
  }

  expect_failures = [var.environment]
}

run "refuses_an_evaluation_in_another_bucket" {
  command = plan

  variables {
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      evaluation_uri    = "s3://somewhere-else/evaluation.json"
    }
  }

  expect_failures = [var.model]
}

run "refuses_a_limit_for_a_model_without_a_score" {
  command = plan

  variables {
    out_of_domain_limit = 0.2

    # It refuses to look at half an hour.
    monitoring = { drift = { window_hours = 0.5 } }
  }

  expect_failures = [
    var.out_of_domain_limit,
    var.monitoring,
  ]
}

run "refuses_limits_that_are_none" {
  command = plan

  variables {
    monitoring = { drift = { limits = { ks = 1 } } }
  }

  expect_failures = [var.monitoring]
}

run "refuses_a_class_share_below_none" {
  command = plan

  variables {
    monitoring = { drift = { limits = { class_share = -1 } } }
  }

  expect_failures = [var.monitoring]
}

run "refuses_a_baseline_that_the_function_may_not_read" {
  command = plan

  variables {
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      baseline_uri      = "s3://scones-dev-123456789012-eu-west-1/elsewhere/baseline.json"
    }
  }

  expect_failures = [var.model]
}

run "refuses_an_algorithm_that_there_is_not" {
  command = plan

  variables {
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      algorithm         = "xgboost"
    }
  }

  expect_failures = [var.model]
}

run "refuses_a_model_of_one_class" {
  command = plan

  variables {
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      class_names       = ["bicycle"]
    }
  }

  expect_failures = [var.model]
}

run "refuses_other_names_than_the_model_has_classes" {
  command = plan

  variables {
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      class_names       = ["bicycle", "motorcycle", "bus"]
    }

    class_names = ["bicycle", "motorcycle"]
  }

  expect_failures = [var.class_names]
}

run "refuses_a_models_threshold_that_no_answer_reaches" {
  command = plan

  variables {
    model = {
      training_job_name    = "job"
      image_uri            = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url       = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest         = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest          = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      confidence_threshold = 1.5
    }
  }

  expect_failures = [var.model]
}

run "refuses_a_models_limit_below_every_score" {
  command = plan

  variables {
    model = {
      training_job_name   = "job"
      image_uri           = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url      = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest        = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest         = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      out_of_domain_limit = -1
    }
  }

  expect_failures = [var.model]
}

run "refuses_a_foundation_without_an_account" {
  command = plan

  variables {
    foundation = {
      region                   = "eu-west-1"
      account_id               = "scones"
      data_bucket              = "scones-dev-123456789012-eu-west-1"
      kms_key_arn              = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      sagemaker_role_arn       = "arn:aws:iam::123456789012:role/scones-dev-sagemaker"
      model_package_group_name = "scones-dev"
    }
  }

  expect_failures = [var.foundation]
}

run "refuses_a_prod_that_is_less_than_prod" {
  command = plan

  variables {
    foundation = {
      region                   = "eu-west-1"
      account_id               = "123456789012"
      data_bucket              = "scones-dev-123456789012-eu-west-1"
      kms_key_arn              = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      sagemaker_role_arn       = "arn:aws:iam::123456789012:role/scones-dev-sagemaker"
      model_package_group_name = "scones-dev"
      network = {
        subnet_ids                  = ["subnet-a", "subnet-b"]
        functions_security_group_id = "sg-f"
        model_security_group_id     = "sg-m"
      }
    }

    environment = "prod"

    # Any account, nobody who pays, one instance, no log, pictures that nobody decides lost.
    state_machine = { log_level = "OFF" }
    review_queue  = { dead_letter_after_receives = 0 }
  }

  expect_failures = [
    var.allowed_account_ids,
    var.tags,
    var.endpoint,
    var.state_machine,
    var.review_queue,
  ]
}

run "refuses_a_prod_that_rolls_back_for_one_reason" {
  command = plan

  variables {
    foundation = {
      region                   = "eu-west-1"
      account_id               = "123456789012"
      data_bucket              = "scones-dev-123456789012-eu-west-1"
      kms_key_arn              = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      sagemaker_role_arn       = "arn:aws:iam::123456789012:role/scones-dev-sagemaker"
      model_package_group_name = "scones-dev"
      network = {
        subnet_ids                  = ["subnet-a", "subnet-b"]
        functions_security_group_id = "sg-f"
        model_security_group_id     = "sg-m"
      }
    }

    environment         = "prod"
    allowed_account_ids = ["123456789012"]
    tags                = { CostCenter = "routing", Owner = "routing", Service = "classify-vehicle" }

    endpoint = {
      capacity   = { initial = 2, minimum = 2 }
      deployment = { rollback_alarms = ["latency", "latency"] }
    }

    # Nor one that nobody watches.
    monitoring = { drift = { enabled = false } }
  }

  expect_failures = [
    var.endpoint,
    var.monitoring,
  ]
}

run "refuses_a_prod_in_a_network_with_a_way_out" {
  command = plan

  variables {
    environment         = "prod"
    allowed_account_ids = ["123456789012"]
    tags                = { CostCenter = "routing", Owner = "routing", Service = "classify-vehicle" }
    endpoint            = { capacity = { initial = 2, minimum = 2 } }
  }

  expect_failures = [var.foundation]
}
