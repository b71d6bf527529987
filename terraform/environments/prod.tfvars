environment = "prod"
region      = "us-east-1"

# Name your account here. Until then prod can be planned nowhere.
allowed_account_ids = ["000000000000"]

tags = {
  CostCenter = "routing"
}
