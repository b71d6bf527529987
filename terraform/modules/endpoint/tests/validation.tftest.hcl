mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name               = "scones-dev"
  role_arn           = "arn:aws:iam::123456789012:role/scones-dev-sagemaker"
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  log_retention_days = 30
  capture            = { bucket = "scones-dev", s3_uri = "s3://scones-dev/data_capture" }
  model = {
    image_uri      = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
    model_data_url = "s3://scones-dev/models/job/output/model.tar.gz"
    digest         = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name that is too long.
    name = "scones-with-a-name-that-is-much-too-long-for-it"

    # It refuses a role given by its name.
    role_arn = "scones-dev-sagemaker"

    # It refuses an image without a tag.
    model = {
      image_uri      = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification"
      model_data_url = "s3://scones-dev/models/job/output/model.tar.gz"
      digest         = "0000000000000000000000000000000000000000000000000000000000000000"
    }

    # It refuses to run in a single zone.
    network = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-m"] }

    # It refuses a burstable instance.
    instance_type = "ml.t2.medium"

    # It refuses less than the minimum.
    capacity = { initial = 1, minimum = 2, maximum = 3 }

    # It refuses half an instance that serves.
    serving_instances = 1.5

    # It refuses a start in ten seconds.
    startup_timeout_seconds = 10

    # It refuses a capture folder that ends in a slash.
    capture = { bucket = "scones-dev", s3_uri = "s3://scones-dev/data_capture/" }

    # It refuses a latency of nothing.
    alarms = { latency_milliseconds = 0 }

    # It refuses an action that is an address.
    alarm_actions = ["routing@example.com"]

    # It refuses a retention that logs do not know.
    log_retention_days = 31

    # It refuses a key given by its alias.
    kms_key_arn = "alias/scones"
  }

  expect_failures = [
    var.name,
    var.role_arn,
    var.model,
    var.network,
    var.instance_type,
    var.capacity,
    var.serving_instances,
    var.startup_timeout_seconds,
    var.capture,
    var.alarms,
    var.alarm_actions,
    var.log_retention_days,
    var.kms_key_arn,
  ]
}

run "refuses_a_variable_that_no_container_takes" {
  command = plan

  variables {
    model = {
      image_uri      = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url = "s3://scones-dev/models/job/output/model.tar.gz"
      digest         = "0000000000000000000000000000000000000000000000000000000000000000"
      environment    = { "SAGEMAKER-PROGRAM" = "inference.py" }
    }
  }

  expect_failures = [var.model]
}

run "refuses_the_second_of_each" {
  command = plan

  variables {
    # It refuses a model that is no archive.
    model = {
      image_uri      = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url = "s3://scones-dev/models/"
      digest         = "0000000000000000000000000000000000000000000000000000000000000000"
    }

    # It refuses an instance of ec2.
    instance_type = "m5.large"

    # It refuses half an instance.
    capacity = { initial = 1.5 }

    # It refuses to record nothing.
    capture = { bucket = "scones-dev", s3_uri = "s3://scones-dev/data_capture", percentage = 0 }
  }

  expect_failures = [
    var.model,
    var.instance_type,
    var.capacity,
    var.capture,
  ]
}

run "refuses_the_third_of_each" {
  command = plan

  variables {
    # It refuses a digest that is none.
    model = {
      image_uri      = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url = "s3://scones-dev/models/job/output/model.tar.gz"
      digest         = "abc"
    }

    # It refuses to record into somebody else's bucket.
    capture = { bucket = "scones-dev", s3_uri = "s3://scones-dev-of-somebody-else/data_capture" }

    # It refuses to scale on no invocations.
    capacity = { invocations_a_minute = 0 }
  }

  expect_failures = [
    var.model,
    var.capture,
    var.capacity,
  ]
}

# Whether a deployment is possible depends on the capacity, so these need one that is right.
run "refuses_an_unknown_strategy" {
  command = plan

  variables {
    deployment = { strategy = "YOLO" }
  }

  expect_failures = [var.deployment]
}

run "refuses_a_canary_above_half" {
  command = plan

  variables {
    capacity   = { initial = 2 }
    deployment = { strategy = "CANARY", step_percentage = 60 }
  }

  expect_failures = [var.deployment]
}

run "refuses_linear_steps_below_a_tenth" {
  command = plan

  variables {
    capacity   = { initial = 2 }
    deployment = { strategy = "LINEAR", step_percentage = 5 }
  }

  expect_failures = [var.deployment]
}

run "refuses_a_canary_of_a_single_instance" {
  command = plan

  variables {
    deployment = { strategy = "CANARY", step_percentage = 10 }
  }

  expect_failures = [var.deployment]
}

run "refuses_a_canary_of_less_than_one_of_those_that_serve" {
  command = plan

  variables {
    capacity          = { initial = 10, maximum = 10 }
    serving_instances = 4
    deployment        = { strategy = "CANARY", step_percentage = 10 }
  }

  expect_failures = [var.deployment]
}

run "refuses_to_roll_back_for_nothing" {
  command = plan

  variables {
    deployment = { rollback_alarms = [] }
  }

  expect_failures = [var.deployment]
}

run "refuses_to_roll_back_for_an_alarm_that_it_does_not_have" {
  command = plan

  variables {
    deployment = { rollback_alarms = ["server_errors", "weather"] }
  }

  expect_failures = [var.deployment]
}

run "refuses_to_wait_for_a_day" {
  command = plan

  variables {
    deployment = { wait_seconds = 86400 }
  }

  expect_failures = [var.deployment]
}
