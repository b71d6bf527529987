output "alarm_names" {
  description = "Every alarm of this module."
  value = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.counted : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.drift : alarm.alarm_name],
    [for alarm in [aws_cloudwatch_metric_alarm.mean_confidence, aws_cloudwatch_metric_alarm.review_share, aws_cloudwatch_metric_alarm.unplanned_failures] : alarm.alarm_name],
  ))
}

output "dashboard_name" {
  description = "Name of the dashboard; null where there is none."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
