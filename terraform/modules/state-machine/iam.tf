locals {
  # Log deliveries have no ARN. This is the list that Step Functions asks for, and it is refused with less:
  # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  log_statement = {
    Sid    = "DeliverLogs"
    Effect = "Allow"
    Action = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    Resource = ["*"]
  }

  # X-Ray knows no narrower resource for these.
  trace_statement = {
    Sid    = "SendTraces"
    Effect = "Allow"
    Action = [
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    Resource = ["*"]
  }

  # A condition that is empty has to be absent: AWS would give the policy back without it, and the next plan would differ.
  own_statements = [
    for statement in var.permissions : {
      for key, value in {
        Sid       = statement.sid
        Effect    = "Allow"
        Action    = statement.actions
        Resource  = statement.resources
        Condition = length(statement.conditions) > 0 ? statement.conditions : null
      } : key => value if value != null
    }
  ]

  statements = concat(
    local.own_statements,
    [for statement in [local.log_statement] : statement if var.log_level != "OFF"],
    [for statement in [local.trace_statement] : statement if var.tracing],
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What the state machine ${var.name} acts as"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "StepFunctions"
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.location.account_id }
        ArnEquals    = { "aws:SourceArn" = local.arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "state-machine"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
