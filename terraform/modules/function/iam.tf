locals {
  log_statement = {
    # The log group is ours and exists: CreateLogGroup is not among these.
    Sid      = "WriteOwnLog"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${local.arn_prefix}:logs:${local.place}:log-group:${local.log_group_name}:*"]
  }

  # X-Ray knows no narrower resource for these two.
  trace_statement = {
    Sid      = "SendTraces"
    Effect   = "Allow"
    Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    Resource = ["*"]
  }

  # Lambda names the function in what it asks of the key on the role's behalf.
  environment_statement = {
    Sid       = "DecryptOwnEnvironment"
    Effect    = "Allow"
    Action    = ["kms:Decrypt"]
    Resource  = [var.kms_key_arn]
    Condition = { StringEquals = { "kms:EncryptionContext:aws:lambda:FunctionArn" = [local.arn] } }
  }

  dead_letter_statement = {
    Sid      = "SendToDeadLetterQueue"
    Effect   = "Allow"
    Action   = ["sqs:SendMessage"]
    Resource = [coalesce(var.dead_letter_arn, "none")]
  }

  # In a network Lambda makes the function's interfaces as the function's role. It asks beforehand whether it may take them
  # away again, of nothing in particular, and refuses a role that says what: so that one is for all of EC2 in this account.
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
  network_statements = var.network == null ? [] : [
    {
      Sid    = "MakeInterfaces"
      Effect = "Allow"
      Action = ["ec2:CreateNetworkInterface"]
      Resource = concat(
        ["${local.arn_prefix}:ec2:${local.place}:network-interface/*"],
        [for id in var.network.subnet_ids : "${local.arn_prefix}:ec2:${local.place}:subnet/${id}"],
        [for id in var.network.security_group_ids : "${local.arn_prefix}:ec2:${local.place}:security-group/${id}"],
      )
    },
    {
      Sid      = "ManageInterfaces"
      Effect   = "Allow"
      Action   = ["ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
      Resource = [for kind in ["network-interface", "*"] : "${local.arn_prefix}:ec2:${local.place}:${kind}/*"]
    },
    {
      # EC2 knows no narrower resource for these two.
      Sid      = "SeeInterfaces"
      Effect   = "Allow"
      Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
      Resource = ["*"]
    },
  ]

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
    [local.log_statement],
    [for statement in [local.trace_statement] : statement if var.tracing],
    [for statement in [local.environment_statement] : statement if local.has_environment],
    [for statement in [local.dead_letter_statement] : statement if var.dead_letter_arn != null],
    local.network_statements,
    local.own_statements,
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What the function ${var.name} acts as"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Lambda"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
