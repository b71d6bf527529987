# One inline policy a concern: a plan then shows each in full, and the only one that has to wait for the key's
# ARN at a first apply is the one about the key.
locals {
  arn_prefix = "arn:${var.location.partition}"
  place      = "${var.location.region}:${var.location.account_id}"

  policies = {
    for name, statements in merge(local.standing_policies, { network = local.network_statements }) : name => statements
    if name != "network" || var.network != null
  }

  standing_policies = {
    data = [
      {
        Sid      = "ReadTrainingDataAndModels"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [for path in var.readable_paths : "${var.bucket_arn}/${path}"]
      },
      {
        Sid      = "WriteModelsAndCaptures"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = [for path in var.writable_paths : "${var.bucket_arn}/${path}"]
      },
      {
        # A channel is a prefix, and SageMaker lists it.
        Sid      = "ListChannels"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [var.bucket_arn]
      },
    ]

    key = [
      {
        Sid      = "ReadAndWriteEncryptedObjects"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.kms_key_arn]
      },
      {
        # SageMaker hands the key on to the volumes of training and serving instances, and may do so for AWS only.
        Sid       = "EncryptVolumes"
        Effect    = "Allow"
        Action    = ["kms:CreateGrant"]
        Resource  = [var.kms_key_arn]
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ]

    logs = [
      {
        Sid    = "WriteOwnLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = flatten([
          for group in ["TrainingJobs", "Endpoints/${var.endpoint_name}"] : [
            "${local.arn_prefix}:logs:${local.place}:log-group:/aws/sagemaker/${group}",
            "${local.arn_prefix}:logs:${local.place}:log-group:/aws/sagemaker/${group}:*",
          ]
        ])
      },
      {
        # Metrics have no ARN: the namespace is the only border there is.
        Sid       = "PublishOwnMetrics"
        Effect    = "Allow"
        Action    = ["cloudwatch:PutMetricData"]
        Resource  = ["*"]
        Condition = { StringLike = { "cloudwatch:namespace" = ["/aws/sagemaker/*", "aws/sagemaker/*"] } }
      },
    ]

    alarms = [
      {
        # SageMaker watches the alarms that move a deployment back as this role; without it, none is moved back.
        Sid      = "WatchOwnAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["${local.arn_prefix}:cloudwatch:${local.place}:alarm:${var.endpoint_name}-*"]
      },
    ]

    images = [
      {
        # AWS keeps the algorithm in an account of its own in each region, so the account stays open and the repository does not.
        Sid      = "PullAlgorithm"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [for repository in var.algorithm_repositories : "${local.arn_prefix}:ecr:${var.location.region}:*:repository/${repository}"]
      },
      {
        # A login token is for the whole registry; ECR knows no narrower one.
        Sid      = "LogInToRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
    ]
  }
}

# SageMaker makes the model's interfaces as this role, and hands them to its own account.
locals {
  interfaces = "${local.arn_prefix}:ec2:${local.place}:network-interface/*"
  subnets    = [for id in try(var.network.subnet_ids, []) : "${local.arn_prefix}:ec2:${local.place}:subnet/${id}"]
  groups     = [for id in try(var.network.security_group_ids, []) : "${local.arn_prefix}:ec2:${local.place}:security-group/${id}"]

  network_statements = [
    {
      Sid      = "MakeInterfaces"
      Effect   = "Allow"
      Action   = ["ec2:CreateNetworkInterface"]
      Resource = concat([local.interfaces], local.subnets, local.groups)
    },
    {
      Sid    = "LendInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
      ]
      Resource  = [local.interfaces]
      Condition = { ArnEquals = { "ec2:Subnet" = local.subnets } }
    },
    {
      # EC2 knows no narrower resource for these.
      Sid    = "SeeNetwork"
      Effect = "Allow"
      Action = [
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
      ]
      Resource = ["*"]
    },
  ]
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What SageMaker's training jobs and endpoints of this project act as"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SageMakerOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.location.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policies

  name   = each.key
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}
