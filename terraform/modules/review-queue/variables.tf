variable "name" {
  description = "Name of the queue; its dead-letter queue is <name>-dead-letter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,68}$", var.name))
    error_message = "The queue's name has at most 68 letters, digits, hyphens and underscores: 80 with -dead-letter."
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

variable "kms_key_arn" {
  description = "Key that encrypts what this module stores."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key, not its id or alias."
  }
}

variable "retention_days" {
  description = "Days that a picture waits for a decision before its message is gone."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 14 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is a whole number from 1 to 14, which is as long as SQS keeps anything."
  }
}

variable "visibility_timeout_seconds" {
  description = "Seconds that a reviewer has for a decision before the message is shown to the next one."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.visibility_timeout_seconds >= 30 && var.visibility_timeout_seconds <= 43200 && floor(var.visibility_timeout_seconds) == var.visibility_timeout_seconds
    error_message = "visibility_timeout_seconds is a whole number from 30 to 43200."
  }
}

variable "dead_letter_after_receives" {
  description = "How often a message is shown before it goes to the dead-letter queue; 0 keeps it and makes no such queue."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.dead_letter_after_receives >= 0 && var.dead_letter_after_receives <= 1000 && floor(var.dead_letter_after_receives) == var.dead_letter_after_receives
    error_message = "dead_letter_after_receives is a whole number from 0 to 1000."
  }
}
