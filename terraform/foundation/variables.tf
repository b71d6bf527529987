variable "project" {
  description = "What every name starts with."
  type        = string
  default     = "scones"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.project))
    error_message = "project has 2 to 12 lowercase letters and digits, and starts with a letter."
  }
}

variable "environment" {
  description = "Which environment this is: local, dev, prod, or another one that has its own file of variables."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "environment has 2 to 10 lowercase letters and digits, and starts with a letter: names built from it have to fit AWS's limits."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's code, such as us-east-1."
  }
}

variable "allowed_account_ids" {
  description = "Accounts that may be changed; any, when the list is empty. Prod has to name its own."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.allowed_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "allowed_account_ids are account numbers of 12 digits."
  }

  validation {
    condition     = var.environment != "prod" || length(var.allowed_account_ids) > 0
    error_message = "prod names the accounts it may change in allowed_account_ids."
  }
}

variable "key_deletion_window_in_days" {
  description = "Days in which the deleted encryption key can be brought back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.key_deletion_window_in_days >= 7 && var.key_deletion_window_in_days <= 30 && floor(var.key_deletion_window_in_days) == var.key_deletion_window_in_days
    error_message = "key_deletion_window_in_days is a whole number from 7 to 30."
  }
}

variable "force_destroy_data" {
  description = "Whether destroying the foundation destroys the data, models and captures in its bucket."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = var.environment != "prod" || !var.force_destroy_data
    error_message = "prod keeps its data: force_destroy_data is false there."
  }
}

variable "data_retention" {
  description = <<-EOT
    What the data bucket throws away, and when; null keeps everything.
    - noncurrent_version_days: days that an overwritten or deleted version is kept.
    - expire_days: days that objects are kept, by prefix, such as { "data_capture/" = 90 }.
  EOT
  type = object({
    noncurrent_version_days = number
    expire_days             = optional(map(number), {})
  })
  default = null

  validation {
    condition     = var.data_retention == null ? true : alltrue([for prefix in keys(var.data_retention.expire_days) : !anytrue([for kept in local.kept_for_ever : startswith(prefix, kept)])])
    error_message = "data_retention.expire_days may not throw away ${join(", ", local.kept_for_ever)}: nothing can be trained, served or gone back to without them, and what people have labelled nobody labels again."
  }
}

variable "network" {
  description = <<-EOT
    A network without a way out, for functions and model; null leaves them in networks of AWS's own. It costs about 15 USD a
    month: one interface endpoint in each zone, whether anybody calls through it or not.
    - cidr: its addresses, a private range from /16 to /22.
    - zones: letters of its availability zones.
    - log_retention_days: days that refused connections are kept in its log.
  EOT
  type = object({
    cidr               = string
    zones              = optional(list(string), ["a", "b"])
    log_retention_days = optional(number, 30)
  })
  default = null

  validation {
    condition     = var.environment != "prod" || try(length(var.network.zones), 0) >= 2
    error_message = "prod runs in a network without a way out, over at least two zones: it has a network."
  }
}

variable "github" {
  description = <<-EOT
    Roles for jobs on GitHub: one that plans, one that applies; null makes none.
    - repository: as <owner>/<name>.
    - repository_ids: numbers of its owner and of itself, where GitHub puts them into the subject (modules/github-roles).
    - environment: environment on GitHub that a job has to run in to apply; null for one of this one's name.
    - branch: branch whose jobs may read as pull requests do, such as the daily look for drift; null for none.
    - provider_arn: GitHub's OIDC provider, where the account has one already; null makes it.
    - picture_prefixes: the workflow's, where they are others than its default.
  EOT
  type = object({
    repository       = string
    repository_ids   = optional(object({ owner = number, repository = number }))
    environment      = optional(string)
    branch           = optional(string, "main")
    provider_arn     = optional(string)
    picture_prefixes = optional(list(string), ["incoming/", "test/"])
  })
  default = null

  validation {
    condition     = var.github == null || var.state_bucket
    error_message = "github needs the state bucket: jobs hand plans over in it, and have no disk to keep a state on."
  }
}

variable "state_bucket" {
  description = "Whether to make the bucket that keeps Terraform's state."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Further tags of everything, such as a cost centre. Prod has CostCenter, Owner and Service among them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")]) && length(var.tags) <= 40
    error_message = "tags are at most 40, and their keys do not start with aws:, which AWS keeps for itself."
  }

  validation {
    condition     = var.environment != "prod" || length(setsubtract(["CostCenter", "Owner", "Service"], keys(var.tags))) == 0
    error_message = "prod says who pays and who answers for it: tags has CostCenter, Owner and Service there."
  }
}
