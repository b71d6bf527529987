environment = "prod"
region      = "us-east-1"

# Name your account here. Until then prod can be planned nowhere.
allowed_account_ids = ["000000000000"]

# What bills are split by, once these are switched on as cost allocation tags in the account that pays.
tags = {
  CostCenter = "routing"
  Service    = "classify-vehicle"
  Owner      = "routing-operations"
}
