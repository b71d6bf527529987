# The most that a role of the project may ever do which an apply makes or changes. An apply writes the policies of such roles
# itself: without this border it could make one that may do everything, and have a function act as it.
#
# It is what the workflow's roles do together (modules function, state-machine, incoming-trigger), each on all that bears this
# environment's name. What one of them is to do besides has to be added here first, by a person.
locals {
  boundary_name = "${var.name}-github-boundary"
  boundary_arn  = "${local.arn_prefix}:iam::${var.location.account_id}:policy/${local.boundary_name}"

  boundary_statements = [
    {
      Sid      = "ReadPictures"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = [for prefix in var.picture_prefixes : "${local.bucket_arns["data"]}/${prefix}*"]
    },
    {
      Sid      = "ReadCapturesAndBaselines"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = [for path in ["data_capture/${var.name}/*", "models/*/baseline.json"] : "${local.bucket_arns["data"]}/${path}"]
    },
    {
      Sid      = "WriteReports"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${local.bucket_arns["data"]}/drift/*"]
    },
    {
      Sid      = "ListData"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.bucket_arns["data"]]
    },
    {
      Sid      = "UseKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [var.kms_key_arn]
    },
    {
      Sid    = "RunWorkflow"
      Effect = "Allow"
      Action = [
        "lambda:InvokeFunction",
        "sagemaker:InvokeEndpoint",
        "sns:Publish",
        "sqs:SendMessage",
        "states:StartExecution",
      ]
      Resource = [local.functions, local.endpoint, local.topics, local.queues, local.state_machines]
    },
    {
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${local.arn_prefix}:logs:${local.place}:log-group:/aws/lambda/${var.name}-*"]
    },
    {
      Sid      = "MakeInterfaces"
      Effect   = "Allow"
      Action   = ["ec2:CreateNetworkInterface"]
      Resource = [for kind in ["network-interface", "security-group", "subnet"] : "${local.arn_prefix}:ec2:${local.place}:${kind}/*"]
    },
    {
      # Lambda refuses a role that says of what (modules/function).
      Sid      = "ManageInterfaces"
      Effect   = "Allow"
      Action   = ["ec2:AssignPrivateIpAddresses", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"]
      Resource = [for kind in ["network-interface", "*"] : "${local.arn_prefix}:ec2:${local.place}:${kind}/*"]
    },
    {
      # AWS knows no narrower resource for any of these.
      Sid    = "DoWhatHasNoName"
      Effect = "Allow"
      Action = [
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ]
      Resource = ["*"]
    },
    {
      # Not allowed above either. Said once more, for the day on which somebody allows more there.
      Sid      = "NeverMorePower"
      Effect   = "Deny"
      Action   = ["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"]
      Resource = ["*"]
    },
  ]
}

resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "The most that a role of ${var.name} may do which is changed by a job on GitHub"
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.boundary_statements })
}
