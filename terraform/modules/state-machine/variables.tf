variable "name" {
  description = "Name of the state machine, and of its role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "A state machine's name has at most 64 letters, digits, hyphens and underscores: its role has to bear it too."
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

variable "definition" {
  description = "The state machine in Amazon States Language, with every ARN filled in."
  type        = string
  nullable    = false

  validation {
    condition     = can(jsondecode(var.definition).States[jsondecode(var.definition).StartAt])
    error_message = "definition is JSON with States, and StartAt names one of them."
  }

  validation {
    condition     = !can(regex("[$][{]", var.definition))
    error_message = "definition still holds a placeholder that nobody filled in."
  }
}

variable "permissions" {
  description = <<-EOT
    What the role may do beyond logs and traces: one statement a purpose.
    - sid: the purpose, in CamelCase.
    - actions: each by its full name.
    - resources: ARNs; the whole account is none.
    - conditions: operator to key to values, as in a policy.
  EOT
  type = list(object({
    sid        = string
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))), {})
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue(flatten([for statement in var.permissions : [for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]]))
    error_message = "Every action in permissions is named in full, such as s3:GetObject, without a wildcard."
  }

  validation {
    condition     = alltrue(flatten([for statement in var.permissions : [for resource in statement.resources : startswith(resource, "arn:")]]))
    error_message = "Every resource in permissions is an ARN: * alone would be everything in the account."
  }

  validation {
    condition     = alltrue([for statement in var.permissions : length(statement.actions) > 0 && length(statement.resources) > 0 && can(regex("^[A-Za-z0-9]+$", statement.sid))])
    error_message = "Every statement in permissions has a sid of letters and digits, at least one action and at least one resource."
  }
}

variable "log_retention_days" {
  description = "Days that log events are kept."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is a retention that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653. For ever is none of them."
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

variable "log_level" {
  description = "Which events are logged: ALL, ERROR, FATAL or OFF."
  type        = string
  default     = "ALL"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ERROR", "FATAL", "OFF"], var.log_level)
    error_message = "log_level is ALL, ERROR, FATAL or OFF."
  }
}

variable "log_execution_data" {
  description = "Whether inputs and outputs are logged too. They hold the picture: large, and somebody's."
  type        = bool
  default     = false
  nullable    = false
}

variable "tracing" {
  description = "Whether X-Ray records every execution."
  type        = bool
  default     = true
  nullable    = false
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
