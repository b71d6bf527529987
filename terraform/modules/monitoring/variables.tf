variable "name" {
  description = "What the names of the alarms start with, and the name of the dashboard."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.name))
    error_message = "name has at most 128 letters, digits, hyphens and underscores."
  }
}

variable "region" {
  description = "Region whose metrics the dashboard shows."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's code, such as us-east-1."
  }
}

variable "state_machine_arn" {
  description = "State machine that is watched."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:", var.state_machine_arn))
    error_message = "state_machine_arn is the ARN of a state machine."
  }
}

variable "functions" {
  description = <<-EOT
    Functions that are watched, by a short label for the alarms' names.
    - name: name of the function.
    - fails_on_purpose: whether an error of it is an answer, and so no reason for an alarm.
  EOT
  type = map(object({
    name             = string
    fails_on_purpose = optional(bool, false)
  }))
  nullable = false

  validation {
    condition     = length(var.functions) > 0 && alltrue([for label in keys(var.functions) : can(regex("^[A-Za-z0-9_-]{1,64}$", label))])
    error_message = "functions names at least one function, under a label of letters, digits, hyphens and underscores."
  }
}

variable "review_queue_name" {
  description = "Queue of the pictures that wait for a decision."
  type        = string
  nullable    = false
}

variable "dead_letter_queue_names" {
  description = "Dead-letter queues, by a short label for the alarms' names."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for label in keys(var.dead_letter_queue_names) : can(regex("^[A-Za-z0-9_-]{1,64}$", label))])
    error_message = "dead_letter_queue_names has labels of letters, digits, hyphens and underscores."
  }
}

variable "endpoint" {
  description = "Endpoint and variant that the dashboard shows. Its alarms are its own: they roll its deployments back."
  type = object({
    name         = string
    variant_name = string
  })
  nullable = false
}

variable "thresholds" {
  description = <<-EOT
    From when on somebody should look.
    - unplanned_failures: executions in five minutes that fail for another reason than low confidence.
    - function_errors: errors of one function in five minutes.
    - review_age_hours: how long a picture may wait for a decision.
    - review_share_percent: share of an hour's pictures that may be too doubtful.
    - mean_confidence: what the mean confidence of an hour's answers should not fall below.
    - out_of_domain_percent: share of a drift report's pictures that may be unlike those of the training.
  EOT
  type = object({
    unplanned_failures    = optional(number, 1)
    function_errors       = optional(number, 1)
    review_age_hours      = optional(number, 24)
    review_share_percent  = optional(number, 50)
    mean_confidence       = optional(number, 0.7)
    out_of_domain_percent = optional(number, 25)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for number in values(var.thresholds) : number > 0])
    error_message = "Every number in thresholds is above 0: an alarm at 0 is always on."
  }

  validation {
    condition     = var.thresholds.review_share_percent < 100 && var.thresholds.out_of_domain_percent < 100
    error_message = "thresholds.review_share_percent and thresholds.out_of_domain_percent are below 100: no share is above it, and the alarm would never go off."
  }

  validation {
    condition     = var.thresholds.mean_confidence < 1
    error_message = "thresholds.mean_confidence is below 1: no confidence is above it, and the alarm would always be on."
  }
}

variable "drift" {
  description = <<-EOT
    The alarms on drift; null where nothing compares captures with a baseline.
    - period_seconds: over how long they look for a report. The worst report of a period counts, and without one they stay as they are.
  EOT
  type = object({
    period_seconds = optional(number, 300)
  })
  default = null

  validation {
    condition     = var.drift == null ? true : var.drift.period_seconds >= 60 && var.drift.period_seconds <= 86400 && var.drift.period_seconds % 60 == 0
    error_message = "drift.period_seconds is a multiple of 60 from 60 to 86400: CloudWatch keeps these metrics by the minute."
  }
}

variable "dashboard" {
  description = "Whether to make the dashboard. AWS asks about 3 USD a month for one beyond the first three."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_actions" {
  description = "ARNs that are told when an alarm goes off and when it is over."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:")])
    error_message = "alarm_actions are ARNs, such as that of an SNS topic."
  }
}
