variable "name" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket's name has 3 to 63 lowercase letters, digits and hyphens, and neither starts nor ends with a hyphen."
  }
}

variable "partition" {
  description = "Partition of the bucket's ARN: aws, aws-cn, aws-us-gov."
  type        = string
  default     = "aws"
  nullable    = false

  validation {
    condition     = can(regex("^aws(-[a-z]+)*$", var.partition))
    error_message = "partition is aws, aws-cn, aws-us-gov or another partition of AWS."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts every object."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key, not its id or alias."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket destroys what is in it. Never where the data matter."
  type        = bool
  default     = false
  nullable    = false
}

variable "notify_eventbridge" {
  description = "Whether EventBridge hears of every object that is created or removed."
  type        = bool
  default     = false
  nullable    = false
}

variable "retention" {
  description = <<-EOT
    What is thrown away, and when; null keeps everything.
    - noncurrent_version_days: days that an overwritten or deleted version is kept.
    - expire_days: days that objects are kept, by prefix. A prefix that is not named is kept for ever.
  EOT
  type = object({
    noncurrent_version_days = number
    expire_days             = optional(map(number), {})
  })
  default = null

  validation {
    condition     = var.retention == null ? true : alltrue([for days in concat([var.retention.noncurrent_version_days], values(var.retention.expire_days)) : days >= 1 && floor(days) == days])
    error_message = "Every number of days in retention is whole and at least 1."
  }

  validation {
    condition     = var.retention == null ? true : alltrue([for prefix in keys(var.retention.expire_days) : can(regex("^[^/].*/$", prefix))])
    error_message = "A prefix in retention.expire_days names a folder, such as data_capture/: an empty one would expire the whole bucket."
  }
}
