mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name = "scones-dev-sagemaker"
  location = {
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "123456789012"
  }
  bucket_arn    = "arn:aws:s3:::scones-dev"
  kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  endpoint_name = "scones-dev"
}

# A variable at a time would take a plan each. Here every variable is wrong at once, and each has to be refused
# on its own; what can be wrong in several ways has its turn in several runs.

run "refuses_the_first_of_each" {
  command = plan

  variables {
    # It refuses a name with spaces.
    name = "scones role"

    # It refuses an account that is none.
    location = {
      partition  = "aws"
      region     = "eu-west-1"
      account_id = "12345"
    }

    # It refuses a bucket given with a path.
    bucket_arn = "arn:aws:s3:::scones-dev/train"

    # It refuses an endpoint name that ends in a hyphen.
    endpoint_name = "scones-"

    # It refuses to read the whole bucket.
    readable_paths = ["*"]

    # It refuses to write the whole bucket.
    writable_paths = ["*"]

    # It refuses to run in a single zone.
    network = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-m"] }

    # It refuses every repository.
    algorithm_repositories = ["*"]
  }

  expect_failures = [
    var.name,
    var.location,
    var.bucket_arn,
    var.endpoint_name,
    var.readable_paths,
    var.writable_paths,
    var.network,
    var.algorithm_repositories,
  ]
}
