variable "name" {
  description = "Name of the key: its alias is alias/<name>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,62}$", var.name)) && !startswith(var.name, "aws")
    error_message = "The key's name has 2 to 63 lowercase letters, digits and hyphens, starts with a letter, and not with aws."
  }
}

variable "description" {
  description = "What the key encrypts, for whoever finds it in the console."
  type        = string
  nullable    = false
}

variable "location" {
  description = "Partition, region and account in which the key's policy names its principals."
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

variable "log_group_prefixes" {
  description = "What the names of the log groups start with that CloudWatch Logs may encrypt with this key."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.log_group_prefixes) > 0 && alltrue([for prefix in var.log_group_prefixes : can(regex("^/?[A-Za-z0-9][A-Za-z0-9_/.#-]{3,}$", prefix))])
    error_message = "log_group_prefixes names at least one prefix, each of four characters or more and without wildcards."
  }
}

variable "queue_prefixes" {
  description = "What the names of the queues start with that EventBridge may put undelivered events into, encrypted with this key."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.queue_prefixes) > 0 && alltrue([for prefix in var.queue_prefixes : can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{3,}$", prefix))])
    error_message = "queue_prefixes names at least one prefix, each of four characters or more and without wildcards."
  }
}

variable "deletion_window_in_days" {
  description = "Days in which a deleted key can be brought back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30 && floor(var.deletion_window_in_days) == var.deletion_window_in_days
    error_message = "deletion_window_in_days is a whole number from 7 to 30."
  }
}
