# GitHub signs a token for each job that says which repository, event and environment it runs for. AWS lends a role for it, so
# no key of this account lies in GitHub. Who may ask is said by the whole subject, never by a part of it.
locals {
  arn_prefix = "arn:${var.location.partition}"
  place      = "${var.location.region}:${var.location.account_id}"

  issuer       = "token.actions.githubusercontent.com"
  provider_arn = coalesce(var.provider_arn, "${local.arn_prefix}:iam::${var.location.account_id}:oidc-provider/${local.issuer}")

  owner      = split("/", var.repository)[0]
  repository = split("/", var.repository)[1]

  # A repository's name can be given up and taken by somebody else; its number cannot. GitHub puts the numbers into the
  # subject of repositories that were made since July 2026, and of others that ask for it.
  claim = (
    var.repository_ids == null
    ? "repo:${local.owner}/${local.repository}"
    : "repo:${local.owner}@${var.repository_ids.owner}/${local.repository}@${var.repository_ids.repository}"
  )

  names = { for job in ["plan", "apply"] : job => "${var.name}-github-${job}" }

  roles = {
    plan = {
      description = "What pull requests of ${var.repository} plan ${var.name} as: it reads"
      subjects    = concat(["${local.claim}:pull_request"], [for branch in var.branch[*] : "${local.claim}:ref:refs/heads/${branch}"])
      seconds     = 3600
      policies    = ["read", "plans"]
    }

    apply = {
      description = "What ${var.repository} applies ${var.name} as, in its environment ${var.environment}"
      subjects    = ["${local.claim}:environment:${var.environment}"]
      seconds     = 21600 # as long as a job on GitHub may run: an apply that loses its credentials leaves half a state
      policies    = ["read", "write", "roles", "state"]
    }
  }

  policies = {
    read  = { statements = local.read_statements, description = "Reads what ${var.name} is made of" }
    plans = { statements = local.plans_statements, description = "Hands over plans of ${var.name}" }
    write = { statements = local.write_statements, description = "Changes what ${var.name} is made of" }
    roles = { statements = local.role_statements, description = "Changes the roles of ${var.name}, and hands them to services" }
    state = { statements = local.state_statements, description = "Takes plans of ${var.name}, locks and writes its state, and keeps its releases" }
  }

  # The same reading belongs to both, so it is one policy.
  attachments = merge([
    for job, role in local.roles : { for concern in role.policies : "${job}-${concern}" => { job = job, concern = concern } }
  ]...)
}

# An account has one for each issuer.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = local.names[each.key]
  description          = each.value.description
  max_session_duration = each.value.seconds

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "GitHub"
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value.subjects
        }
      }
    }]
  })

  # IAM refuses a trust in a provider that is not there.
  depends_on = [aws_iam_openid_connect_provider.github]
}

# Policies of our own, because what stands in a role itself may have 10,240 characters in all, and an apply's has more.
resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name}-github-${each.key}"
  description = each.value.description
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })

  lifecycle {
    precondition {
      condition     = length(jsonencode({ Version = "2012-10-17", Statement = each.value.statements })) <= 6144
      error_message = "The policy ${var.name}-github-${each.key} has more than the 6,144 characters that IAM allows."
    }
  }
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.attachments

  role       = aws_iam_role.this[each.value.job].name
  policy_arn = "${local.arn_prefix}:iam::${var.location.account_id}:policy/${var.name}-github-${each.value.concern}"

  # Known before it exists, so it has to be said that it has to.
  depends_on = [aws_iam_policy.this]
}
