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
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.counted), [aws_cloudwatch_metric_alarm.unplanned_failures, aws_cloudwatch_metric_alarm.review_share]) : alarm.alarm_actions == toset(var.alarm_actions) && alarm.ok_actions == toset(var.alarm_actions)])
    error_message = "Each tells when it goes off and when it is over."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.counted), [aws_cloudwatch_metric_alarm.unplanned_failures, aws_cloudwatch_metric_alarm.review_share]) : alarm.treat_missing_data == "notBreaching"])
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

  # It draws every graph in the region.
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 7
    error_message = "Seven graphs."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.region == "eu-west-1" && length(widget.properties.metrics) > 0])
    error_message = "Each with metrics of this region."
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
