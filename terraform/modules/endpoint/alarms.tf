# Their names and dimensions come from locals, not from the endpoint: it needs them, and that would be a circle.
locals {
  alarm_names = {
    latency       = "${var.name}-model-latency"
    server_errors = "${var.name}-server-errors"
  }

  dimensions = {
    EndpointName = var.name
    VariantName  = local.variant_name
  }
}

resource "aws_cloudwatch_metric_alarm" "server_errors" {
  alarm_name        = local.alarm_names.server_errors
  alarm_description = "The endpoint ${var.name} answers with server errors. While a deployment runs, this rolls it back."

  namespace           = "AWS/SageMaker"
  metric_name         = "Invocation5XXErrors"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.alarms.server_errors_a_minute
  treat_missing_data  = "notBreaching"

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  alarm_name        = local.alarm_names.latency
  alarm_description = "One answer in ten of the endpoint ${var.name} takes longer than ${var.alarms.latency_milliseconds} ms. While a deployment runs, this rolls it back."

  namespace           = "AWS/SageMaker"
  metric_name         = "ModelLatency"
  dimensions          = local.dimensions
  extended_statistic  = "p90"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.latency_milliseconds * 1000 # the metric is in microseconds
  treat_missing_data  = "notBreaching"

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}
