variable "name" {
  description = "Project and environment, as the names of everything start that may be changed; the roles are <name>-github-plan and <name>-github-apply."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)+$", var.name)) && length(var.name) <= 24
    error_message = "name is a project and an environment, such as scones-dev, of at most 24 lowercase letters, digits and hyphens: everything that is named so may be changed."
  }
}

variable "location" {
  description = "Partition, region and account of the ARNs that this module builds."
  type = object({
    partition  = string
    region     = string
    account_id = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.location.account_id))
    error_message = "location.account_id is an account number of 12 digits."
  }
}

variable "repository" {
  description = "Repository on GitHub whose jobs may act as the roles, as <owner>/<name>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository is one repository, such as example/routing, without a wildcard: any other could plan and apply too."
  }
}

variable "repository_ids" {
  description = "Numbers of the owner and of the repository, where GitHub puts them into the subject (repositories made since July 2026, and others that ask for it); null where it does not."
  type = object({
    owner      = number
    repository = number
  })
  default = null

  validation {
    condition     = var.repository_ids == null ? true : alltrue([for id in values(var.repository_ids) : id >= 1 && floor(id) == id])
    error_message = "repository_ids are whole numbers, as GitHub's API gives them for the owner and the repository."
  }
}

variable "environment" {
  description = "Environment on GitHub that a job has to run in to apply. Its protection rules say who has to agree."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$", var.environment))
    error_message = "environment is the name of one environment on GitHub, of letters, digits, hyphens and underscores."
  }
}

variable "branch" {
  description = "Branch whose jobs may read as the plan role too, such as the daily look for drift; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.branch == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.branch))
    error_message = "branch is the name of one branch, without a wildcard."
  }
}

variable "provider_arn" {
  description = "GitHub's OIDC provider in this account, where there is one already; null makes it. An account has one only."
  type        = string
  default     = null

  validation {
    condition     = var.provider_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.provider_arn))
    error_message = "provider_arn is the ARN of the OIDC provider token.actions.githubusercontent.com."
  }
}

variable "data_bucket" {
  description = "Bucket of data, models and releases."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.data_bucket))
    error_message = "data_bucket is the name of one bucket, without s3:// or a path."
  }
}

variable "picture_prefixes" {
  description = "Folders of the data bucket that no role which jobs make may read beyond; the workflow's picture_prefixes are among them."
  type        = list(string)
  default     = ["incoming/", "test/"]
  nullable    = false

  validation {
    condition     = length(var.picture_prefixes) > 0 && alltrue([for prefix in var.picture_prefixes : can(regex("^[A-Za-z0-9_-][A-Za-z0-9_/-]*/$", prefix))])
    error_message = "picture_prefixes are folders such as test/, without wildcards, and at least one."
  }
}

variable "state_bucket" {
  description = "Bucket of Terraform's state, and of plans on their way from one job to the next."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket is the name of one bucket, without s3:// or a path."
  }

  validation {
    condition     = var.state_bucket != var.data_bucket
    error_message = "state_bucket is not data_bucket: whoever may put plans there could put data."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts both buckets and what is deployed."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key, not its id or alias."
  }
}
