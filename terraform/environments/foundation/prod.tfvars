data_retention = {
  noncurrent_version_days = 90
  expire_days = {
    "data_capture/" = 365
    "incoming/"     = 365
  }
}

# Functions and model run without a way out. A blue/green deployment takes twice the addresses of what serves.
network = {
  cidr               = "10.40.0.0/20"
  zones              = ["a", "b"]
  log_retention_days = 365
}

# Name your repository here, and jobs on GitHub can plan and apply. In the account's second environment, name its provider too.
# github = { repository = "example/routing" }
