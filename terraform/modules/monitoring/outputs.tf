output "alarm_names" {
  description = "Every alarm of this module."
  value = sort(concat(
    [for alarm in aws_cloudwatch_metric_alarm.counted : alarm.alarm_name],
    [aws_cloudwatch_metric_alarm.review_share.alarm_name, aws_cloudwatch_metric_alarm.unplanned_failures.alarm_name],
  ))
}

output "dashboard_name" {
  description = "Name of the dashboard; null where there is none."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
