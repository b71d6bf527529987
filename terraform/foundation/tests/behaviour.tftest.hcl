mock_provider "aws" {
  source = "../testing/aws"
}

variables {
  environment = "dev"
  region      = "eu-west-1"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = output.data_bucket == "scones-dev-123456789012-eu-west-1"
    error_message = "The data bucket is named after project, environment, account and region."
  }

  assert {
    condition     = output.state_bucket == "scones-dev-state-123456789012-eu-west-1"
    error_message = "So is the state bucket, which is made unless it is declined."
  }

  assert {
    condition     = output.model_package_group_name == "scones-dev"
    error_message = "The model package group is named after project and environment."
  }

  assert {
    condition     = output.region == "eu-west-1" && output.account_id == "123456789012"
    error_message = "Region and account are handed on."
  }
}

run "has_a_network_when_told_to" {
  command = plan

  variables {
    network = { cidr = "10.40.0.0/20" }
  }

  assert {
    condition     = length(module.network) == 1
    error_message = "There is a network."
  }
}

run "has_roles_for_github_when_told_to" {
  command = plan

  variables {
    github = { repository = "example/routing" }
  }

  assert {
    condition     = output.github_role_arns == { plan = "arn:aws:iam::123456789012:role/scones-dev-github-plan", apply = "arn:aws:iam::123456789012:role/scones-dev-github-apply" }
    error_message = "One plans, one applies, in the environment of the same name."
  }

  assert {
    condition     = output.permissions_boundary_arn == "arn:aws:iam::123456789012:policy/scones-dev-github-boundary"
    error_message = "And the workflow's roles get a boundary."
  }
}

run "local_keeps_no_state_in_s3" {
  command = plan

  variables {
    state_bucket = false
  }

  assert {
    condition     = output.state_bucket == null
    error_message = "There is no state bucket."
  }

  assert {
    condition     = output.network == null
    error_message = "And no network, unless it is asked for."
  }

  assert {
    condition     = output.github_role_arns == null
    error_message = "Nor roles for GitHub."
  }

  assert {
    condition     = output.permissions_boundary_arn == null
    error_message = "Nor a boundary."
  }
}

run "hands_on_what_the_workflow_needs" {
  command = apply

  variables {
    network = { cidr = "10.40.0.0/20" }
  }

  assert {
    condition     = length(output.network.subnet_ids) == 2 && output.network.functions_security_group_id != output.network.model_security_group_id
    error_message = "Subnets in two zones, and a security group each for functions and model."
  }

  assert {
    condition     = can(regex("^arn:aws:kms:", output.kms_key_arn)) && can(regex("^arn:aws:iam:", output.sagemaker_role_arn))
    error_message = "Key and role are handed on by their ARNs."
  }
}
