# Cheap, and otherwise as prod.
endpoint = {
  instance_type = "ml.m5.large"
}

log_retention_days = 14

# notification_email = "you@example.com"
