provider "aws" {
  region = var.region

  # The account that the foundation lies in and no other: a wrong profile stops here, before anything is planned.
  allowed_account_ids = [var.foundation.account_id]

  default_tags {
    tags = merge(var.tags, {
      Project     = var.project
      Environment = var.environment
      ManagedBy   = "terraform"
      Root        = "workflow"
    })
  }
}
