mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  repository   = "example/routing"
  environment  = "dev"
  data_bucket  = "scones-dev-123456789012-eu-west-1"
  state_bucket = "scones-dev-state-123456789012-eu-west-1"
  kms_key_arn  = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  # It trusts jobs of one repository, each by its whole subject.
  assert {
    condition     = { for job, role in aws_iam_role.this : job => jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == { plan = ["repo:example/routing:pull_request"], apply = ["repo:example/routing:environment:dev"] }
    error_message = "Pull requests may read; only jobs of the environment may apply."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com" && keys(jsondecode(role.assume_role_policy).Statement[0].Condition) == ["StringEquals"] && length(jsondecode(role.assume_role_policy).Statement) == 1])
    error_message = "Tokens made for AWS, compared in full."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1 && aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com"
    error_message = "It makes the provider."
  }

  assert {
    condition     = output.plan_role_arn == "arn:aws:iam::123456789012:role/scones-dev-github-plan" && output.apply_role_arn == "arn:aws:iam::123456789012:role/scones-dev-github-apply"
    error_message = "Both ARNs are known in the first plan."
  }

  # The plan role changes nothing but the folder of plans.
  assert {
    condition = toset([
      for action in flatten([for policy in ["read", "plans"] : [for statement in jsondecode(aws_iam_policy.this[policy].policy).Statement : statement.Action]]) :
      action if !can(regex("^[a-z0-9-]+:(Get|List|Describe|Validate)[A-Za-z]*$", action))
    ]) == toset(["s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"])
    error_message = "All else is Get, List, Describe and Validate."
  }

  assert {
    condition = [
      for statement in flatten([for policy in ["read", "plans"] : [for statement in jsondecode(aws_iam_policy.this[policy].policy).Statement : statement]]) :
      statement.Resource if length(setintersection(statement.Action, ["s3:DeleteObject", "s3:PutObject"])) > 0
    ] == [["arn:aws:s3:::scones-dev-state-123456789012-eu-west-1/plans/*"]]
    error_message = "It writes plans, neither the state nor its lock."
  }

  # Of the data neither sees the pictures.
  assert {
    condition = toset(flatten([
      for policy in aws_iam_policy.this : [
        for statement in jsondecode(policy.policy).Statement : [
          for resource in statement.Resource : trimprefix(resource, "arn:aws:s3:::scones-dev-123456789012-eu-west-1/") if startswith(resource, "arn:aws:s3:::scones-dev-123456789012-eu-west-1/")
        ]
      ]
    ])) == toset(["manifests/*", "models/*/evaluation.json", "releases/*"])
    error_message = "What a plan compares with, and the releases."
  }

  # Everything but what has no name is this environment's own.
  assert {
    condition     = toset(flatten([for policy in aws_iam_policy.this : [for statement in jsondecode(policy.policy).Statement : statement.Sid if contains(statement.Resource, "*")]])) == toset(["ReadWhatHasNoName", "Unsubscribe"])
    error_message = "The whole account is open only where AWS knows no narrower resource."
  }

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_policy.this : [
        for statement in jsondecode(policy.policy).Statement : [
          for resource in statement.Resource : can(regex("scones-dev[-/:*]|scones-dev$|:key/|:vpc/|:prefix-list/|:scalable-target/|:oidc-provider/|/aws-service-role/", resource)) || resource == "*"
        ]
      ]
    ]))
    error_message = "No other name stands in any of them: scones-dev2 is another environment."
  }

  assert {
    condition     = alltrue(flatten([for policy in aws_iam_policy.this : [for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]]]))
    error_message = "Every action is named in full."
  }

  # The apply role hands roles to services, and keeps off its own.
  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement if statement.Sid == "PassRoles"][0].Condition.StringEquals["iam:PassedToService"] == ["events.amazonaws.com", "lambda.amazonaws.com", "sagemaker.amazonaws.com", "states.amazonaws.com"]
    error_message = "To these four services."
  }

  assert {
    condition     = { for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Sid => statement.Resource if statement.Effect == "Deny" } == { KeepOutOfOtherRoles = ["arn:aws:iam::123456789012:role/scones-dev-github-*", "arn:aws:iam::123456789012:role/scones-dev-sagemaker", "arn:aws:iam::123456789012:role/scones-dev-flow-logs"], PassNoOwnRole = ["arn:aws:iam::123456789012:role/scones-dev-github-*"], KeepBoundary = ["arn:aws:iam::123456789012:policy/scones-dev-github-*", "arn:aws:iam::123456789012:role/scones-dev-*"] }
    error_message = "It can give itself no more, nor the foundation's roles, nor take a boundary away."
  }

  assert {
    condition = length(setsubtract(
      [for action in flatten([for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Action if statement.Effect == "Allow" && contains(statement.Resource, "arn:aws:iam::123456789012:role/scones-dev-*")]) : action if action != "iam:ListInstanceProfilesForRole"],
      flatten([for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Action if statement.Effect == "Deny" && contains(statement.Resource, "arn:aws:iam::123456789012:role/scones-dev-github-*")]),
    )) == 0
    error_message = "Nothing that it may do to the project's roles is left open for its own."
  }

  # A role that it makes or gives power has the boundary.
  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Action if statement.Effect == "Allow" && try(statement.Condition, null) == { ArnEquals = { "iam:PermissionsBoundary" = [output.permissions_boundary_arn] } }])) == toset(["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"])
    error_message = "Each of these asks for it."
  }

  assert {
    condition = length(setintersection(
      flatten([for policy in aws_iam_policy.this : [for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow" && try(statement.Condition, null) == null]]),
      ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
    )) == 0
    error_message = "And nothing allows them without."
  }

  assert {
    condition     = aws_iam_policy.boundary.name == "scones-dev-github-boundary" && output.permissions_boundary_arn == "arn:aws:iam::123456789012:policy/scones-dev-github-boundary"
    error_message = "The boundary bears a name that the apply role keeps out of."
  }

  assert {
    condition     = length(aws_iam_policy.boundary.policy) <= 6144
    error_message = "It has more characters than IAM allows."
  }

  # The boundary is this environment's, and never one to more power.
  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Action if statement.Effect == "Deny"] == [["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"]]
    error_message = "Neither roles nor the account, nor another role."
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : [for action in statement.Action : can(regex("^(s3:(Get|List)|s3:PutObject$|kms:(Decrypt|GenerateDataKey)$|lambda:Invoke|sagemaker:Invoke|sns:Publish$|sqs:Send|states:Start|logs:|ec2:|xray:)[A-Za-z]*$", action))] if statement.Effect == "Allow"]))
    error_message = "What the workflow's roles do, each action in full."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid if statement.Effect == "Allow" && contains(statement.Resource, "*")] == ["DoWhatHasNoName"]
    error_message = "The whole account is open only where AWS knows no narrower resource."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Resource if statement.Sid == "ReadPictures"] == [[for folder in ["incoming", "test"] : "arn:aws:s3:::scones-dev-123456789012-eu-west-1/${folder}/*"]]
    error_message = "Pictures may be read; models and the training set not."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Resource if statement.Effect == "Allow" && contains(statement.Action, "s3:PutObject")] == [["arn:aws:s3:::scones-dev-123456789012-eu-west-1/drift/*"]]
    error_message = "Reports on drift may be written; nothing else."
  }

  # What holds and guards the data is not for it to change.
  assert {
    condition = length([
      for action in flatten([for policy in aws_iam_policy.this : [for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow"]]) : action
      if can(regex("^(s3:.*Bucket|s3:Put[A-Z].*Configuration|kms:(Put|Schedule|Disable|Delete|Update)|ec2:(Create|Delete|Modify)|iam:Attach|iam:Create(User|Policy)|sagemaker:DeleteModelPackage)", action)) && !can(regex("^s3:(Get|List)", action))
    ]) == 0
    error_message = "Neither buckets nor key nor network, and it attaches no policies."
  }

  assert {
    condition     = { for key, attachment in aws_iam_role_policy_attachment.this : key => attachment.policy_arn if endswith(key, "-read") } == { plan-read = "arn:aws:iam::123456789012:policy/scones-dev-github-read", apply-read = "arn:aws:iam::123456789012:policy/scones-dev-github-read" }
    error_message = "Both read alike."
  }

  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.this : attachment.policy_arn if attachment.role == "scones-dev-github-plan"]) == toset(["arn:aws:iam::123456789012:policy/scones-dev-github-read", "arn:aws:iam::123456789012:policy/scones-dev-github-plans"])
    error_message = "The plan role has no other policy."
  }

  # A guarded deployment is waited for.
  assert {
    condition     = aws_iam_role.this["apply"].max_session_duration == 21600 && aws_iam_role.this["plan"].max_session_duration == 3600
    error_message = "Six hours to apply, as long as a job may run; one to plan."
  }
}

run "knows_a_repository_by_its_numbers" {
  command = plan

  variables {
    repository_ids = { owner = 1001, repository = 2002 }
    branch         = "main"
  }

  assert {
    condition     = { for job, role in aws_iam_role.this : job => jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == { plan = ["repo:example@1001/routing@2002:pull_request", "repo:example@1001/routing@2002:ref:refs/heads/main"], apply = ["repo:example@1001/routing@2002:environment:dev"] }
    error_message = "Numbers stand beside the names, and the branch may read as pull requests do."
  }
}

run "uses_the_accounts_provider" {
  command = plan

  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && jsondecode(aws_iam_role.this["plan"].assume_role_policy).Statement[0].Principal.Federated == var.provider_arn
    error_message = "An account has one."
  }
}
