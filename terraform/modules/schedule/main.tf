locals {
  arn_prefix = "arn:${var.location.partition}"
  place      = "${var.location.region}:${var.location.account_id}"

  rule_arn         = "${local.arn_prefix}:events:${local.place}:rule/${var.name}"
  function_arn     = "${local.arn_prefix}:lambda:${local.place}:function:${var.function_name}"
  dead_letter_name = "${var.name}-dead-letter"
  dead_letter_arn  = "${local.arn_prefix}:sqs:${local.place}:${local.dead_letter_name}"
}

resource "aws_cloudwatch_event_rule" "this" {
  name                = var.name
  description         = "Calls ${var.function_name} by the clock"
  schedule_expression = var.expression
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "function"
  arn       = local.function_arn

  # What is late by more than this is for the next call to see.
  retry_policy {
    maximum_event_age_in_seconds = var.retry.maximum_age_seconds
    maximum_retry_attempts       = var.retry.maximum_attempts
  }

  dead_letter_config {
    arn = local.dead_letter_arn
  }

  depends_on = [aws_lambda_permission.this]
}

# Only this rule may call the function so.
resource "aws_lambda_permission" "this" {
  statement_id  = "Schedule"
  function_name = var.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.rule_arn

  # Lambda refuses a permission on a function that is not there.
  depends_on = [var.opens_after]
}

# Calls that did not reach the function. What fails in the function itself is tried again by Lambda, and told by the alarm on
# its errors. Nothing waits for this queue: its ARN is known, and the provider watches it for 25 s.
#
# It is written out as in modules/incoming-trigger: a third module for these lines would be longer, and move queues that stand.
resource "aws_sqs_queue" "dead_letter" {
  name                      = local.dead_letter_name
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn # whose policy lets EventBridge use it

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "UndeliveredEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = local.dead_letter_arn
        Condition = { ArnEquals = { "aws:SourceArn" = local.rule_arn } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = local.dead_letter_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
