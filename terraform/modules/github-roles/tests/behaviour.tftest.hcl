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

  # The plan role changes nothing but locks, and the folder of plans.
  assert {
    condition = toset([
      for action in flatten([for policy in ["read", "plans"] : [for statement in jsondecode(aws_iam_policy.this[policy].policy).Statement : statement.Action]]) :
      action if !can(regex("^[a-z0-9-]+:(Get|List|Describe|Validate)[A-Za-z]*$", action))
    ]) == toset(["s3:DeleteObject", "s3:PutObject", "kms:Decrypt", "kms:GenerateDataKey"])
    error_message = "All else is Get, List, Describe and Validate."
  }

  assert {
    condition = [
      for statement in flatten([for policy in ["read", "plans"] : [for statement in jsondecode(aws_iam_policy.this[policy].policy).Statement : statement]]) :
      statement.Resource if length(setintersection(statement.Action, ["s3:DeleteObject", "s3:PutObject"])) > 0
    ] == [["arn:aws:s3:::scones-dev-state-123456789012-eu-west-1/*.tflock"], ["arn:aws:s3:::scones-dev-state-123456789012-eu-west-1/plans/*"]]
    error_message = "It writes locks and plans, not the state."
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
    condition     = [for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Resource if statement.Effect == "Deny"] == [["arn:aws:iam::123456789012:role/scones-dev-github-*"]]
    error_message = "It cannot give itself more."
  }

  assert {
    condition = length(setsubtract(
      [for action in flatten([for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Action if statement.Effect == "Allow" && contains(statement.Resource, "arn:aws:iam::123456789012:role/scones-dev-*")]) : action if action != "iam:ListInstanceProfilesForRole"],
      flatten([for statement in jsondecode(aws_iam_policy.this["roles"].policy).Statement : statement.Action if statement.Effect == "Deny"]),
    )) == 0
    error_message = "Nothing that it may do to the project's roles is left open for its own."
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
    condition     = aws_iam_role.this["apply"].max_session_duration == 7200 && aws_iam_role.this["plan"].max_session_duration == 3600
    error_message = "Two hours to apply, one to plan."
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
