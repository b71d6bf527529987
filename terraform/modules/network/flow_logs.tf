locals {
  log_group_name = "/aws/vpc/${var.name}"
  log_group_arn  = "${local.arn_prefix}:logs:${local.place}:log-group:${local.log_group_name}"
}

# Only what was refused: in a network without a way out that is next to nothing, and all of it worth a look. Every
# connection would be logged several times over, and paid for by the gigabyte.
resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "REJECT"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = local.log_group_arn
  iam_role_arn             = aws_iam_role.flow.arn
  max_aggregation_interval = 600

  tags = { Name = "${var.name}-refused" }

  depends_on = [aws_iam_role_policy.flow, aws_cloudwatch_log_group.flow]
}

resource "aws_cloudwatch_log_group" "flow" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "flow" {
  name        = "${var.name}-flow-logs"
  description = "What the flow logs of the network ${var.name} are delivered as"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FlowLogs"
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.location.account_id }
        ArnLike      = { "aws:SourceArn" = "${local.arn_prefix}:ec2:${local.place}:vpc-flow-log/*" }
      }
    }]
  })
}

# The log group is ours and exists, so CreateLogGroup is not among these.
resource "aws_iam_role_policy" "flow" {
  name = "flow-logs"
  role = aws_iam_role.flow.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteOwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = ["${local.log_group_arn}:*"]
      },
      {
        # It has no narrower resource that the delivery would accept.
        Sid      = "FindLog"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = ["*"]
      },
    ]
  })
}
