# Accounts keep their state in S3, locked by S3 itself. Bucket, key and region come from
# environments/<environment>.s3.tfbackend when the root is initialised, so that no environment is written here.
terraform {
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
