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

run "as_it_comes" {
  command = plan

  # It records every request and answer in its own folder.
  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.data_capture_config[0].enable_capture && aws_sagemaker_endpoint_configuration.this.data_capture_config[0].initial_sampling_percentage == 100
    error_message = "All of them."
  }

  assert {
    condition     = join(" ", aws_sagemaker_endpoint_configuration.this.data_capture_config[0].capture_options[*].capture_mode) == "Input Output"
    error_message = "Requests and answers."
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.data_capture_config[0].destination_s3_uri == "s3://scones-dev/data_capture" && aws_sagemaker_endpoint_configuration.this.data_capture_config[0].kms_key_id == var.kms_key_arn
    error_message = "Encrypted, in the given folder."
  }

  # It has guardrails from the start.
  assert {
    condition     = aws_sagemaker_endpoint.this[0].deployment_config[0].blue_green_update_policy[0].traffic_routing_configuration[0].type == "ALL_AT_ONCE"
    error_message = "New instances take over from the old ones."
  }

  assert {
    condition     = toset(aws_sagemaker_endpoint.this[0].deployment_config[0].auto_rollback_configuration[0].alarms[*].alarm_name) == toset(["scones-dev-model-latency", "scones-dev-server-errors"])
    error_message = "Both alarms roll a deployment back."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.server_errors.alarm_name == "scones-dev-server-errors" && aws_cloudwatch_metric_alarm.latency.alarm_name == "scones-dev-model-latency"
    error_message = "And both alarms are made under those names."
  }

  # It weighs its variant with a whole number.
  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_variant_weight == 1
    error_message = "A fraction would be a change in every plan."
  }

  # It cuts the container off from the network.
  assert {
    condition     = aws_sagemaker_model.this.enable_network_isolation
    error_message = "The model needs no network."
  }

  assert {
    condition     = length(aws_sagemaker_model.this.vpc_config) == 0 && join(" ", keys(terraform_data.generation.triggers_replace)) == "digest image model_data_url network_isolation role_arn"
    error_message = "It runs in SageMaker's own, and what it is made of says nothing of one."
  }

  # It encrypts volumes with the key.
  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.kms_key_arn == var.kms_key_arn
    error_message = "The volume is encrypted."
  }

  # It keeps its log for a while and encrypted.
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/sagemaker/Endpoints/scones-dev" && aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "The log group is the one SageMaker writes to."
  }
}

run "tells_a_container_what_to_run" {
  command = plan

  variables {
    model = {
      image_uri      = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"
      model_data_url = "s3://scones-dev/models/job/output/model.tar.gz"
      digest         = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      environment    = { SAGEMAKER_PROGRAM = "inference.py" }
    }
  }

  assert {
    condition     = aws_sagemaker_model.this.primary_container[0].environment == tomap({ SAGEMAKER_PROGRAM = "inference.py" })
    error_message = "Its container gets the variables."
  }

  assert {
    condition     = contains(keys(terraform_data.generation.triggers_replace), "environment")
    error_message = "Other variables are another model: SageMaker cannot change one."
  }
}

run "runs_in_a_network_when_given_one" {
  command = plan

  variables {
    network = {
      subnet_ids         = ["subnet-a", "subnet-b"]
      security_group_ids = ["sg-m"]
    }
  }

  assert {
    condition     = aws_sagemaker_model.this.vpc_config[0].subnets == toset(["subnet-a", "subnet-b"]) && aws_sagemaker_model.this.vpc_config[0].security_group_ids == toset(["sg-m"])
    error_message = "It runs there."
  }

  assert {
    condition     = aws_sagemaker_model.this.enable_network_isolation
    error_message = "And the container is cut off all the same."
  }

  assert {
    condition     = contains(keys(terraform_data.generation.triggers_replace), "network")
    error_message = "Another network is another model: SageMaker cannot move one."
  }
}

run "rolls_back_for_the_alarms_it_is_told" {
  command = plan

  variables {
    deployment = { rollback_alarms = ["server_errors"] }
  }

  assert {
    condition     = aws_sagemaker_endpoint.this[0].deployment_config[0].auto_rollback_configuration[0].alarms[*].alarm_name == tolist(["scones-dev-server-errors"]) && output.alarm_names == ["scones-dev-server-errors"]
    error_message = "Server errors alone."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.latency.alarm_name == "scones-dev-model-latency"
    error_message = "The other alarm still tells."
  }
}

run "measures_latency_in_milliseconds" {
  command = plan

  variables {
    alarms = { latency_milliseconds = 500 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.latency.threshold == 500000
    error_message = "The metric is in microseconds."
  }
}

run "moves_a_share_first_when_told_to" {
  command = plan

  variables {
    capacity   = { initial = 10, maximum = 10 }
    deployment = { strategy = "CANARY", step_percentage = 10 }
  }

  assert {
    condition     = aws_sagemaker_endpoint.this[0].deployment_config[0].blue_green_update_policy[0].traffic_routing_configuration[0].canary_size[0].value == 10
    error_message = "A tenth first."
  }

  assert {
    condition     = length(aws_sagemaker_endpoint.this[0].deployment_config[0].blue_green_update_policy[0].traffic_routing_configuration[0].linear_step_size) == 0
    error_message = "And no steps."
  }
}

run "moves_share_by_share_when_told_to" {
  command = plan

  variables {
    capacity   = { initial = 4, maximum = 4 }
    deployment = { strategy = "LINEAR", step_percentage = 25 }
  }

  assert {
    condition     = aws_sagemaker_endpoint.this[0].deployment_config[0].blue_green_update_policy[0].traffic_routing_configuration[0].linear_step_size[0].value == 25
    error_message = "Four steps."
  }
}

run "scales_between_minimum_and_maximum" {
  command = plan

  variables {
    capacity = { maximum = 4 }
  }

  assert {
    condition     = aws_appautoscaling_target.this[0].min_capacity == 1 && aws_appautoscaling_target.this[0].max_capacity == 4
    error_message = "One to four instances."
  }

  assert {
    condition     = aws_appautoscaling_target.this[0].resource_id == "endpoint/scones-dev/variant/AllTraffic"
    error_message = "Of this endpoint's variant."
  }
}

run "deploys_with_as_many_instances_as_serve" {
  command = plan

  variables {
    capacity          = { initial = 2, minimum = 2, maximum = 6 }
    serving_instances = 5
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_instance_count == 5
    error_message = "What autoscaling added stays."
  }
}

run "deploys_with_at_least_the_minimum" {
  command = plan

  variables {
    capacity          = { initial = 4, minimum = 3, maximum = 6 }
    serving_instances = 1
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_instance_count == 3
    error_message = "A minimum that was raised is kept at once."
  }
}

run "deploys_with_at_most_the_maximum" {
  command = plan

  variables {
    capacity          = { initial = 1, maximum = 2 }
    serving_instances = 9
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_instance_count == 2
    error_message = "A maximum that was lowered is kept at once."
  }
}

run "starts_with_what_it_is_told_when_nothing_serves" {
  command = plan

  variables {
    capacity = { initial = 3, maximum = 4 }
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_instance_count == 3
    error_message = "The first deployment starts with capacity.initial."
  }
}

run "measures_a_canary_by_what_serves" {
  command = plan

  variables {
    capacity          = { initial = 1, maximum = 10 }
    serving_instances = 10
    deployment        = { strategy = "CANARY", step_percentage = 10 }
  }

  assert {
    condition     = aws_sagemaker_endpoint.this[0].deployment_config[0].blue_green_update_policy[0].traffic_routing_configuration[0].canary_size[0].value == 10
    error_message = "A tenth of ten instances is one of them."
  }
}

run "leaves_disks_that_encrypt_themselves_alone" {
  command = plan

  variables {
    instance_type = "ml.g4dn.xlarge"
  }

  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.kms_key_arn == null
    error_message = "SageMaker refuses a key for these."
  }
}

run "costs_nothing_by_the_hour_while_paused" {
  command = plan

  variables {
    paused = true
  }

  assert {
    condition     = length(aws_sagemaker_endpoint.this) == 0 && length(aws_appautoscaling_target.this) == 0 && length(aws_appautoscaling_policy.this) == 0
    error_message = "Neither endpoint nor scaling."
  }

  assert {
    condition     = output.name == "scones-dev" && output.configuration_name == null && output.variant_name == "AllTraffic"
    error_message = "The name stays; there is no configuration that serves."
  }

  # What is needed to bring it back as it was stays, and nobody is called because it is silent.
  assert {
    condition     = aws_sagemaker_endpoint_configuration.this.production_variants[0].initial_instance_count == 1
    error_message = "The configuration stays."
  }

  assert {
    condition     = alltrue([for alarm in [aws_cloudwatch_metric_alarm.latency, aws_cloudwatch_metric_alarm.server_errors] : alarm.treat_missing_data == "notBreaching"])
    error_message = "Silence is no alarm."
  }
}

run "serves" {
  command = apply

  assert {
    condition     = can(timeadd(output.model_since, "0s")) && terraform_data.in_service.triggers_replace == aws_sagemaker_model.this.name
    error_message = "It is known since when the model serves."
  }
}

run "serves_it_still" {
  command = plan

  variables {
    capture = { bucket = "scones-dev", s3_uri = "s3://scones-dev/data_capture", percentage = 50 }
  }

  assert {
    condition     = output.model_since == run.serves.model_since
    error_message = "Another configuration of the same model leaves it at that."
  }
}

run "serves_another" {
  command = apply

  variables {
    model = {
      image_uri      = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
      model_data_url = "s3://scones-dev/models/another/output/model.tar.gz"
      digest         = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
    }
  }

  assert {
    condition     = terraform_data.in_service.triggers_replace == aws_sagemaker_model.this.name && output.model_name != run.serves.model_name
    error_message = "Another model begins anew."
  }
}
