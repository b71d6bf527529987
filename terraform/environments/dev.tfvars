environment = "dev"
region      = "us-east-1"

# Name your account here, so that no other one can be changed by mistake.
allowed_account_ids = []

# As prod's, so that bills can be compared.
tags = {
  CostCenter = "routing"
  Service    = "classify-vehicle"
  Owner      = "routing-operations"
}
