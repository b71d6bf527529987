data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name = "${var.project}-${var.environment}"

  location = {
    partition  = data.aws_partition.current.partition
    region     = var.region
    account_id = data.aws_caller_identity.current.account_id
  }

  # What nobody can make again, or what everything else is made from.
  kept_for_ever = ["background/", "labels/", "manifests/", "models/", "releases/", "test/", "train/"]

  data_bucket  = "${local.name}-${local.location.account_id}-${local.location.region}"
  state_bucket = "${local.name}-state-${local.location.account_id}-${local.location.region}"
}

module "key" {
  source = "../modules/encryption-key"

  name                    = local.name
  description             = "Pictures, models, captures, logs, queues and notifications of ${local.name}"
  location                = local.location
  deletion_window_in_days = var.key_deletion_window_in_days

  log_group_prefixes = [
    "/aws/lambda/${local.name}-",
    "/aws/vendedlogs/states/${local.name}-",
    "/aws/sagemaker/Endpoints/${local.name}",
    "/aws/vpc/${local.name}",
  ]

  queue_prefixes = ["${local.name}-"]
}

module "data" {
  source = "../modules/bucket"

  name               = local.data_bucket
  partition          = local.location.partition
  kms_key_arn        = module.key.arn
  force_destroy      = var.force_destroy_data
  notify_eventbridge = true
  retention          = var.data_retention
}

# The state of both roots, of this one too: environments/README.md says how the first apply hands it over.
module "state" {
  source = "../modules/bucket"
  count  = var.state_bucket ? 1 : 0

  name        = local.state_bucket
  partition   = local.location.partition
  kms_key_arn = module.key.arn

  # Plans hold every value, the secret ones too, and are applied within hours or never.
  retention = {
    noncurrent_version_days = 90
    expire_days             = { "plans/" = 30 }
  }
}

module "sagemaker_role" {
  source = "../modules/sagemaker-role"

  name          = "${local.name}-sagemaker"
  location      = local.location
  bucket_arn    = module.data.arn
  kms_key_arn   = module.key.arn
  endpoint_name = local.name

  network = one([for network in module.network : {
    subnet_ids         = network.subnet_ids
    security_group_ids = [network.model_security_group_id]
  }])
}

# It stands here and not beside the endpoint, so that the workflow's plans know its subnets and security groups.
module "network" {
  source = "../modules/network"
  count  = var.network == null ? 0 : 1

  name               = local.name
  location           = local.location
  cidr               = var.network.cidr
  zones              = var.network.zones
  bucket_arn         = module.data.arn
  endpoint_name      = local.name
  log_retention_days = var.network.log_retention_days
  kms_key_arn        = module.key.arn
}

# What pull requests plan as, and what is merged is applied as.
module "github" {
  source = "../modules/github-roles"
  count  = var.github == null ? 0 : 1

  name             = local.name
  location         = local.location
  repository       = var.github.repository
  repository_ids   = var.github.repository_ids
  environment      = coalesce(var.github.environment, var.environment)
  branch           = var.github.branch
  provider_arn     = var.github.provider_arn
  picture_prefixes = var.github.picture_prefixes
  data_bucket      = local.data_bucket
  state_bucket     = local.state_bucket
  kms_key_arn      = module.key.arn
}

resource "aws_sagemaker_model_package_group" "this" {
  model_package_group_name        = local.name
  model_package_group_description = "Every model that ${local.name} has trained, with its metrics"
}
