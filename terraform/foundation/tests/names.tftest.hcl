mock_provider "aws" {
  source = "../testing/aws"
}

variables {
  environment = "dev"
  region      = "eu-west-1"
}

run "names_follow_project_and_environment" {
  command = plan

  assert {
    condition     = output.data_bucket == "scones-dev-123456789012-eu-west-1"
    error_message = "The data bucket is named after project, environment, account and region."
  }

  assert {
    condition     = output.model_package_group_name == "scones-dev"
    error_message = "The model package group is named after project and environment."
  }
}
