variable "name" {
  description = "Name of the network, and what the names of everything in it start with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,50}$", var.name))
    error_message = "The network's name has 2 to 51 lowercase letters, digits and hyphens, and starts with a letter: a role is named after it."
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

variable "cidr" {
  description = "Addresses of the network. Each zone gets a sixteenth of them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.", var.cidr)) && can(cidrnetmask(var.cidr))
    error_message = "cidr is a private range of addresses, such as 10.40.0.0/20."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr is a /16 to a /22: a smaller one leaves a zone too few addresses for a blue/green deployment, a larger one is none in AWS."
  }
}

variable "zones" {
  description = "Letters of the availability zones."
  type        = list(string)
  default     = ["a", "b"]
  nullable    = false

  validation {
    condition     = length(var.zones) >= 2 && length(distinct(var.zones)) == length(var.zones) && alltrue([for letter in var.zones : can(regex("^[a-f]$", letter))])
    error_message = "zones are at least two different letters from a to f: one zone alone would take everything down with it."
  }
}

variable "bucket_arn" {
  description = "The one bucket that can be reached from inside."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9.-]+$", var.bucket_arn))
    error_message = "bucket_arn is the ARN of one bucket, without a path."
  }
}

variable "endpoint_name" {
  description = "The one SageMaker endpoint that can be asked from inside."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.endpoint_name)) && length(var.endpoint_name) <= 63
    error_message = "An endpoint's name has at most 63 letters, digits and hyphens, and neither starts nor ends with a hyphen."
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
  description = "Key that encrypts the flow logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a KMS key, not its id or alias."
  }
}
