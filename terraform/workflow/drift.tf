# Compares what the endpoint was asked and answered with what the model knew when it was trained, by the clock.
module "drift_schedule" {
  source = "../modules/schedule"
  count  = var.monitoring.drift.enabled ? 1 : 0

  name          = "${local.name}-drift"
  location      = local.location
  function_name = local.function_names["monitor-drift"]
  expression    = var.monitoring.drift.schedule
  kms_key_arn   = var.foundation.kms_key_arn
  opens_after   = [module.function["monitor-drift"].code_sha256]
}
