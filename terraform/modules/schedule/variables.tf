variable "name" {
  description = "Name of the rule; its dead-letter queue is <name>-dead-letter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The rule's name has at most 64 letters, digits, hyphens and underscores."
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

variable "function_name" {
  description = "Function that is called."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name is the name of a function, not its ARN."
  }
}

variable "expression" {
  description = "When it is called, in UTC: cron(15 * * * ? *), or rate(1 hour) counted from when the rule is made."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(rate\\([1-9][0-9]* (minute|hour|day)s?\\)|cron\\([^ ()]+( [^ ()]+){5}\\))$", var.expression))
    error_message = "expression is rate(<number> <minutes, hours or days>) or cron(<six fields>), as EventBridge knows them."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the dead-letter queue. Its own policy has to let EventBridge use it, which acts on its own behalf there."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key, not its id or alias."
  }
}

variable "opens_after" {
  description = "Something of each thing that has to be there before the first call, such as an id that is known once it exists. The values do not matter."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "retry" {
  description = <<-EOT
    How long EventBridge tries to reach the function before the call goes to the dead-letter queue.
    - maximum_age_seconds: 60 to 86400.
    - maximum_attempts: 0 to 185.
  EOT
  type = object({
    maximum_age_seconds = optional(number, 3600)
    maximum_attempts    = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retry.maximum_age_seconds >= 60 && var.retry.maximum_age_seconds <= 86400 && floor(var.retry.maximum_age_seconds) == var.retry.maximum_age_seconds
    error_message = "retry.maximum_age_seconds is a whole number from 60 to 86400."
  }

  validation {
    condition     = var.retry.maximum_attempts >= 0 && var.retry.maximum_attempts <= 185 && floor(var.retry.maximum_attempts) == var.retry.maximum_attempts
    error_message = "retry.maximum_attempts is a whole number from 0 to 185."
  }
}
