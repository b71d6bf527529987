variable "name" {
  description = "Name of the rule and of its role; its dead-letter queue is <name>-dead-letter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "The rule's name has at most 64 letters, digits, hyphens and underscores: its role has to bear it too."
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

variable "bucket_name" {
  description = "Bucket whose new objects are classified. It has to send its events to EventBridge."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name is the name of a bucket, without s3:// or a path."
  }
}

variable "prefix" {
  description = "What the keys of those objects start with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/].*/$", var.prefix))
    error_message = "prefix names a folder, such as incoming/: without one, models and captures would be classified too."
  }
}

variable "state_machine_arn" {
  description = "State machine that is started."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:", var.state_machine_arn))
    error_message = "state_machine_arn is the ARN of a state machine."
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

variable "paused" {
  description = "Whether nothing is classified for the time being. Objects that arrive meanwhile stay where they are, and no execution starts for them later."
  type        = bool
  default     = false
  nullable    = false
}

variable "opens_after" {
  description = "Something of each thing that has to be there before the first event is let through, such as an id that is known once it exists. The values do not matter."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "retry" {
  description = <<-EOT
    How long EventBridge tries to start an execution before the event goes to the dead-letter queue.
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

variable "permissions_boundary_arn" {
  description = "Policy that says the most that the role may ever do, whatever its own says; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of a managed policy of this account."
  }
}
