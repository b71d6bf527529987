provider "aws" {
  region = var.region

  # A wrong profile stops here, before anything is planned. An empty list leaves it to whoever runs it.
  allowed_account_ids = length(var.allowed_account_ids) > 0 ? var.allowed_account_ids : null

  default_tags {
    tags = merge(var.tags, {
      Project     = var.project
      Environment = var.environment
      ManagedBy   = "terraform"
      Root        = "foundation"
    })
  }
}
