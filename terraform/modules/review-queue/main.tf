locals {
  arn_prefix = "arn:${var.location.partition}:sqs:${var.location.region}:${var.location.account_id}"
  arn        = "${local.arn_prefix}:${var.name}"

  dead_letter_name = "${var.name}-dead-letter"
  dead_letter_arn  = "${local.arn_prefix}:${local.dead_letter_name}"
  has_dead_letter  = var.dead_letter_after_receives > 0

  seconds_a_day = 86400
}

# Policies and redrive stand in the queue itself: the provider watches a queue for 25 s after each change, and
# resources of their own would each wait again.
resource "aws_sqs_queue" "this" {
  name                       = var.name
  message_retention_seconds  = var.retention_days * local.seconds_a_day
  visibility_timeout_seconds = var.visibility_timeout_seconds
  receive_wait_time_seconds  = 20
  kms_master_key_id          = var.kms_key_arn

  policy = jsonencode({ Version = "2012-10-17", Statement = [local.tls_statement[local.arn]] })

  redrive_policy = local.has_dead_letter ? jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[0].arn
    maxReceiveCount     = var.dead_letter_after_receives
  }) : null
}

# Where a message goes that was looked at again and again and never decided.
resource "aws_sqs_queue" "dead_letter" {
  count = local.has_dead_letter ? 1 : 0

  name                      = local.dead_letter_name
  message_retention_seconds = 14 * local.seconds_a_day
  kms_master_key_id         = var.kms_key_arn

  policy = jsonencode({ Version = "2012-10-17", Statement = [local.tls_statement[local.dead_letter_arn]] })

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arn]
  })
}

locals {
  tls_statement = {
    for arn in [local.arn, local.dead_letter_arn] : arn => {
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }
}
