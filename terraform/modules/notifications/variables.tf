variable "name" {
  description = "Name of the topic."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "The topic's name has at most 256 letters, digits, hyphens and underscores."
  }
}

variable "display_name" {
  description = "Who the messages are from, as mail programs show it."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.display_name) > 0 && length(var.display_name) <= 100
    error_message = "display_name has 1 to 100 characters."
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

variable "email" {
  description = "Address that gets every notification; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.email))
    error_message = "email is an address such as routing@example.com."
  }
}
