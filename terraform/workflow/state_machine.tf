locals {
  # The queue's real URL is known only when it exists; this is the one AWS gives it.
  review_queue_url = "https://sqs.${local.location.region}.${data.aws_partition.current.dns_suffix}/${local.location.account_id}/${module.review_queue.name}"
}

module "state_machine" {
  source = "../modules/state-machine"

  name                     = "${local.name}-classify-vehicle"
  location                 = local.location
  log_retention_days       = var.log_retention_days
  log_level                = var.state_machine.log_level
  log_execution_data       = var.state_machine.log_execution_data
  kms_key_arn              = var.foundation.kms_key_arn
  permissions_boundary_arn = var.foundation.permissions_boundary_arn

  definition = templatefile("${var.statemachine_dir}/classify-vehicle.asl.json", {
    serialize_function_arn = local.function_arns["serializeImageData"]
    classify_function_arn  = local.function_arns["image-classification"]
    threshold_function_arn = local.function_arns["THRESHOLD_CONFIDENCE"]
    review_queue_url       = local.review_queue_url
    notification_topic_arn = module.notifications.arn
  })

  permissions = [
    {
      sid       = "CallFunctions"
      actions   = ["lambda:InvokeFunction"]
      resources = [for name in local.tasks : local.function_arns[name]]
    },
    {
      sid       = "QueueForReview"
      actions   = ["sqs:SendMessage"]
      resources = [module.review_queue.arn]
    },
    {
      sid       = "NotifyFailure"
      actions   = ["sns:Publish"]
      resources = [module.notifications.arn]
    },
    {
      # Whoever sends to an encrypted queue or topic uses its key.
      sid       = "EncryptMessages"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.foundation.kms_key_arn]

      conditions = {
        StringEquals = { "kms:ViaService" = [for service in ["sns", "sqs"] : "${service}.${local.location.region}.amazonaws.com"] }
      }
    },
  ]
}

# The door opens last and closes first: no picture may arrive before everything that handles it is there, or after.
module "incoming_trigger" {
  source = "../modules/incoming-trigger"

  name                     = "${local.name}-incoming"
  paused                   = var.paused
  location                 = local.location
  kms_key_arn              = var.foundation.kms_key_arn
  bucket_name              = var.foundation.data_bucket
  prefix                   = local.incoming_prefix
  state_machine_arn        = module.state_machine.arn
  permissions_boundary_arn = var.foundation.permissions_boundary_arn

  opens_after = concat(
    compact([module.state_machine.id, module.endpoint.configuration_name, module.review_queue.url]),
    [for name in local.tasks : module.function[name].code_sha256],
  )
}
