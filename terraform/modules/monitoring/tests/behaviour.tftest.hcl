mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name              = "scones-dev"
  region            = "eu-west-1"
  state_machine_arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:scones-dev-classify"
  functions = {
    read   = { name = "scones-dev-read" }
    decide = { name = "scones-dev-decide", fails_on_purpose = true }
  }
  review_queue_name       = "scones-dev-review"
  dead_letter_queue_names = { incoming = "scones-dev-incoming-dead-letter" }
  endpoint                = { name = "scones-dev", variant_name = "AllTraffic" }
  drift                   = {}
  alarm_actions           = ["arn:aws:sns:eu-west-1:123456789012:scones-dev-failures"]
}

run "as_it_comes" {
  command = plan

  # It has an alarm for everything that can go wrong.
  assert {
    condition     = join(" ", sort(keys(aws_cloudwatch_metric_alarm.counted))) == "decide-throttles executions-throttled executions-timed-out incoming-dead-letter read-errors read-throttles review-age"
    error_message = "One alarm for each, and none for the errors of a function that fails on purpose."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.counted), [aws_cloudwatch_metric_alarm.unplanned_failures, aws_cloudwatch_metric_alarm.review_share, aws_cloudwatch_metric_alarm.mean_confidence]) : alarm.alarm_actions == toset(var.alarm_actions) && alarm.ok_actions == toset(var.alarm_actions)])
    error_message = "Each tells when it goes off and when it is over."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.counted), [aws_cloudwatch_metric_alarm.unplanned_failures, aws_cloudwatch_metric_alarm.review_share, aws_cloudwatch_metric_alarm.mean_confidence]) : alarm.treat_missing_data == "notBreaching"])
    error_message = "Silence is no alarm."
  }

  # It does not take doubtful pictures for failures.
  assert {
    condition     = one([for query in aws_cloudwatch_metric_alarm.unplanned_failures.metric_query : query.expression if query.id == "unplanned"]) == "FILL(failed, 0) - FILL(reviewed, 0)"
    error_message = "What went to the review queue is taken off the failures."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.unplanned_failures.datapoints_to_alarm == 2
    error_message = "A single period is not enough: message and failure may fall on both sides of its end."
  }

  # It hears of drift, and keeps what it heard until the next report.
  assert {
    condition     = { for label, alarm in aws_cloudwatch_metric_alarm.drift : alarm.alarm_name => "${alarm.metric_name} ${alarm.comparison_operator} ${alarm.threshold}" } == { scones-dev-drift = "Drifted GreaterThanOrEqualToThreshold 1", scones-dev-out-of-domain = "OutOfDomainRate GreaterThanThreshold 0.25" }
    error_message = "Drift, and a quarter of the pictures unlike any known."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.drift : alarm.namespace == "Scones/Drift" && alarm.dimensions == tomap({ Workflow = "scones-dev" }) && alarm.statistic == "Maximum" && alarm.period == 300 && alarm.treat_missing_data == "ignore" && alarm.alarm_actions == toset(var.alarm_actions) && alarm.ok_actions == toset(var.alarm_actions)])
    error_message = "Of this workflow; the worst report counts, and no report changes nothing."
  }

  # It judges by the decisions themselves, and by ten of them at least.
  assert {
    condition     = toset([for query in aws_cloudwatch_metric_alarm.review_share.metric_query : query.expression if query.return_data == true]) == toset(["IF(FILL(answers, 0) >= 10, 100 * refused, 0)"])
    error_message = "A share of a few says nothing."
  }

  assert {
    condition     = toset([for query in aws_cloudwatch_metric_alarm.mean_confidence.metric_query : query.expression if query.return_data == true]) == toset(["IF(FILL(answers, 0) >= 10, confidence, 1)"]) && aws_cloudwatch_metric_alarm.mean_confidence.threshold == 0.7 && aws_cloudwatch_metric_alarm.mean_confidence.comparison_operator == "LessThanThreshold"
    error_message = "A mean of a few says nothing either."
  }

  assert {
    condition     = alltrue([for alarm in [aws_cloudwatch_metric_alarm.review_share, aws_cloudwatch_metric_alarm.mean_confidence] : alltrue(flatten([for query in alarm.metric_query : [for metric in query.metric : metric.namespace == "Scones/Classification" && metric.dimensions == tomap({ Workflow = "scones-dev" }) && metric.period == 3600]]))])
    error_message = "Of this workflow, by the hour."
  }

  # It draws every graph in the region.
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 11
    error_message = "Seven graphs of AWS's metrics, four of the workflow's own."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.region == "eu-west-1" && length(widget.properties.metrics) > 0])
    error_message = "Each with metrics of this region."
  }
}

run "is_silent_about_drift_that_nobody_looks_for" {
  command = plan

  variables {
    drift = null
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.drift) == 0 && length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 9
    error_message = "Neither alarms nor graphs."
  }
}

run "measures_the_age_in_hours" {
  command = plan

  variables {
    thresholds = { review_age_hours = 2 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.counted["review-age"].threshold == 7200
    error_message = "Two hours are 7,200 seconds."
  }
}

run "draws_nothing_when_told_to" {
  command = plan

  variables {
    dashboard = false
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "There is no dashboard."
  }

  assert {
    condition     = output.dashboard_name == null
    error_message = "And no name of one."
  }
}
