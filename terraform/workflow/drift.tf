# Compares what the endpoint was asked and answered with what the model knew when it was trained, by the clock.
module "drift_schedule" {
  source = "../modules/schedule"
  count  = var.monitoring.drift.enabled ? 1 : 0

  name          = "${local.name}-drift"
  location      = local.location
  function_name = local.function_names["monitor-drift"]
  expression    = var.monitoring.drift.schedule
  kms_key_arn   = var.foundation.kms_key_arn
  opens_after   = module.drift_function[*].code_sha256
}

# It gets a new model's baseline when that model is alone in service, and not before: so it stands apart from the other functions,
# which would all wait for the deployment with it.
module "drift_function" {
  source = "../modules/function"
  count  = var.monitoring.drift.enabled ? 1 : 0

  name                     = local.function_names["monitor-drift"]
  description              = local.functions["monitor-drift"].description
  location                 = local.location
  package_path             = "${var.packages_dir}/monitor-drift.zip"
  timeout_seconds          = local.functions["monitor-drift"].timeout_seconds
  memory_mib               = var.functions.memory_mib
  reserved_concurrency     = var.functions.reserved_concurrency
  environment_variables    = merge(local.functions["monitor-drift"].environment_variables, { MODEL_SINCE = module.endpoint.model_since })
  permissions              = local.functions["monitor-drift"].permissions
  permissions_boundary_arn = var.foundation.permissions_boundary_arn
  network                  = local.functions_network
  log_retention_days       = var.log_retention_days
  kms_key_arn              = var.foundation.kms_key_arn
}

# It stood among the others.
moved {
  from = module.function["monitor-drift"]
  to   = module.drift_function[0]
}
