# What an apply may make, change and take away: this project's things in this environment, which are told by their names.
#
# Not among it, and so a person's business: what holds and guards the data (buckets, key, model package group), for whoever may
# write a bucket's or a key's policy can open it to themselves; what has no name to tell it by (the network); the foundation's
# roles, which have no boundary; and the two roles, their policies and their provider themselves.
locals {
  write_statements = [
    {
      Sid    = "ChangeFunctions"
      Effect = "Allow"
      Action = [
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:PutFunctionConcurrency",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ]
      Resource = [local.functions]
    },
    {
      # Only rules may be let in to call a function: not everybody, and no other account.
      Sid      = "LetRulesCallFunctions"
      Effect   = "Allow"
      Action   = ["lambda:AddPermission"]
      Resource = [local.functions]

      Condition = {
        StringEquals = { "lambda:Principal" = "events.amazonaws.com" }
      }
    },
    {
      Sid    = "ChangeStateMachines"
      Effect = "Allow"
      Action = [
        "states:CreateStateMachine",
        "states:DeleteStateMachine",
        "states:TagResource",
        "states:UntagResource",
        "states:UpdateStateMachine",
      ]
      Resource = [local.state_machines]
    },
    {
      # Application Auto Scaling asks whether whoever sets the scaling up may scale.
      Sid    = "ChangeModelsAndEndpoint"
      Effect = "Allow"
      Action = [
        "sagemaker:AddTags",
        "sagemaker:CreateEndpoint",
        "sagemaker:CreateEndpointConfig",
        "sagemaker:CreateModel",
        "sagemaker:DeleteEndpoint",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "sagemaker:DeleteTags",
        "sagemaker:UpdateEndpoint",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
      ]
      Resource = concat([local.endpoint], local.models)
    },
    {
      # A scaling target has a number for a name, which AWS gives it.
      Sid    = "ChangeScaling"
      Effect = "Allow"
      Action = [
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:RegisterScalableTarget",
      ]
      Resource  = [local.targets]
      Condition = { StringEquals = { "application-autoscaling:service-namespace" = ["sagemaker"] } }
    },
    {
      Sid      = "TagScaling"
      Effect   = "Allow"
      Action   = ["application-autoscaling:TagResource", "application-autoscaling:UntagResource"]
      Resource = [local.targets]
    },
    {
      Sid    = "ChangeQueues"
      Effect = "Allow"
      Action = [
        "sqs:CreateQueue",
        "sqs:DeleteQueue",
        "sqs:SetQueueAttributes",
        "sqs:TagQueue",
        "sqs:UntagQueue",
      ]
      Resource = [local.queues]
    },
    {
      Sid    = "ChangeTopics"
      Effect = "Allow"
      Action = [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:UntagResource",
      ]
      Resource = [local.topics]
    },
    {
      # SNS knows no narrower resource for it.
      Sid      = "Unsubscribe"
      Effect   = "Allow"
      Action   = ["sns:Unsubscribe"]
      Resource = ["*"]
    },
    {
      Sid    = "ChangeRules"
      Effect = "Allow"
      Action = [
        "events:DeleteRule",
        "events:PutRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "events:TagResource",
        "events:UntagResource",
      ]
      Resource = [local.rules]
    },
    {
      # Application Auto Scaling makes alarms of its own for the endpoint, as whoever sets the scaling up.
      Sid    = "ChangeAlarms"
      Effect = "Allow"
      Action = [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DeleteDashboards",
        "cloudwatch:PutDashboard",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ]
      Resource = [local.alarms, local.dashboard, "${local.arn_prefix}:cloudwatch:${local.place}:alarm:TargetTracking-endpoint/${var.name}/*"]
    },
    {
      Sid    = "ChangeLogGroups"
      Effect = "Allow"
      Action = [
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ]
      Resource = local.log_groups
    },
    {
      # What is encrypted with the key is handed on to AWS's services by grants.
      Sid       = "LendKey"
      Effect    = "Allow"
      Action    = ["kms:CreateGrant"]
      Resource  = [var.kms_key_arn]
      Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    },
    {
      Sid       = "EncryptEnvironments"
      Effect    = "Allow"
      Action    = ["kms:Encrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = ["lambda.${var.location.region}.amazonaws.com"] } }
    },
  ]

  role_statements = [
    {
      # Whatever gives a role power asks that it has the boundary.
      Sid    = "ChangeRoles"
      Effect = "Allow"
      Action = [
        "iam:CreateRole",
        "iam:DeleteRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
      ]
      Resource  = [local.roles_arn]
      Condition = { ArnEquals = { "iam:PermissionsBoundary" = [local.boundary_arn] } }
    },
    {
      Sid    = "DescribeAndRemoveRoles"
      Effect = "Allow"
      Action = [
        "iam:DeleteRole",
        "iam:ListInstanceProfilesForRole",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ]
      Resource = [local.roles_arn]
    },
    {
      Sid      = "PassRoles"
      Effect   = "Allow"
      Action   = ["iam:PassRole"]
      Resource = [local.roles_arn]
      Condition = {
        StringEquals = {
          "iam:PassedToService" = [for service in ["events", "lambda", "sagemaker", "states"] : "${service}.amazonaws.com"]
        }
      }
    },
    {
      # What scales endpoints acts as a role of AWS's own, which the first one in an account brings about.
      Sid       = "MakeScalingRole"
      Effect    = "Allow"
      Action    = ["iam:CreateServiceLinkedRole"]
      Resource  = ["${local.arn_prefix}:iam::${var.location.account_id}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*"]
      Condition = { StringEquals = { "iam:AWSServiceName" = ["sagemaker.application-autoscaling.amazonaws.com"] } }
    },
    {
      # Whoever could change these would decide what an apply may do, or what the foundation's services may.
      Sid    = "KeepOutOfOtherRoles"
      Effect = "Deny"
      Action = [
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ]
      Resource = concat([local.own_roles_arn], local.foundation_roles)
    },
    {
      Sid      = "PassNoOwnRole"
      Effect   = "Deny"
      Action   = ["iam:PassRole"]
      Resource = [local.own_roles_arn]
    },
    {
      # No statement allows any of these; no other policy that the role may get shall, either.
      Sid    = "KeepBoundary"
      Effect = "Deny"
      Action = [
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
        "iam:SetDefaultPolicyVersion",
      ]
      Resource = [local.own_policies_arn, local.roles_arn]
    },
  ]

  state_statements = [
    {
      Sid      = "LockState"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      Resource = ["${local.bucket_arns["state"]}/*.tflock"]
    },
    {
      Sid      = "WriteState"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${local.bucket_arns["state"]}/*.tfstate"]
    },
    {
      Sid      = "TakePlans"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.bucket_arns["state"]}/plans/*"]
    },
    {
      # What was applied is kept, so that one can go back to it.
      Sid      = "KeepReleases"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:PutObject"]
      Resource = ["${local.bucket_arns["data"]}/releases/*"]
    },
  ]
}
