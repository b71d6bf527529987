locals {
  # Pictures may be read from these folders and no others: not models, not captures, not the training set.
  picture_paths = [for prefix in var.picture_prefixes : "${local.bucket_arn}/${prefix}*"]

  read_pictures = {
    sid       = "ReadPictures"
    actions   = ["s3:GetObject"]
    resources = local.picture_paths
  }

  decrypt_pictures = {
    sid       = "DecryptPictures"
    actions   = ["kms:Decrypt"]
    resources = [var.foundation.kms_key_arn]

    conditions = {
      StringEquals = { "kms:ViaService" = ["s3.${local.location.region}.amazonaws.com"] }
    }
  }

  # The state machine's tasks.
  tasks = ["serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE"]

  functions = { for name, function in local.every_function : name => function if name != "monitor-drift" || var.monitoring.drift.enabled }

  every_function = {
    serializeImageData = {
      description           = "Reads a picture from S3 into the state, as base64."
      timeout_seconds       = 30
      environment_variables = {}

      permissions = [
        local.read_pictures,
        local.decrypt_pictures,
        {
          # Without it S3 answers that a missing picture is forbidden, and the failure would bear the wrong name.
          sid       = "TellMissingFromForbidden"
          actions   = ["s3:ListBucket"]
          resources = [local.bucket_arn]
        },
      ]
    }

    image-classification = {
      description     = "Asks the endpoint what the picture shows."
      timeout_seconds = 60

      # The score is asked for where there is a limit to compare it with: SageMaker's own algorithm knows none.
      environment_variables = {
        ENDPOINT_NAME = module.endpoint.name
        RESPONSE_TYPE = local.out_of_domain_limit == null ? "application/json" : "application/json;verbose"
      }

      permissions = [
        {
          sid       = "AskEndpoint"
          actions   = ["sagemaker:InvokeEndpoint"]
          resources = ["arn:${local.location.partition}:sagemaker:${local.location.region}:${local.location.account_id}:endpoint/${module.endpoint.name}"]
        },
        # A picture too large for the state travels as its name, and this function reads it.
        local.read_pictures,
        local.decrypt_pictures,
      ]
    }

    THRESHOLD_CONFIDENCE = {
      description     = "Lets a confident answer pass, and stops any other."
      timeout_seconds = 10

      environment_variables = {
        THRESHOLD           = tostring(local.confidence_threshold)
        CLASS_THRESHOLDS    = jsonencode(var.class_thresholds)
        OUT_OF_DOMAIN_LIMIT = local.out_of_domain_limit == null ? "" : tostring(local.out_of_domain_limit)
        CLASS_NAMES         = jsonencode(local.class_names)
        LOADING_BAYS        = jsonencode(local.loading_bays)
        WORKFLOW            = local.name
        METRICS_NAMESPACE   = "Scones/Classification"
      }

      permissions = []
    }

    monitor-drift = {
      description     = "Compares captures with the model's baseline."
      timeout_seconds = 900 # thousands of files, read one at a time

      environment_variables = {
        CAPTURE_S3_URI      = "${local.capture_s3_uri}/${module.endpoint.name}/${module.endpoint.variant_name}"
        BASELINE_S3_URI     = var.model.baseline_uri == null ? "" : var.model.baseline_uri
        REPORTS_S3_URI      = local.reports_s3_uri
        WORKFLOW            = local.name
        WINDOW_MINUTES      = tostring(var.monitoring.drift.window_hours * 60)
        OUT_OF_DOMAIN_LIMIT = local.out_of_domain_limit == null ? "" : tostring(local.out_of_domain_limit)
        PSI_LIMIT           = tostring(var.monitoring.drift.limits.psi)
        CLASS_SHARE_LIMIT   = var.monitoring.drift.limits.class_share == 0 ? "" : tostring(var.monitoring.drift.limits.class_share)
        KS_LIMIT            = tostring(var.monitoring.drift.limits.ks)
        RISE_LIMIT          = tostring(var.monitoring.drift.limits.out_of_domain_rise)
        MINIMUM_INFERENCES  = tostring(var.monitoring.drift.limits.minimum_inferences)
      }

      permissions = [
        {
          sid       = "ReadCaptures"
          actions   = ["s3:GetObject"]
          resources = ["${local.bucket_arn}/data_capture/${module.endpoint.name}/*"]
        },
        {
          sid        = "FindCaptures"
          actions    = ["s3:ListBucket"]
          resources  = [local.bucket_arn]
          conditions = { StringLike = { "s3:prefix" = ["data_capture/${module.endpoint.name}/*"] } }
        },
        {
          # Any model's, so that a new one leaves the role as it is.
          sid       = "ReadBaseline"
          actions   = ["s3:GetObject"]
          resources = ["${local.bucket_arn}/models/*/baseline.json"]
        },
        {
          sid       = "WriteReports"
          actions   = ["s3:PutObject"]
          resources = ["${local.bucket_arn}/drift/*"]
        },
        {
          sid        = "UseKeyThroughS3"
          actions    = ["kms:Decrypt", "kms:GenerateDataKey"]
          resources  = [var.foundation.kms_key_arn]
          conditions = { StringEquals = { "kms:ViaService" = ["s3.${local.location.region}.amazonaws.com"] } }
        },
      ]
    }
  }
}

# What refers to functions refers to these: a reference to one of several modules waits for all of them.
locals {
  function_names = { for name in keys(local.functions) : name => "${local.name}-${name}" }

  function_arns = {
    for name, deployed in local.function_names : name =>
    "arn:${local.location.partition}:lambda:${local.location.region}:${local.location.account_id}:function:${deployed}"
  }
}

module "function" {
  source   = "../modules/function"
  for_each = { for name in local.tasks : name => local.functions[name] }

  name                     = local.function_names[each.key]
  description              = each.value.description
  location                 = local.location
  package_path             = "${var.packages_dir}/${each.key}.zip"
  timeout_seconds          = each.value.timeout_seconds
  memory_mib               = var.functions.memory_mib
  reserved_concurrency     = var.functions.reserved_concurrency
  environment_variables    = each.value.environment_variables
  permissions              = each.value.permissions
  permissions_boundary_arn = var.foundation.permissions_boundary_arn
  network                  = local.functions_network
  log_retention_days       = var.log_retention_days
  kms_key_arn              = var.foundation.kms_key_arn
}
