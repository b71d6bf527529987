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
      monitor-drift        = "scones-dev-monitor-drift"
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
    condition     = local.functions["image-classification"].environment_variables == { ENDPOINT_NAME = "scones-dev", RESPONSE_TYPE = "application/json" }
    error_message = "image-classification is told the endpoint, and asks a model without a limit for no score."
  }

  assert {
    condition = local.functions["THRESHOLD_CONFIDENCE"].environment_variables == {
      THRESHOLD           = "0.93"
      CLASS_THRESHOLDS    = "{}"
      OUT_OF_DOMAIN_LIMIT = ""
      CLASS_NAMES         = "[\"bicycle\",\"motorcycle\"]"
      LOADING_BAYS        = "{\"bicycle\":\"bay-1\",\"motorcycle\":\"bay-2\"}"
      WORKFLOW            = "scones-dev"
      METRICS_NAMESPACE   = "Scones/Classification"
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
    condition = { for statement in local.functions["monitor-drift"].permissions : statement.sid => join(" ", concat(statement.actions, [for resource in statement.resources : trimprefix(resource, local.bucket_arn)])) } == {
      ReadCaptures    = "s3:GetObject /data_capture/scones-dev/*"
      FindCaptures    = "s3:ListBucket "
      ReadBaseline    = "s3:GetObject /models/*/baseline.json"
      WriteReports    = "s3:PutObject /drift/*"
      UseKeyThroughS3 = "kms:Decrypt kms:GenerateDataKey arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    }
    error_message = "monitor-drift reads captures and a baseline, and writes reports."
  }

  assert {
    condition     = [for statement in local.functions["monitor-drift"].permissions : statement.conditions if statement.sid == "FindCaptures"] == [{ StringLike = { "s3:prefix" = ["data_capture/scones-dev/*"] } }]
    error_message = "It lists captures alone."
  }

  assert {
    condition     = local.functions["monitor-drift"].environment_variables["CAPTURE_S3_URI"] == "s3://scones-dev-123456789012-eu-west-1/data_capture/scones-dev/AllTraffic" && local.functions["monitor-drift"].environment_variables["BASELINE_S3_URI"] == "" && local.functions["monitor-drift"].environment_variables["WINDOW_MINUTES"] == "60"
    error_message = "It looks at the last hour of this endpoint, and without a baseline compares nothing."
  }

  assert {
    condition     = local.functions["monitor-drift"].environment_variables["CLASS_SHARE_LIMIT"] == "1" && local.functions["monitor-drift"].environment_variables["PSI_LIMIT"] == "0.25"
    error_message = "Customers need not be in equal parts."
  }

  assert {
    condition     = length(module.drift_schedule) == 1 && toset(local.tasks) == toset(["serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE"])
    error_message = "It is called by the clock, not by the state machine."
  }

  assert {
    condition     = local.functions_network == null && local.model_network == null
    error_message = "Without a network in the foundation, functions and model run in AWS's own."
  }

  assert {
    condition     = local.picture_paths == [for folder in ["incoming", "test"] : "arn:aws:s3:::scones-dev-123456789012-eu-west-1/${folder}/*"]
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

run "leaves_class_share_to_be_looked_at" {
  command = plan

  variables {
    monitoring = { drift = { limits = { class_share = 0 } } }
  }

  assert {
    condition     = local.functions["monitor-drift"].environment_variables["CLASS_SHARE_LIMIT"] == ""
    error_message = "0 measures it, and calls nothing drift."
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

run "takes_what_was_chosen_with_the_model" {
  command = plan

  variables {
    model = {
      training_job_name    = "job"
      image_uri            = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
      model_data_url       = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest         = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest          = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      algorithm            = "pytorch"
      class_names          = ["bicycle", "motorcycle", "bus", "pickup_truck", "train"]
      confidence_threshold = 0.81
      out_of_domain_limit  = 0
      baseline_uri         = "s3://scones-dev-123456789012-eu-west-1/models/job/baseline.json"
      environment          = { SAGEMAKER_PROGRAM = "inference.py" }
    }
  }

  assert {
    condition     = output.confidence_threshold == 0.81 && output.out_of_domain_limit == 0 && length(output.class_names) == 5
    error_message = "Threshold, limit and classes are the model's."
  }

  assert {
    condition     = output.loading_bays == tomap({ bicycle = "bay-1", motorcycle = "bay-2", bus = "bay-3", pickup_truck = "bay-4", train = "bay-5" })
    error_message = "Five classes have five bays."
  }

  assert {
    condition     = local.functions["image-classification"].environment_variables["RESPONSE_TYPE"] == "application/json;verbose" && local.functions["THRESHOLD_CONFIDENCE"].environment_variables["OUT_OF_DOMAIN_LIMIT"] == "0"
    error_message = "The score is asked for, and compared with the limit, also where that is 0."
  }

  assert {
    condition     = local.functions["monitor-drift"].environment_variables["BASELINE_S3_URI"] == var.model.baseline_uri
    error_message = "Captures are compared with its baseline."
  }
}

run "takes_the_environments_word_over_the_models" {
  command = plan

  variables {
    model = {
      training_job_name    = "job"
      image_uri            = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
      model_data_url       = "s3://scones-dev-123456789012-eu-west-1/models/job/output/model.tar.gz"
      model_digest         = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      data_digest          = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
      class_names          = ["bicycle", "motorcycle"]
      confidence_threshold = 0.81
      out_of_domain_limit  = 0.2
    }
    class_names          = ["bike", "motorbike"]
    class_thresholds     = { motorbike = 0.97 }
    confidence_threshold = 0.9
    out_of_domain_limit  = 1
    loading_bays         = { bike = "north", motorbike = "south" }
    monitoring           = { drift = { enabled = false } }
  }

  assert {
    condition     = output.confidence_threshold == 0.9 && output.out_of_domain_limit == 1 && output.class_names == tolist(["bike", "motorbike"]) && output.loading_bays == tomap({ bike = "north", motorbike = "south" }) && output.class_thresholds == tomap({ motorbike = 0.97 })
    error_message = "What stands in its variables counts."
  }

  assert {
    condition     = length(module.drift_schedule) == 0 && !contains(keys(output.function_names), "monitor-drift")
    error_message = "Nothing watches for drift."
  }
}

run "runs" {
  command = apply

  assert {
    condition     = !output.paused && output.endpoint_configuration_name != null
    error_message = "The endpoint serves a configuration."
  }

  assert {
    condition     = keys(output.function_code_sha256) == ["THRESHOLD_CONFIDENCE", "image-classification", "monitor-drift", "serializeImageData"]
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
