# The first plan of an environment should already show every policy and the whole state machine. So names and ARNs
# are put together from what is known, and what has to exist first is said with depends_on, where it matters.
data "aws_partition" "current" {}

locals {
  name = "${var.project}-${var.environment}"

  location = {
    partition  = data.aws_partition.current.partition
    region     = var.region
    account_id = var.foundation.account_id
  }

  bucket_arn      = "arn:${local.location.partition}:s3:::${var.foundation.data_bucket}"
  incoming_prefix = "incoming/"
  capture_s3_uri  = "s3://${var.foundation.data_bucket}/data_capture"
  reports_s3_uri  = "s3://${var.foundation.data_bucket}/drift"

  # Each function runs there, also the one that calls nothing: else it would be the one with a way out.
  functions_network = one([for network in var.foundation.network[*] : {
    subnet_ids         = network.subnet_ids
    security_group_ids = [network.functions_security_group_id]
  }])

  model_network = one([for network in var.foundation.network[*] : {
    subnet_ids         = network.subnet_ids
    security_group_ids = [network.model_security_group_id]
  }])

  # What a model should be found by, and compared by with the one that follows it. AWS gives back an absent tag as absent.
  model_tags = {
    for key, value in {
      TrainingJob        = var.model.training_job_name
      ModelDigest        = var.model.model_digest
      DataDigest         = var.model.data_digest
      ValidationAccuracy = try(format("%.4f", var.model.metrics["validation:accuracy"]), null)
    } : key => value if value != null
  }
}

module "notifications" {
  source = "../modules/notifications"

  name         = "${local.name}-failures"
  display_name = "Scones Unlimited ${var.environment}"
  location     = local.location
  kms_key_arn  = var.foundation.kms_key_arn
  email        = var.notification_email
}

module "endpoint" {
  source = "../modules/endpoint"

  name               = local.name
  paused             = var.paused
  role_arn           = var.foundation.sagemaker_role_arn
  kms_key_arn        = var.foundation.kms_key_arn
  log_retention_days = var.log_retention_days
  alarm_actions      = [module.notifications.arn]

  instance_type           = var.endpoint.instance_type
  capacity                = var.endpoint.capacity
  serving_instances       = var.serving_instances
  deployment              = var.endpoint.deployment
  alarms                  = var.endpoint.alarms
  network_isolation       = var.endpoint.network_isolation
  network                 = local.model_network
  startup_timeout_seconds = var.endpoint.startup_timeout_seconds

  capture = {
    bucket     = var.foundation.data_bucket
    s3_uri     = local.capture_s3_uri
    percentage = var.endpoint.capture_percentage
  }

  model = {
    image_uri      = var.model.image_uri
    model_data_url = var.model.model_data_url
    digest         = var.model.model_digest
    environment    = coalesce(var.model.environment, {})

    tags = local.model_tags
  }
}

module "review_queue" {
  source = "../modules/review-queue"

  name                       = "${local.name}-review"
  location                   = local.location
  kms_key_arn                = var.foundation.kms_key_arn
  retention_days             = var.review_queue.retention_days
  visibility_timeout_seconds = var.review_queue.visibility_timeout_seconds
  dead_letter_after_receives = var.review_queue.dead_letter_after_receives
}

module "monitoring" {
  source = "../modules/monitoring"

  name              = local.name
  region            = local.location.region
  state_machine_arn = module.state_machine.arn
  review_queue_name = module.review_queue.name
  alarm_actions     = [module.notifications.arn]
  thresholds        = var.monitoring.thresholds
  dashboard         = var.monitoring.dashboard
  drift             = var.monitoring.drift.enabled ? { period_seconds = var.monitoring.drift.alarm_period_seconds } : null

  # THRESHOLD_CONFIDENCE fails to say that a picture is doubtful: its errors are answers.
  functions = {
    for name, deployed in local.function_names : name => {
      name             = deployed
      fails_on_purpose = name == "THRESHOLD_CONFIDENCE"
    }
  }

  dead_letter_queue_names = {
    for label, queue in {
      incoming = module.incoming_trigger.dead_letter_name
      review   = module.review_queue.dead_letter_name
      drift    = one(module.drift_schedule[*].dead_letter_name)
    } : label => queue if queue != null
  }

  endpoint = {
    name         = module.endpoint.name
    variant_name = module.endpoint.variant_name
  }
}
