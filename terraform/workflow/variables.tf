# ---------------------------------------------------------------------------------------------------------
# Where
# ---------------------------------------------------------------------------------------------------------

variable "project" {
  description = "What every name starts with."
  type        = string
  default     = "scones"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.project))
    error_message = "project has 2 to 12 lowercase letters and digits, and starts with a letter."
  }
}

variable "environment" {
  description = "Which environment this is: local, dev, prod, or another one that has its own file of variables."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "environment has 2 to 10 lowercase letters and digits, and starts with a letter: names built from it have to fit AWS's limits."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is a region's code, such as us-east-1."
  }

  validation {
    condition     = var.region == var.foundation.region
    error_message = "region is ${var.region}, but the foundation lies in ${var.foundation.region}."
  }
}

variable "allowed_account_ids" {
  description = "Accounts that may be changed; any, when the list is empty. Prod has to name its own."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.allowed_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "allowed_account_ids are account numbers of 12 digits."
  }

  validation {
    condition     = var.environment != "prod" || length(var.allowed_account_ids) > 0
    error_message = "prod names the accounts it may change in allowed_account_ids."
  }

  validation {
    condition     = length(var.allowed_account_ids) == 0 || contains(var.allowed_account_ids, var.foundation.account_id)
    error_message = "The foundation lies in account ${var.foundation.account_id}, which is not among allowed_account_ids."
  }
}

variable "tags" {
  description = "Further tags of everything, such as a cost centre. Prod has CostCenter, Owner and Service among them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")]) && length(var.tags) <= 40
    error_message = "tags are at most 40, and their keys do not start with aws:, which AWS keeps for itself."
  }

  validation {
    condition     = var.environment != "prod" || length(setsubtract(["CostCenter", "Owner", "Service"], keys(var.tags))) == 0
    error_message = "prod says who pays and who answers for it: tags has CostCenter, Owner and Service there."
  }
}

# ---------------------------------------------------------------------------------------------------------
# What the steps before this one made
# ---------------------------------------------------------------------------------------------------------

variable "foundation" {
  description = "Outputs of the foundation root."
  type = object({
    region                   = string
    account_id               = string
    data_bucket              = string
    kms_key_arn              = string
    sagemaker_role_arn       = string
    model_package_group_name = string
    network = optional(object({
      subnet_ids                  = list(string)
      functions_security_group_id = string
      model_security_group_id     = string
    }))
    permissions_boundary_arn = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.foundation.account_id))
    error_message = "foundation.account_id is an account number of 12 digits."
  }

  validation {
    condition = alltrue([
      can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:${var.foundation.account_id}:key/", var.foundation.kms_key_arn)),
      can(regex("^arn:aws[a-z-]*:iam::${var.foundation.account_id}:role/", var.foundation.sagemaker_role_arn)),
    ])
    error_message = "foundation.kms_key_arn and foundation.sagemaker_role_arn are ARNs of a key and a role in the account ${var.foundation.account_id}."
  }

  validation {
    condition     = var.environment != "prod" || var.foundation.network != null
    error_message = "prod runs in a network without a way out, and its foundation has none: apply the foundation with a network first."
  }
}

variable "model" {
  description = <<-EOT
    The model manifest that training leaves behind.
    - training_job_name: the job that made the model.
    - image_uri: the algorithm's image.
    - model_data_url: model.tar.gz in the data bucket.
    - model_digest: SHA-256 of model.tar.gz.
    - data_digest: SHA-256 of what it was trained on.
    - model_package_arn: its entry in the model registry.
    - metrics: what training measured, by name.
    - evaluation_uri: what the model answered to each picture of the validation set, so that a plan can say what changes.
    - baseline_uri: how those answers and pictures are distributed, which later ones are compared with; null compares nothing.
    - algorithm: pytorch or builtin.
    - class_names: classes, in the order of the model's answers.
    - confidence_threshold: confidence from which on its answers are trusted, as chosen on the validation set.
    - out_of_domain_limit: score up to which a picture is like those it was trained on; null for a model that gives none.
    - target_error: share of wrong answers among the trusted ones that the threshold was chosen for.
    - target_reached: whether there is a threshold that keeps to it; null where nobody looked.
    - environment: environment variables of the container that serves it.
  EOT
  type = object({
    training_job_name = string
    image_uri         = string
    model_data_url    = string
    model_digest      = string
    data_digest       = string
    model_package_arn = optional(string)
    metrics           = optional(map(number), {})
    evaluation_uri    = optional(string)
    baseline_uri      = optional(string)

    algorithm            = optional(string)
    class_names          = optional(list(string))
    confidence_threshold = optional(number)
    out_of_domain_limit  = optional(number)
    target_error         = optional(number)
    target_reached       = optional(bool)
    environment          = optional(map(string))
  })
  nullable = false

  validation {
    condition     = startswith(var.model.model_data_url, "s3://${var.foundation.data_bucket}/")
    error_message = "model.model_data_url lies in the foundation's bucket ${var.foundation.data_bucket}: the endpoint's role can read no other."
  }

  validation {
    condition     = alltrue([for digest in [var.model.model_digest, var.model.data_digest] : can(regex("^[0-9a-f]{64}$", digest))])
    error_message = "model.model_digest and model.data_digest are SHA-256 sums in 64 hexadecimal digits."
  }

  validation {
    condition     = startswith(coalesce(var.model.evaluation_uri, "s3://${var.foundation.data_bucket}/"), "s3://${var.foundation.data_bucket}/")
    error_message = "model.evaluation_uri lies in the foundation's bucket ${var.foundation.data_bucket}, as the model does."
  }

  validation {
    condition     = var.model.baseline_uri == null ? true : can(regex("^s3://${var.foundation.data_bucket}/models/[^/]+/baseline\\.json$", var.model.baseline_uri))
    error_message = "model.baseline_uri is s3://${var.foundation.data_bucket}/models/<training job>/baseline.json: the function that watches for drift may read no other."
  }

  validation {
    condition     = contains(["pytorch", "builtin"], coalesce(var.model.algorithm, "pytorch"))
    error_message = "model.algorithm is pytorch or builtin."
  }

  validation {
    condition     = var.model.class_names == null ? true : length(var.model.class_names) >= 2 && length(distinct(var.model.class_names)) == length(var.model.class_names) && !contains(var.model.class_names, "")
    error_message = "model.class_names are two or more different names."
  }

  validation {
    condition     = var.model.confidence_threshold == null ? true : var.model.confidence_threshold > 0 && var.model.confidence_threshold <= 1
    error_message = "model.confidence_threshold is above 0 and at most 1."
  }

  validation {
    condition     = var.model.out_of_domain_limit == null ? true : var.model.out_of_domain_limit >= 0 && var.model.out_of_domain_limit <= 1
    error_message = "model.out_of_domain_limit is from 0 to 1."
  }
}

variable "packages_dir" {
  description = "Folder of the functions' zips, as seen from this root. Kept relative, so that a plan does not depend on the machine it was made on."
  type        = string
  default     = "../../build/lambdas"
  nullable    = false

  validation {
    condition = alltrue([
      for name in ["serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE", "monitor-drift"] :
      fileexists("${var.packages_dir}/${name}.zip")
    ])
    error_message = "Not every function's zip lies in ${var.packages_dir}: run 'make package'."
  }
}

variable "statemachine_dir" {
  description = "Folder of the state machine's definition, as seen from this root. A released one can be planned from another folder."
  type        = string
  default     = "../../statemachine"
  nullable    = false

  validation {
    condition     = fileexists("${var.statemachine_dir}/classify-vehicle.asl.json")
    error_message = "There is no classify-vehicle.asl.json in ${var.statemachine_dir}."
  }
}

# ---------------------------------------------------------------------------------------------------------
# How pictures are judged
# ---------------------------------------------------------------------------------------------------------

variable "confidence_threshold" {
  description = "Confidence from which on an answer is trusted; null takes the model's own, or 0.93 where it has none."
  type        = number
  default     = null

  validation {
    condition     = var.confidence_threshold == null ? true : var.confidence_threshold > 0 && var.confidence_threshold <= 1
    error_message = "confidence_threshold is above 0 and at most 1."
  }
}

variable "class_thresholds" {
  description = "Classes whose answers are trusted from another confidence on, such as { motorcycle = 0.97 }."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.class_thresholds), local.class_names)) == 0 && alltrue([for threshold in values(var.class_thresholds) : threshold > 0 && threshold <= 1])
    error_message = "class_thresholds are above 0 and at most 1, and name classes of the model: ${join(", ", local.class_names)}."
  }
}

variable "out_of_domain_limit" {
  description = "Out-of-domain score up to which an answer is trusted; null takes the model's own, or none where it gives no score. 1 lets every picture pass."
  type        = number
  default     = null

  validation {
    condition     = var.out_of_domain_limit == null ? true : var.out_of_domain_limit >= 0 && var.out_of_domain_limit <= 1
    error_message = "out_of_domain_limit is from 0 to 1."
  }

  validation {
    condition     = var.out_of_domain_limit == null || var.model.out_of_domain_limit != null
    error_message = "out_of_domain_limit needs a model that gives a score: model.out_of_domain_limit is not known."
  }
}

variable "class_names" {
  description = "Classes, in the order of the model's answers; null takes the model's own, or bicycle and motorcycle where it names none."
  type        = list(string)
  default     = null

  validation {
    condition     = var.class_names == null ? true : length(var.class_names) >= 2 && length(distinct(var.class_names)) == length(var.class_names) && !contains(var.class_names, "")
    error_message = "class_names are two or more different names."
  }

  validation {
    condition     = var.class_names == null || var.model.class_names == null ? true : length(var.class_names) == length(var.model.class_names)
    error_message = "class_names gives each of the model's ${length(coalesce(var.model.class_names, []))} classes a name."
  }
}

variable "loading_bays" {
  description = "Loading bay of each class; null takes bay-1, bay-2 and so on, in the classes' order."
  type        = map(string)
  default     = null

  validation {
    condition     = var.loading_bays == null ? true : toset(keys(var.loading_bays)) == toset(local.class_names) && alltrue([for bay in values(var.loading_bays) : bay != ""])
    error_message = "loading_bays names a bay for each class (${join(", ", local.class_names)}), and for nothing else."
  }
}

variable "picture_prefixes" {
  description = "Folders of the data bucket that the functions may read pictures from. make drift-demo also needs drift-demo/."
  type        = list(string)
  default     = ["incoming/", "test/"]
  nullable    = false

  validation {
    condition     = contains(var.picture_prefixes, "incoming/") && alltrue([for prefix in var.picture_prefixes : can(regex("^[A-Za-z0-9_-][A-Za-z0-9_/-]*/$", prefix))])
    error_message = "picture_prefixes are folders such as test/, without wildcards, and incoming/ is among them: its pictures are classified by themselves."
  }
}

# ---------------------------------------------------------------------------------------------------------
# What runs, and how much of it
# ---------------------------------------------------------------------------------------------------------

variable "paused" {
  description = "Whether what costs by the hour is taken away for the time being: the endpoint and its scaling. New pictures are not classified until it is back."
  type        = bool
  default     = false
  nullable    = false
}

variable "serving_instances" {
  description = "Instances that serve right now, as the plan command reads them, so that a deployment keeps what autoscaling has added; null starts with endpoint.capacity.initial."
  type        = number
  default     = null

  validation {
    condition     = var.serving_instances == null ? true : var.serving_instances >= 0 && floor(var.serving_instances) == var.serving_instances
    error_message = "serving_instances is a whole number, or null."
  }
}

variable "endpoint" {
  description = <<-EOT
    The endpoint.
    - instance_type: instance that serves.
    - capacity: initial, minimum and maximum number of instances, and what scales them (modules/endpoint).
    - deployment: how traffic moves to a new model (modules/endpoint).
    - alarms: when a deployment is rolled back (modules/endpoint).
    - capture_percentage: share of requests and answers that is recorded.
    - network_isolation: whether the container is cut off from every network.
    - startup_timeout_seconds: how long a container may take until it answers.
  EOT
  type = object({
    instance_type = optional(string, "ml.m5.large")
    capacity = optional(object({
      initial                    = optional(number)
      minimum                    = optional(number)
      maximum                    = optional(number)
      invocations_a_minute       = optional(number)
      scale_in_cooldown_seconds  = optional(number)
      scale_out_cooldown_seconds = optional(number)
    }), {})
    deployment = optional(object({
      strategy                 = optional(string)
      step_percentage          = optional(number)
      wait_seconds             = optional(number)
      termination_wait_seconds = optional(number)
      rollback_alarms          = optional(list(string))
    }), {})
    alarms = optional(object({
      latency_milliseconds   = optional(number)
      server_errors_a_minute = optional(number)
    }), {})
    capture_percentage      = optional(number, 100)
    network_isolation       = optional(bool, true)
    startup_timeout_seconds = optional(number, 600)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.environment != "prod" || coalesce(var.endpoint.capacity.minimum, 1) >= 2
    error_message = "prod serves from at least two instances: endpoint.capacity.minimum is 2 or more there."
  }

  validation {
    condition     = var.environment != "prod" || length(distinct(coalesce(var.endpoint.deployment.rollback_alarms, ["latency", "server_errors"]))) >= 2
    error_message = "prod rolls a deployment back for slow answers as for wrong ones: endpoint.deployment.rollback_alarms names at least two alarms there, or is left out."
  }
}

variable "functions" {
  description = <<-EOT
    The functions.
    - memory_mib: memory of each, and with it processor time.
    - reserved_concurrency: calls of each that may run at once, taken from the account's own limit; -1 shares it.
  EOT
  type = object({
    memory_mib           = optional(number, 256)
    reserved_concurrency = optional(number, -1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.functions.memory_mib >= 128
    error_message = "functions.memory_mib is at least 128."
  }
}

variable "state_machine" {
  description = <<-EOT
    The state machine.
    - log_level: which events are logged: ALL, ERROR, FATAL or OFF.
    - log_execution_data: whether inputs and outputs, and so pictures, are logged too.
  EOT
  type = object({
    log_level          = optional(string, "ALL")
    log_execution_data = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.environment != "prod" || var.state_machine.log_level != "OFF"
    error_message = "prod logs its executions: state_machine.log_level is not OFF there."
  }
}

variable "review_queue" {
  description = <<-EOT
    The queue of the pictures that a person has to look at.
    - retention_days: how long a picture waits for a decision.
    - visibility_timeout_seconds: how long a reviewer has for one.
    - dead_letter_after_receives: how often it is shown before it goes to a dead-letter queue; 0 keeps it and makes no such queue.
  EOT
  type = object({
    retention_days             = optional(number, 14)
    visibility_timeout_seconds = optional(number, 300)
    dead_letter_after_receives = optional(number, 5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.environment != "prod" || var.review_queue.dead_letter_after_receives > 0
    error_message = "prod loses no picture: review_queue.dead_letter_after_receives is above 0 there."
  }
}

# ---------------------------------------------------------------------------------------------------------
# Who hears of it, and what is kept
# ---------------------------------------------------------------------------------------------------------

variable "notification_email" {
  description = "Address that gets failures and alarms; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.notification_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.notification_email))
    error_message = "notification_email is an address such as routing@example.com."
  }
}

variable "log_retention_days" {
  description = "Days that log events are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is a retention that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653. For ever is none of them."
  }
}

variable "monitoring" {
  description = <<-EOT
    Alarms and dashboard.
    - thresholds: from when on somebody should look (modules/monitoring).
    - dashboard: whether to make the dashboard.
    - drift: what compares captures with the model's baseline.
      - enabled: whether anything does.
      - schedule: when, in UTC (modules/schedule), not before ten minutes past the hour: so long captures have time to come.
        One that comes later counts in the hour in which it comes.
      - window_hours: how many full hours are looked at each time.
      - alarm_period_seconds: over how long an alarm looks; a multiple of 60.
      - limits: what is drift, where it is also more than chance in so many pictures (lambdas/monitor-drift).
        - psi: population stability index of confidences, brightness and colours.
        - class_share: the same of how often each class is the answer; 0 measures it and calls nothing drift. Customers are not in
          equal parts as the validation split is: of two classes, 1 is twelve answers to one.
        - ks: Kolmogorov-Smirnov distance of the confidences.
        - out_of_domain_rise: how far the share of pictures above the out-of-domain limit may rise.
        - minimum_inferences: how many pictures a verdict takes.
  EOT
  type = object({
    thresholds = optional(object({
      unplanned_failures    = optional(number)
      function_errors       = optional(number)
      review_age_hours      = optional(number)
      review_share_percent  = optional(number)
      mean_confidence       = optional(number)
      out_of_domain_percent = optional(number)
    }), {})
    dashboard = optional(bool, true)
    drift = optional(object({
      enabled              = optional(bool, true)
      schedule             = optional(string, "cron(15 * * * ? *)")
      window_hours         = optional(number, 1)
      alarm_period_seconds = optional(number)
      limits = optional(object({
        psi                = optional(number, 0.25)
        class_share        = optional(number, 1)
        ks                 = optional(number, 0.2)
        out_of_domain_rise = optional(number, 0.1)
        minimum_inferences = optional(number, 30)
      }), {})
    }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = coalesce(var.monitoring.thresholds.review_age_hours, 24) < var.review_queue.retention_days * 24
    error_message = "monitoring.thresholds.review_age_hours is shorter than review_queue.retention_days: else the pictures are gone before the alarm."
  }

  validation {
    condition     = var.monitoring.drift.window_hours >= 1 && var.monitoring.drift.window_hours <= 168 && floor(var.monitoring.drift.window_hours) == var.monitoring.drift.window_hours
    error_message = "monitoring.drift.window_hours is a whole number from 1 to 168."
  }

  validation {
    condition = alltrue([
      var.monitoring.drift.limits.psi > 0,
      var.monitoring.drift.limits.class_share >= 0,
      var.monitoring.drift.limits.ks > 0 && var.monitoring.drift.limits.ks < 1,
      var.monitoring.drift.limits.out_of_domain_rise > 0 && var.monitoring.drift.limits.out_of_domain_rise < 1,
      var.monitoring.drift.limits.minimum_inferences >= 10 && floor(var.monitoring.drift.limits.minimum_inferences) == var.monitoring.drift.limits.minimum_inferences,
    ])
    error_message = "monitoring.drift.limits has psi above 0, class_share of at least 0, ks and out_of_domain_rise between 0 and 1, and minimum_inferences as a whole number of at least 10."
  }

  validation {
    condition     = var.environment != "prod" || var.monitoring.drift.enabled
    error_message = "prod watches its model: monitoring.drift.enabled is true there."
  }
}
