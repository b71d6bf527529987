# Two instances lie in two availability zones, and leave a canary something to be a share of.
endpoint = {
  instance_type = "ml.m5.large"

  capacity = {
    initial = 2
    minimum = 2
    maximum = 6
  }

  deployment = {
    strategy                 = "CANARY"
    step_percentage          = 50
    wait_seconds             = 600
    termination_wait_seconds = 600
  }
}

log_retention_days = 365

# notification_email = "routing@example.com"
