locals {
  arn_prefix = "arn:${var.location.partition}"
  place      = "${var.location.region}:${var.location.account_id}"
  arn        = "${local.arn_prefix}:states:${local.place}:stateMachine:${var.name}"

  # Under this prefix the log group needs no resource policy of its own. Those have a size limit per account,
  # and when it is reached state machines can no longer be made ("Invalid Logging Configuration").
  log_group_name = "/aws/vendedlogs/states/${var.name}"
}

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_285:Every step is logged; what goes in and out of it are pictures, which are large and somebody's (log_execution_data).
  name       = var.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.this.arn
  definition = var.definition

  logging_configuration {
    level                  = var.log_level
    include_execution_data = var.log_execution_data
    log_destination        = "${local.arn_prefix}:logs:${local.place}:log-group:${local.log_group_name}:*"
  }

  tracing_configuration {
    enabled = var.tracing
  }

  # Step Functions tries the log delivery while it makes the machine, and refuses when the role may not do it yet.
  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
