variable "name" {
  description = "Name of the role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "A role's name has at most 64 letters, digits and +=,.@_- characters."
  }
}

variable "location" {
  description = "Partition, region and account of the ARNs in the role's policies."
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

variable "bucket_arn" {
  description = "The bucket of data, models and captures."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9.-]+$", var.bucket_arn))
    error_message = "bucket_arn is the ARN of one bucket, without a path."
  }
}

variable "kms_key_arn" {
  description = "The key of that bucket and of the instances' volumes."
  type        = string
  nullable    = false
}

variable "endpoint_name" {
  description = "Name of the endpoint whose log group the role writes to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.endpoint_name)) && length(var.endpoint_name) <= 63
    error_message = "An endpoint's name has at most 63 letters, digits and hyphens, and neither starts nor ends with a hyphen."
  }
}

variable "readable_paths" {
  description = "Objects that training and serving read, as paths in the bucket; * stands for any characters. No test picture is among them."
  type        = list(string)
  default = [
    "train/*", "training.lst", "validation.lst",
    "background/train/*", "background_training.lst", "background_validation.lst",
    "models/*", "code/*", "checkpoints/*",
  ]
  nullable = false

  validation {
    condition     = length(var.readable_paths) > 0 && !contains(var.readable_paths, "*")
    error_message = "readable_paths names what is read; * alone would be the whole bucket."
  }
}

variable "writable_paths" {
  description = "Objects that training and data capture write, as paths in the bucket; * stands for any characters."
  type        = list(string)
  default     = ["models/*", "checkpoints/*", "data_capture/*"]
  nullable    = false

  validation {
    condition     = length(var.writable_paths) > 0 && !contains(var.writable_paths, "*")
    error_message = "writable_paths names what is written; * alone would be the whole bucket."
  }
}

variable "algorithm_repositories" {
  description = "ECR repositories of the algorithms that may be run, whichever account AWS keeps them in."
  type        = list(string)
  default     = ["image-classification", "pytorch-inference", "pytorch-training"]
  nullable    = false

  validation {
    condition     = length(var.algorithm_repositories) > 0 && alltrue([for repository in var.algorithm_repositories : can(regex("^[a-z0-9][a-z0-9._/-]+$", repository))])
    error_message = "algorithm_repositories names at least one repository, without wildcards."
  }
}

variable "network" {
  description = <<-EOT
    Where the model may run; null where it runs in SageMaker's own network.
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
