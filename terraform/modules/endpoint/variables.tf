variable "name" {
  description = "Name of the endpoint."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name)) && length(var.name) <= 36
    error_message = "The endpoint's name has at most 36 letters, digits and hyphens, and neither starts nor ends with a hyphen: models and configurations are named after it."
  }
}

variable "role_arn" {
  description = "Role that reads the model, pulls the image, and writes captures, logs and metrics."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/", var.role_arn))
    error_message = "role_arn is the ARN of a role."
  }
}

variable "model" {
  description = <<-EOT
    What is served.
    - image_uri: the algorithm's image.
    - model_data_url: model.tar.gz in S3.
    - digest: SHA-256 of model.tar.gz; another one is another model, wherever it lies.
    - environment: environment variables of its container, which decide what it runs.
    - tags: what the model should be found by.
  EOT
  type = object({
    image_uri      = string
    model_data_url = string
    digest         = string
    environment    = optional(map(string), {})
    tags           = optional(map(string), {})
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[a-z0-9][a-z0-9._/-]*(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", var.model.image_uri))
    error_message = "model.image_uri is an image in ECR with its tag or digest."
  }

  validation {
    condition     = can(regex("^s3://[a-z0-9][a-z0-9.-]+/.+\\.tar\\.gz$", var.model.model_data_url))
    error_message = "model.model_data_url is a model.tar.gz in S3, such as s3://bucket/models/job/output/model.tar.gz."
  }

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.model.digest))
    error_message = "model.digest is a SHA-256 in 64 hexadecimal digits."
  }

  validation {
    condition     = length(var.model.environment) <= 100 && alltrue([for name, value in var.model.environment : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", name)) && length(name) <= 1024 && length(value) <= 1024])
    error_message = "model.environment has at most 100 variables, named with letters, digits and underscores, of at most 1,024 characters each, as SageMaker takes them."
  }
}

variable "paused" {
  description = "Whether the endpoint and its scaling are left out, which is what costs by the hour. Model, configuration, alarms and log group stay."
  type        = bool
  default     = false
  nullable    = false
}

variable "network_isolation" {
  description = "Whether the container is cut off from every network. SageMaker brings it its model, so an algorithm needs none."
  type        = bool
  default     = true
  nullable    = false
}

variable "network" {
  description = <<-EOT
    Where the model runs, and fetches itself from S3; null leaves it in SageMaker's own network. The container is cut off from either while it is isolated.
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

variable "instance_type" {
  description = "Instance that serves."
  type        = string
  default     = "ml.m5.large"
  nullable    = false

  validation {
    condition     = can(regex("^ml\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_type))
    error_message = "instance_type is an instance of SageMaker, such as ml.m5.large."
  }

  validation {
    condition     = !can(regex("^ml\\.t[0-9]", var.instance_type))
    error_message = "instance_type may not be burstable (ml.t2, ml.t3): SageMaker does not scale those."
  }
}

variable "capacity" {
  description = <<-EOT
    How many instances serve.
    - initial: what the first deployment starts with; a later one starts with serving_instances.
    - minimum, maximum: between which they are scaled.
    - invocations_a_minute: what one instance should get; more adds instances, less takes them away.
    - scale_in_cooldown_seconds, scale_out_cooldown_seconds: how long to wait after one change before the next.
  EOT
  type = object({
    initial                    = optional(number, 1)
    minimum                    = optional(number, 1)
    maximum                    = optional(number, 2)
    invocations_a_minute       = optional(number, 600)
    scale_in_cooldown_seconds  = optional(number, 300)
    scale_out_cooldown_seconds = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for number in values(var.capacity) : floor(number) == number && number >= 0])
    error_message = "Every number in capacity is whole."
  }

  validation {
    condition     = 1 <= var.capacity.minimum && var.capacity.minimum <= var.capacity.initial && var.capacity.initial <= var.capacity.maximum
    error_message = "capacity has 1 <= minimum <= initial <= maximum."
  }

  validation {
    condition     = var.capacity.invocations_a_minute >= 1
    error_message = "capacity.invocations_a_minute is at least 1."
  }
}

variable "serving_instances" {
  description = "Instances that serve right now, which a deployment keeps, within the minimum and maximum of capacity; null starts with capacity.initial."
  type        = number
  default     = null

  validation {
    condition     = var.serving_instances == null ? true : var.serving_instances >= 0 && floor(var.serving_instances) == var.serving_instances
    error_message = "serving_instances is a whole number, or null."
  }
}

variable "startup_timeout_seconds" {
  description = "How long a container may take until it answers /ping."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.startup_timeout_seconds >= 60 && var.startup_timeout_seconds <= 3600 && floor(var.startup_timeout_seconds) == var.startup_timeout_seconds
    error_message = "startup_timeout_seconds is a whole number from 60 to 3600."
  }
}

variable "deployment" {
  description = <<-EOT
    How traffic moves from the old instances to the new ones. An alarm in the meantime moves it back.
    - strategy: ALL_AT_ONCE; CANARY (a share first, then all); LINEAR (share by share).
    - step_percentage: that share of the capacity.
    - wait_seconds: how long the alarms are watched after each step.
    - termination_wait_seconds: how long the old instances stay after the last step.
    - rollback_alarms: which alarms move it back: latency, server_errors.
  EOT
  type = object({
    strategy                 = optional(string, "ALL_AT_ONCE")
    step_percentage          = optional(number, 50)
    wait_seconds             = optional(number, 300)
    termination_wait_seconds = optional(number, 120)
    rollback_alarms          = optional(list(string), ["latency", "server_errors"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["ALL_AT_ONCE", "CANARY", "LINEAR"], var.deployment.strategy)
    error_message = "deployment.strategy is ALL_AT_ONCE, CANARY or LINEAR."
  }

  validation {
    condition     = var.deployment.step_percentage <= 50 && var.deployment.step_percentage >= (var.deployment.strategy == "LINEAR" ? 10 : 1) && floor(var.deployment.step_percentage) == var.deployment.step_percentage
    error_message = "deployment.step_percentage is a whole number from 1 to 50, or from 10 to 50 when the strategy is LINEAR."
  }

  validation {
    condition     = var.deployment.strategy == "ALL_AT_ONCE" || local.instances * var.deployment.step_percentage >= 100
    error_message = "deployment.step_percentage of ${local.instances} instances is less than a whole one: ${var.deployment.strategy} moves whole instances, so it takes a larger share or more of them (capacity.minimum)."
  }

  validation {
    condition     = alltrue([for seconds in [var.deployment.wait_seconds, var.deployment.termination_wait_seconds] : seconds >= 0 && seconds <= 3600 && floor(seconds) == seconds])
    error_message = "deployment.wait_seconds and deployment.termination_wait_seconds are whole numbers from 0 to 3600."
  }

  validation {
    condition     = length(var.deployment.rollback_alarms) >= 1 && length(setsubtract(var.deployment.rollback_alarms, keys(local.alarm_names))) == 0
    error_message = "deployment.rollback_alarms names at least one of ${join(", ", keys(local.alarm_names))}: without any, a bad model stays."
  }
}

variable "capture" {
  description = <<-EOT
    Where requests and answers are recorded.
    - bucket: the project's own bucket; they go into no other.
    - s3_uri: folder in it, without a slash at its end.
    - percentage: share that is recorded, 1 to 100.
  EOT
  type = object({
    bucket     = string
    s3_uri     = string
    percentage = optional(number, 100)
  })
  nullable = false

  validation {
    condition     = can(regex("^s3://[a-z0-9][a-z0-9.-]+/.*[^/]$", var.capture.s3_uri))
    error_message = "capture.s3_uri is a folder in S3 without a slash at its end, such as s3://bucket/data_capture."
  }

  validation {
    condition     = startswith(var.capture.s3_uri, "s3://${var.capture.bucket}/")
    error_message = "capture.s3_uri lies in the project's own bucket ${var.capture.bucket}: what is recorded are other people's pictures."
  }

  validation {
    condition     = var.capture.percentage >= 1 && var.capture.percentage <= 100 && floor(var.capture.percentage) == var.capture.percentage
    error_message = "capture.percentage is a whole number from 1 to 100."
  }
}

variable "alarms" {
  description = <<-EOT
    When the endpoint's alarms go off.
    - latency_milliseconds: the model's own time that nine answers in ten should stay below.
    - server_errors_a_minute: how many there may not be.
  EOT
  type = object({
    latency_milliseconds   = optional(number, 2000)
    server_errors_a_minute = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for number in values(var.alarms) : number >= 1])
    error_message = "Every number in alarms is at least 1."
  }
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

