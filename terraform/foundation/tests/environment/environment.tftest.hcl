# Run with the variable files of an environment:
#   terraform test -test-directory=tests/environment \
#     -var-file=../environments/prod.tfvars -var-file=../environments/foundation/prod.tfvars

mock_provider "aws" {
  source = "../testing/aws"
}

# EC2 chooses these ids. Known in the plan, they let the policies that name them be read.
override_resource {
  target          = module.network[0].aws_subnet.private
  override_during = plan
  values          = { id = "subnet-0123456789abcdef0" }
}

override_resource {
  target          = module.network[0].aws_security_group.this
  override_during = plan
  values          = { id = "sg-0123456789abcdef0" }
}

run "can_be_planned" {
  command = plan

  assert {
    condition     = output.data_bucket == "scones-${var.environment}-123456789012-${var.region}"
    error_message = "The bucket is the environment's own."
  }
}
