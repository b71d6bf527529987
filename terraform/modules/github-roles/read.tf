# What Terraform asks of AWS when it refreshes what the two roots make, and no more: the calls that the provider was seen to
# make, under the names that IAM has for them. Of the data it reads only what the commands compare with.
locals {
  # Names end with the environment's or go on with a hyphen, so that dev's do not include those of another one like dev2.
  functions        = "${local.arn_prefix}:lambda:${local.place}:function:${var.name}-*"
  state_machines   = "${local.arn_prefix}:states:${local.place}:stateMachine:${var.name}-*"
  queues           = "${local.arn_prefix}:sqs:${local.place}:${var.name}-*"
  topics           = "${local.arn_prefix}:sns:${local.place}:${var.name}-*"
  rules            = "${local.arn_prefix}:events:${local.place}:rule/${var.name}-*"
  alarms           = "${local.arn_prefix}:cloudwatch:${local.place}:alarm:${var.name}-*"
  dashboard        = "${local.arn_prefix}:cloudwatch::${var.location.account_id}:dashboard/${var.name}"
  endpoint         = "${local.arn_prefix}:sagemaker:${local.place}:endpoint/${var.name}"
  models           = [for kind in ["model", "endpoint-config"] : "${local.arn_prefix}:sagemaker:${local.place}:${kind}/${var.name}-*"]
  packages         = "${local.arn_prefix}:sagemaker:${local.place}:model-package-group/${var.name}"
  targets          = "${local.arn_prefix}:application-autoscaling:${local.place}:scalable-target/*"
  roles_arn        = "${local.arn_prefix}:iam::${var.location.account_id}:role/${var.name}-*"
  own_roles_arn    = "${local.arn_prefix}:iam::${var.location.account_id}:role/${var.name}-github-*"
  own_policies_arn = "${local.arn_prefix}:iam::${var.location.account_id}:policy/${var.name}-github-*"

  # They are the foundation's, so a person changes them; an apply only hands SageMaker's to SageMaker.
  foundation_roles = [for role in ["sagemaker", "flow-logs"] : "${local.arn_prefix}:iam::${var.location.account_id}:role/${var.name}-${role}"]

  log_groups = [
    for group in ["lambda/${var.name}-*", "vendedlogs/states/${var.name}-*", "sagemaker/Endpoints/${var.name}", "vpc/${var.name}"] :
    "${local.arn_prefix}:logs:${local.place}:log-group:/aws/${group}"
  ]

  bucket_arns = { for kind, bucket in { data = var.data_bucket, state = var.state_bucket } : kind => "${local.arn_prefix}:s3:::${bucket}" }

  # Compared with, and read by a plan: the model's manifest, what it answers, and what was applied before.
  compared = [for path in ["manifests/*", "models/*/evaluation.json", "releases/*"] : "${local.bucket_arns["data"]}/${path}"]

  read_statements = [
    {
      Sid    = "ReadFunctions"
      Effect = "Allow"
      Action = [
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetPolicy",
        "lambda:ListVersionsByFunction",
      ]
      Resource = [local.functions]
    },
    {
      Sid    = "ReadStateMachines"
      Effect = "Allow"
      Action = [
        "states:DescribeStateMachine",
        "states:ListStateMachineVersions",
        "states:ListTagsForResource",
      ]
      Resource = [local.state_machines]
    },
    {
      Sid    = "ReadModelsAndEndpoint"
      Effect = "Allow"
      Action = [
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListTags",
      ]
      Resource = concat([local.endpoint, local.packages], local.models)
    },
    {
      Sid      = "ReadQueues"
      Effect   = "Allow"
      Action   = ["sqs:GetQueueAttributes", "sqs:ListQueueTags"]
      Resource = [local.queues]
    },
    {
      Sid      = "ReadTopics"
      Effect   = "Allow"
      Action   = ["sns:GetTopicAttributes", "sns:ListTagsForResource"]
      Resource = [local.topics]
    },
    {
      Sid      = "ReadRules"
      Effect   = "Allow"
      Action   = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
      Resource = [local.rules]
    },
    {
      Sid      = "ReadAlarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"]
      Resource = [local.alarms, local.dashboard]
    },
    {
      Sid      = "ReadLogGroups"
      Effect   = "Allow"
      Action   = ["logs:ListTagsForResource"]
      Resource = local.log_groups
    },
    {
      Sid    = "ReadRoles"
      Effect = "Allow"
      Action = [
        "iam:GetOpenIDConnectProvider",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
      ]
      Resource = [local.roles_arn, local.own_policies_arn, local.provider_arn]
    },
    {
      Sid      = "ReadScaling"
      Effect   = "Allow"
      Action   = ["application-autoscaling:ListTagsForResource"]
      Resource = [local.targets]
    },
    {
      # AWS knows no narrower resource for any of these.
      Sid    = "ReadWhatHasNoName"
      Effect = "Allow"
      Action = [
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "ec2:DescribeFlowLogs",
        "ec2:DescribeManagedPrefixLists",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribePrefixLists",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "kms:ListAliases",
        "logs:DescribeLogGroups",
        "sns:GetSubscriptionAttributes",
        "states:ValidateStateMachineDefinition",
      ]
      Resource = ["*"]
    },
    {
      # Ids that EC2 gives; the lists are AWS's own.
      Sid    = "ReadNetwork"
      Effect = "Allow"
      Action = ["ec2:DescribeVpcAttribute", "ec2:GetManagedPrefixListEntries"]
      Resource = [
        "${local.arn_prefix}:ec2:${local.place}:vpc/*",
        "${local.arn_prefix}:ec2:${var.location.region}:*:prefix-list/*",
      ]
    },
    {
      Sid    = "ReadBuckets"
      Effect = "Allow"
      Action = [
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetBucketNotification",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
        "s3:ListBucket",
      ]
      Resource = values(local.bucket_arns)
    },
    {
      Sid      = "ReadKey"
      Effect   = "Allow"
      Action   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
      Resource = [var.kms_key_arn]
    },
    {
      Sid      = "ReadWhatIsCompared"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = concat(local.compared, ["${local.bucket_arns["state"]}/*.tfstate"])
    },
    {
      Sid       = "UseKeyThroughS3"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = ["s3.${var.location.region}.amazonaws.com"] } }
    },
    {
      # Lambda hides an environment from who may not decrypt it, and to Terraform that would look like a change.
      Sid       = "ReadEnvironments"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = ["lambda.${var.location.region}.amazonaws.com"] } }
    },
  ]

  plans_statements = [{
    # What was reviewed is handed over here. It can be put there and not be read again, nor changed unseen: the digest tells.
    Sid      = "HandOverPlans"
    Effect   = "Allow"
    Action   = ["s3:PutObject"]
    Resource = ["${local.bucket_arns["state"]}/plans/*"]
  }]
}
