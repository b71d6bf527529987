variable "name" {
  description = "Name of the function, and of its role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "A function's name has at most 64 letters, digits, hyphens and underscores."
  }
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) > 0 && length(var.description) <= 256
    error_message = "A function's description has 1 to 256 characters."
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

variable "package_path" {
  description = "The function's zip. Its content decides whether the function changes; its date does not."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists(var.package_path)
    error_message = "There is no package at ${var.package_path}: run 'make package'."
  }
}

variable "handler" {
  description = "Module and function that Lambda calls."
  type        = string
  default     = "handler.handler"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_/]+\\.[A-Za-z0-9_]+$", var.handler))
    error_message = "handler is a module and a function in it, such as handler.handler."
  }
}

variable "runtime" {
  description = "Lambda's runtime."
  type        = string
  default     = "python3.12"
  nullable    = false

  validation {
    condition     = can(regex("^python3\\.1[1-9]$", var.runtime))
    error_message = "runtime is python3.11 or newer: the handlers use what it brought."
  }
}

variable "architecture" {
  description = "Processor: arm64 (cheaper; the packages hold Python alone) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "memory_mib" {
  description = "Memory, and with it processor time."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mib >= 128 && var.memory_mib <= 10240 && floor(var.memory_mib) == var.memory_mib
    error_message = "memory_mib is a whole number from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "After how long Lambda ends a call. The state machine's own timeout for the task has to be longer."
  type        = number
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is a whole number from 1 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Calls that may run at once, taken from the account's own limit; -1 leaves the function to share it."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.reserved_concurrency == -1 || (var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency)
    error_message = "reserved_concurrency is a whole number of at least 1, or -1 for none: 0 would switch the function off."
  }
}

variable "environment_variables" {
  description = "Environment variables. No secrets: they can be read in the console and in the state."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment_variables) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name)) && !startswith(name, "AWS_")])
    error_message = "An environment variable's name has letters, digits and underscores, and does not start with AWS_, which Lambda keeps for itself."
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

variable "tracing" {
  description = "Whether X-Ray records every call."
  type        = bool
  default     = true
  nullable    = false
}

variable "dead_letter_arn" {
  description = "Queue for the events of asynchronous calls that failed for good; null where the function is only called synchronously."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_arn == null ? true : can(regex("^arn:aws[a-z-]*:sqs:", var.dead_letter_arn))
    error_message = "dead_letter_arn is the ARN of an SQS queue."
  }
}

variable "network" {
  description = <<-EOT
    Where the function runs; null leaves it in Lambda's own network, which has a way out.
    - subnet_ids: subnets, in two zones or more.
    - security_group_ids: what it may talk to.
  EOT
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.network == null ? true : length(var.network.subnet_ids) >= 2 && length(var.network.security_group_ids) >= 1
    error_message = "network has at least two subnets, each in a zone of its own, and at least one security group."
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
