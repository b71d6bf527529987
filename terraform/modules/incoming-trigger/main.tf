locals {
  arn_prefix = "arn:${var.location.partition}"
  place      = "${var.location.region}:${var.location.account_id}"

  rule_arn         = "${local.arn_prefix}:events:${local.place}:rule/${var.name}"
  dead_letter_name = "${var.name}-dead-letter"
  dead_letter_arn  = "${local.arn_prefix}:sqs:${local.place}:${local.dead_letter_name}"
}

resource "aws_cloudwatch_event_rule" "this" {
  name        = var.name
  description = "A new object under ${var.prefix} of ${var.bucket_name} is classified"
  state       = var.paused ? "DISABLED" : "ENABLED"

  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [var.bucket_name] }
      object = { key = [{ prefix = var.prefix }] }
    }
  })
}

# The target is what opens the door. It goes with a pause, although the rule is disabled as well: what is taken away goes
# before what it waited for, and comes after it, while a mere change would run at the same time as the endpoint's end.
resource "aws_cloudwatch_event_target" "this" {
  count = var.paused ? 0 : 1

  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "state-machine"
  arn       = var.state_machine_arn
  role_arn  = aws_iam_role.this.arn

  input_transformer {
    input_paths = {
      bucket = "$.detail.bucket.name"
      key    = "$.detail.object.key"
    }

    # EventBridge puts each value in with its quotation marks, and escapes what is in it.
    input_template = "{\"image_data\": \"\", \"s3_bucket\": <bucket>, \"s3_key\": <key>}"
  }

  retry_policy {
    maximum_event_age_in_seconds = var.retry.maximum_age_seconds
    maximum_retry_attempts       = var.retry.maximum_attempts
  }

  dead_letter_config {
    arn = local.dead_letter_arn
  }

  # Last of all when things are made, and first when they go.
  depends_on = [aws_iam_role_policy.this, var.opens_after]
}

# Events that could not start an execution. Nothing waits for this queue: its ARN is known, it is there at once, and
# the provider watches it for another 25 s.
#
# It is written out as in modules/schedule: a third module for these lines would be longer, and move queues that stand.
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

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What the rule ${var.name} starts executions as"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EventBridge"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.location.account_id }
        ArnEquals    = { "aws:SourceArn" = local.rule_arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "trigger"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartExecutions"
      Effect   = "Allow"
      Action   = ["states:StartExecution"]
      Resource = [var.state_machine_arn]
    }]
  })
}
