# Run with the variable files of an environment:
#   terraform test -test-directory=tests/environment \
#     -var-file=../environments/prod.tfvars -var-file=../environments/workflow/prod.tfvars

mock_provider "aws" {
  source = "../testing/aws"
}

variables {
  packages_dir = "tests/packages"

  # The account is the one that prod.tfvars names until somebody puts in theirs.
  foundation = {
    region                   = "us-east-1"
    account_id               = "000000000000"
    data_bucket              = "scones-data"
    kms_key_arn              = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
    sagemaker_role_arn       = "arn:aws:iam::000000000000:role/sagemaker"
    model_package_group_name = "scones"

    network = {
      subnet_ids                  = ["subnet-a", "subnet-b"]
      functions_security_group_id = "sg-f"
      model_security_group_id     = "sg-m"
    }
  }

  model = {
    training_job_name = "job"
    image_uri         = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
    model_data_url    = "s3://scones-data/models/job/output/model.tar.gz"
    model_digest      = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    data_digest       = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  }
}

run "can_be_planned" {
  command = plan

  assert {
    condition     = output.endpoint_name == "scones-${var.environment}"
    error_message = "The endpoint is the environment's own."
  }
}
