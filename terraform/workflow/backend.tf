# Accounts keep their state in S3, locked by S3 itself. Bucket, key and region come from
# environments/<environment>.s3.tfbackend when the root is initialised, so that no environment is written here.
terraform {
  backend "s3" {
    use_lockfile = true

    # No encrypt: without a key of its own it asks for SSE-S3, and the bucket encrypts with the project's key by itself.
  }
}
