locals {
  arn_prefix = "arn:${var.location.partition}"

  # The account's own policies decide who may use the key: without this statement nobody could, nor ever change it.
  account_statement = {
    Sid       = "AccountPoliciesDecide"
    Effect    = "Allow"
    Principal = { AWS = "${local.arn_prefix}:iam::${var.location.account_id}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }

  # CloudWatch Logs encrypts on its own behalf, and only for log groups whose name starts as ours do.
  logs_statement = {
    Sid       = "LogGroupsOfThisProject"
    Effect    = "Allow"
    Principal = { Service = "logs.${var.location.region}.amazonaws.com" }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
    Resource  = "*"
    Condition = {
      ArnLike = {
        "kms:EncryptionContext:aws:logs:arn" = [
          for prefix in var.log_group_prefixes :
          "${local.arn_prefix}:logs:${var.location.region}:${var.location.account_id}:log-group:${prefix}*"
        ]
      }
    }
  }

  # An alarm that may not use the topic's key changes its state and tells nobody.
  alarms_statement = {
    Sid       = "AlarmsOfThisAccount"
    Effect    = "Allow"
    Principal = { Service = "cloudwatch.amazonaws.com" }
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = "*"
    Condition = { StringEquals = { "aws:SourceAccount" = var.location.account_id } }
  }

  # A rule that may not use its dead-letter queue's key loses the event it could not deliver. SQS names the queue in what it
  # asks of the key, whoever sends.
  dead_letters_statement = {
    Sid       = "DeadLettersOfThisProject"
    Effect    = "Allow"
    Principal = { Service = "events.amazonaws.com" }
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = "*"
    Condition = {
      ArnLike = {
        "kms:EncryptionContext:aws:sqs:arn" = [
          for prefix in var.queue_prefixes :
          "${local.arn_prefix}:sqs:${var.location.region}:${var.location.account_id}:${prefix}*"
        ]
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  deletion_window_in_days = var.deletion_window_in_days
  enable_key_rotation     = true

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.account_statement, local.logs_statement, local.alarms_statement, local.dead_letters_statement]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
