locals {
  machine_dimensions = { StateMachineArn = var.state_machine_arn }
  review_dimensions  = { QueueName = var.review_queue_name }
  own_dimensions     = { Workflow = var.name }

  # One line an alarm: what is counted, and from how many on somebody should look.
  counted = merge(
    {
      "executions-timed-out" = {
        description = "Executions run into the state machine's timeout."
        namespace   = "AWS/States"
        metric      = "ExecutionsTimedOut"
        dimensions  = local.machine_dimensions
        statistic   = "Sum"
        period      = 300
        threshold   = 1
      }
      "executions-throttled" = {
        description = "Step Functions puts state transitions off: more is asked of it than the account's quota allows."
        namespace   = "AWS/States"
        metric      = "ExecutionThrottled"
        dimensions  = local.machine_dimensions
        statistic   = "Sum"
        period      = 300
        threshold   = 1
      }
      "review-age" = {
        description = "A picture waits for a decision for more than ${var.thresholds.review_age_hours} hours."
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        dimensions  = local.review_dimensions
        statistic   = "Maximum"
        period      = 300
        threshold   = var.thresholds.review_age_hours * 3600
      }
    },
    {
      for label, function in var.functions : "${label}-errors" => {
        description = "The function ${function.name} fails."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function.name }
        statistic   = "Sum"
        period      = 300
        threshold   = var.thresholds.function_errors
      } if !function.fails_on_purpose
    },
    {
      for label, function in var.functions : "${label}-throttles" => {
        description = "Calls of the function ${function.name} are refused: its concurrency, or the account's, is used up."
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = { FunctionName = function.name }
        statistic   = "Sum"
        period      = 300
        threshold   = 1
      }
    },
    {
      for label, queue in var.dead_letter_queue_names : "${label}-dead-letter" => {
        description = "Something lies in the dead-letter queue ${queue}: nobody but a person will take it out."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = queue }
        statistic   = "Maximum"
        period      = 300
        threshold   = 1
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "counted" {
  for_each = local.counted

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description

  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}

# A doubtful picture ends failed as well, on purpose, and sends exactly one message to the review queue. What failed
# beyond those is what nobody planned. One such failure tells the topic by itself; this alarm says that they go on.
# Two periods of three, because message and failure may fall on different sides of a period's end.
resource "aws_cloudwatch_metric_alarm" "unplanned_failures" {
  alarm_name        = "${var.name}-executions-failed"
  alarm_description = "Executions keep failing for another reason than low confidence."

  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.unplanned_failures
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "unplanned"
    expression  = "FILL(failed, 0) - FILL(reviewed, 0)"
    label       = "Failed, but not for low confidence"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = "AWS/States"
      metric_name = "ExecutionsFailed"
      dimensions  = local.machine_dimensions
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id = "reviewed"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "NumberOfMessagesSent"
      dimensions  = local.review_dimensions
      stat        = "Sum"
      period      = 300
    }
  }

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}

# The first sign of pictures that the model has not seen the like of. Below ten an hour a share says nothing. It is counted by
# the decisions themselves: an execution that fails for another reason is no doubtful picture.
resource "aws_cloudwatch_metric_alarm" "review_share" {
  alarm_name        = "${var.name}-review-share"
  alarm_description = "More than ${var.thresholds.review_share_percent} % of the pictures of an hour are too doubtful to be routed."

  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.review_share_percent
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "share"
    expression  = "IF(FILL(answers, 0) >= 10, 100 * refused, 0)"
    label       = "Share for review, %"
    return_data = true
  }

  metric_query {
    id = "answers"

    metric {
      namespace   = "Scones/Classification"
      metric_name = "Refused"
      dimensions  = local.own_dimensions
      stat        = "SampleCount"
      period      = 3600
    }
  }

  metric_query {
    id = "refused"

    metric {
      namespace   = "Scones/Classification"
      metric_name = "Refused"
      dimensions  = local.own_dimensions
      stat        = "Average"
      period      = 3600
    }
  }

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}

# A mean that falls says the same more softly, and earlier.
resource "aws_cloudwatch_metric_alarm" "mean_confidence" {
  alarm_name        = "${var.name}-mean-confidence"
  alarm_description = "The mean confidence of an hour's answers is below ${var.thresholds.mean_confidence}."

  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = var.thresholds.mean_confidence
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "mean"
    expression  = "IF(FILL(answers, 0) >= 10, confidence, 1)"
    label       = "Mean confidence"
    return_data = true
  }

  metric_query {
    id = "confidence"

    metric {
      namespace   = "Scones/Classification"
      metric_name = "Confidence"
      dimensions  = local.own_dimensions
      stat        = "Average"
      period      = 3600
    }
  }

  metric_query {
    id = "answers"

    metric {
      namespace   = "Scones/Classification"
      metric_name = "Confidence"
      dimensions  = local.own_dimensions
      stat        = "SampleCount"
      period      = 3600
    }
  }

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}

# A report comes once an hour and is one value: between two reports an alarm stays as the last one left it, and an hour with
# too few pictures for a verdict neither raises nor ends one.
resource "aws_cloudwatch_metric_alarm" "drift" {
  for_each = {
    for label, alarm in {
      "drift" = {
        description = "Pictures or answers differ from those the model was trained on by more than chance. The latest report under drift/ says in what."
        metric      = "Drifted"
        comparison  = "GreaterThanOrEqualToThreshold"
        threshold   = 1
      }
      "out-of-domain" = {
        description = "More than ${var.thresholds.out_of_domain_percent} % of a report's pictures are unlike any that the model was trained on."
        metric      = "OutOfDomainRate"
        comparison  = "GreaterThanThreshold"
        threshold   = var.thresholds.out_of_domain_percent / 100
      }
    } : label => alarm if var.drift != null
  }

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = each.value.description

  namespace           = "Scones/Drift"
  metric_name         = each.value.metric
  dimensions          = local.own_dimensions
  statistic           = "Maximum"
  period              = var.drift.period_seconds
  evaluation_periods  = 1
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "ignore"

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}
