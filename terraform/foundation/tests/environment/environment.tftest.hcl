# Run with the variable files of an environment:
#   terraform test -test-directory=tests/environment \
#     -var-file=../environments/prod.tfvars -var-file=../environments/foundation/prod.tfvars

mock_provider "aws" {
  source = "../testing/aws"
}

run "can_be_planned" {
  command = plan

  assert {
    condition     = output.data_bucket == "scones-${var.environment}-123456789012-${var.region}"
    error_message = "The bucket is the environment's own."
  }
}
