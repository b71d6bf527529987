locals {
  arn_prefix     = "arn:${var.location.partition}"
  place          = "${var.location.region}:${var.location.account_id}"
  arn            = "${local.arn_prefix}:lambda:${local.place}:function:${var.name}"
  log_group_name = "/aws/lambda/${var.name}"

  has_environment = length(var.environment_variables) > 0
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_117:Prod's functions run in the foundation's network, which checkov does not see; elsewhere it would cost more than it guards.
  #checkov:skip=CKV_AWS_272:What may run is decided by its content: the zip's SHA-256 stands in the reviewed plan, and another one is not applied.
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename         = var.package_path
  source_code_hash = filebase64sha256(var.package_path)
  handler          = var.handler
  runtime          = var.runtime
  architectures    = [var.architecture]

  memory_size                    = var.memory_mib
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency

  # Without environment variables Lambda forgets the key again, and every plan would differ.
  kms_key_arn = local.has_environment ? var.kms_key_arn : null

  # AWS tells an absent environment from an empty one, and so would every plan.
  dynamic "environment" {
    for_each = local.has_environment ? [var.environment_variables] : []

    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.network == null ? [] : [var.network]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  dynamic "dead_letter_config" {
    for_each = var.dead_letter_arn == null ? [] : [var.dead_letter_arn]

    content {
      target_arn = dead_letter_config.value
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # The policy first, so that the very first call can log; and gone last, so that the last one can.
  depends_on = [aws_iam_role_policy.this]
}

# Made before the function: Lambda would make one on the first call, which keeps everything for ever and unencrypted.
resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
