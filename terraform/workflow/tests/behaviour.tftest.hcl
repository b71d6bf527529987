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

run "as_it_comes" {
  command = plan

  assert {
    condition = output.function_names == {
      serializeImageData   = "scones-dev-serializeImageData"
      image-classification = "scones-dev-image-classification"
      THRESHOLD_CONFIDENCE = "scones-dev-THRESHOLD_CONFIDENCE"
    }
    error_message = "Each function is deployed under the environment's name and its own."
  }

  assert {
    condition     = output.state_machine_arn == "arn:aws:states:eu-west-1:123456789012:stateMachine:scones-dev-classify-vehicle"
    error_message = "The state machine's ARN is known in the first plan."
  }

  assert {
    condition     = output.endpoint_name == "scones-dev" && output.capture_s3_uri == "s3://scones-dev-123456789012-eu-west-1/data_capture"
    error_message = "The endpoint records into the project's own bucket."
  }

  assert {
    condition     = local.model_tags == { TrainingJob = "job", ModelDigest = var.model.model_digest, DataDigest = var.model.data_digest }
    error_message = "A model is found by what it was made from."
  }

  assert {
    condition     = output.notification_topic_arn == "arn:aws:sns:eu-west-1:123456789012:scones-dev-failures"
    error_message = "The topic's ARN is known in the first plan."
  }

  assert {
    condition     = output.confidence_threshold == 0.93 && output.class_names == tolist(["bicycle", "motorcycle"]) && output.loading_bays == tomap({ bicycle = "bay-1", motorcycle = "bay-2" })
    error_message = "Threshold, classes and bays are handed on."
  }

  # The functions get what their handlers read from the environment.
  assert {
    condition     = local.functions["image-classification"].environment_variables == { ENDPOINT_NAME = "scones-dev" }
    error_message = "image-classification is told the endpoint."
  }

  assert {
    condition = local.functions["THRESHOLD_CONFIDENCE"].environment_variables == {
      THRESHOLD    = "0.93"
      CLASS_NAMES  = "[\"bicycle\",\"motorcycle\"]"
      LOADING_BAYS = "{\"bicycle\":\"bay-1\",\"motorcycle\":\"bay-2\"}"
    }
    error_message = "THRESHOLD_CONFIDENCE is told threshold, classes and bays."
  }

  # Each function may do what it does and no more.
  assert {
    condition     = [for statement in local.functions["serializeImageData"].permissions : join(" ", statement.actions)] == ["s3:GetObject", "kms:Decrypt", "s3:ListBucket"]
    error_message = "serializeImageData reads pictures."
  }

  assert {
    condition     = [for statement in local.functions["image-classification"].permissions : join(" ", statement.actions)] == ["sagemaker:InvokeEndpoint", "s3:GetObject", "kms:Decrypt"]
    error_message = "image-classification asks the endpoint, and reads pictures that are too large for the state."
  }

  assert {
    condition     = length(local.functions["THRESHOLD_CONFIDENCE"].permissions) == 0
    error_message = "THRESHOLD_CONFIDENCE needs nothing."
  }

  assert {
    condition     = local.functions_network == null && local.model_network == null
    error_message = "Without a network in the foundation, functions and model run in AWS's own."
  }

  assert {
    condition     = local.picture_paths == ["arn:aws:s3:::scones-dev-123456789012-eu-west-1/incoming/*", "arn:aws:s3:::scones-dev-123456789012-eu-west-1/test/*"]
    error_message = "Pictures are read from two folders of one bucket."
  }
}

run "runs_in_the_foundations_network_where_there_is_one" {
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
  }

  assert {
    condition     = local.functions_network.security_group_ids == ["sg-f"] && local.model_network.security_group_ids == ["sg-m"] && local.model_network.subnet_ids == tolist(["subnet-a", "subnet-b"])
    error_message = "Functions and model run there, each with a security group of its own."
  }
}

run "says_how_good_a_model_is" {
  command = plan

  variables {
    model = {
      training_job_name = "job"
      image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url    = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      model_package_arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/scones-dev/7"
      metrics           = { "validation:accuracy" = 0.95, "train:accuracy" = 1 }
      evaluation_uri    = "s3://scones-dev-123456789012-eu-west-1/models/job/evaluation.json"
    }
  }

  assert {
    condition     = local.model_tags["ValidationAccuracy"] == "0.9500"
    error_message = "To four digits, so that two models can be compared."
  }

  assert {
    condition     = output.model.model_package_arn == "arn:aws:sagemaker:eu-west-1:123456789012:model-package/scones-dev/7" && output.model.training_job_name == "job"
    error_message = "The model and its entry in the registry are handed on."
  }
}

run "runs" {
  command = apply

  assert {
    condition     = !output.paused && output.endpoint_configuration_name != null
    error_message = "The endpoint serves a configuration."
  }

  assert {
    condition     = keys(output.function_code_sha256) == ["THRESHOLD_CONFIDENCE", "image-classification", "serializeImageData"]
    error_message = "What each function runs is known by its digest."
  }
}

run "pauses" {
  command = apply

  variables {
    paused = true
  }

  assert {
    condition     = output.paused && output.endpoint_name == "scones-dev" && output.endpoint_configuration_name == null
    error_message = "The endpoint is away; its name is known."
  }

  assert {
    condition     = output.state_machine_arn == run.runs.state_machine_arn && output.function_names == run.runs.function_names
    error_message = "All else stays."
  }
}

run "resumes" {
  command = apply

  assert {
    condition     = !output.paused && output.endpoint_configuration_name == run.runs.endpoint_configuration_name
    error_message = "The endpoint serves what it served before."
  }
}
