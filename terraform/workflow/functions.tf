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

  functions = {
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
      description           = "Asks the endpoint what the picture shows."
      timeout_seconds       = 60
      environment_variables = { ENDPOINT_NAME = module.endpoint.name }

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
        THRESHOLD    = tostring(var.confidence_threshold)
        CLASS_NAMES  = jsonencode(var.class_names)
        LOADING_BAYS = jsonencode(var.loading_bays)
      }

      permissions = []
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
  for_each = local.functions

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
