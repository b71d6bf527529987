locals {
  variant_name   = "AllTraffic"
  log_group_name = "/aws/sagemaker/Endpoints/${var.name}"

  # AWS tells an absent environment from an empty one, and so would every plan.
  model_environment = length(var.model.environment) > 0 ? var.model.environment : null

  # What a model is made of. Any change makes a new one: SageMaker cannot change a model.
  model = { for key, value in {
    image             = var.model.image_uri
    model_data_url    = var.model.model_data_url
    digest            = var.model.digest
    environment       = local.model_environment
    role_arn          = var.role_arn
    network_isolation = var.network_isolation
    network           = var.network
  } : key => value if value != null }

  # SageMaker gives an updated endpoint as many instances as its new configuration says. Autoscaling may have added some
  # since, and a deployment under load would take them away: so it starts with as many as serve already.
  instances = min(max(coalesce(var.serving_instances, var.capacity.initial), var.capacity.minimum), var.capacity.maximum)

  # Instances with disks of their own encrypt them in hardware, and SageMaker refuses a key for them.
  has_own_disks = can(regex("^ml\\.(g5|g6|g6e|p5|p5e|p5en|trn1|trn1n|[a-z]+[0-9]+[a-z]*d[a-z]*)\\.", var.instance_type))
}

# Model and configuration live twice while a deployment runs, and after one that was rolled back. A name made from
# the content alone would then be taken when the former model is deployed again; this adds what makes it unique.
resource "terraform_data" "generation" {
  triggers_replace = local.model

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_model" "this" {
  #checkov:skip=CKV_AWS_370:It is on unless somebody turns it off; the value comes through optional(), which checkov does not follow.
  name                     = "${var.name}-${substr(var.model.digest, 0, 8)}-${substr(terraform_data.generation.id, 0, 8)}"
  execution_role_arn       = var.role_arn
  enable_network_isolation = var.network_isolation

  primary_container {
    image          = var.model.image_uri
    model_data_url = var.model.model_data_url
    environment    = local.model_environment
  }

  dynamic "vpc_config" {
    for_each = var.network == null ? [] : [var.network]

    content {
      subnets            = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tags = var.model.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint_configuration" "this" {
  name_prefix = "${var.name}-"
  kms_key_arn = local.has_own_disks ? null : var.kms_key_arn

  production_variants {
    variant_name           = local.variant_name
    model_name             = aws_sagemaker_model.this.name
    instance_type          = var.instance_type
    initial_instance_count = local.instances

    # A whole number: fractions come back from SageMaker as 32-bit floats, and every plan would replace the configuration.
    initial_variant_weight = 1

    container_startup_health_check_timeout_in_seconds = var.startup_timeout_seconds
  }

  data_capture_config {
    enable_capture              = true
    initial_sampling_percentage = var.capture.percentage
    destination_s3_uri          = var.capture.s3_uri
    kms_key_id                  = var.kms_key_arn

    capture_options {
      capture_mode = "Input"
    }

    capture_options {
      capture_mode = "Output"
    }

    # Answers stay readable in the captures; pictures, being binary, are kept as base64 anyway.
    capture_content_type_header {
      json_content_types = ["application/json", "application/jsonlines"]
    }
  }

  # New configuration, then the endpoint moves to it, then the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

# The guardrails are there from the start: adding them to an endpoint that lacks them replaces it.
resource "aws_sagemaker_endpoint" "this" {
  count = var.paused ? 0 : 1

  name                 = var.name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.this.name

  deployment_config {
    blue_green_update_policy {
      termination_wait_in_seconds = var.deployment.termination_wait_seconds

      traffic_routing_configuration {
        type                     = var.deployment.strategy
        wait_interval_in_seconds = var.deployment.wait_seconds

        dynamic "canary_size" {
          for_each = var.deployment.strategy == "CANARY" ? [var.deployment.step_percentage] : []

          content {
            type  = "CAPACITY_PERCENT"
            value = canary_size.value
          }
        }

        dynamic "linear_step_size" {
          for_each = var.deployment.strategy == "LINEAR" ? [var.deployment.step_percentage] : []

          content {
            type  = "CAPACITY_PERCENT"
            value = linear_step_size.value
          }
        }
      }
    }

    auto_rollback_configuration {
      dynamic "alarms" {
        for_each = toset(var.deployment.rollback_alarms)

        content {
          alarm_name = local.alarm_names[alarms.value]
        }
      }
    }
  }

  lifecycle {
    # The provider reports an update that SageMaker rolled back as a success, and then deletes the configuration
    # that still serves. This makes it a failed apply, and the configuration stays.
    postcondition {
      condition     = self.endpoint_config_name == aws_sagemaker_endpoint_configuration.this.name
      error_message = "Endpoint ${self.name} still serves ${self.endpoint_config_name}: SageMaker rolled the update back. See its alarms and its log group ${local.log_group_name}, then apply again or go back to the former model."
    }
  }

  # SageMaker looks for the alarms when it takes the guardrails, and for the log group when the first instance starts.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_cloudwatch_metric_alarm.latency,
    aws_cloudwatch_metric_alarm.server_errors,
  ]
}

# Since when the model is alone in service: an endpoint's update ends when nothing old answers any more. A capture does not say
# which model answered, and this tells by its time. It is written down once, when all of that is over.
resource "terraform_data" "in_service" {
  triggers_replace = aws_sagemaker_model.this.name
  input            = timestamp()

  lifecycle {
    ignore_changes = [input]
  }

  depends_on = [aws_sagemaker_endpoint.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
