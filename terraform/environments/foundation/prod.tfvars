data_retention = {
  noncurrent_version_days = 90
  expire_days = {
    "data_capture/" = 365
    "incoming/"     = 365
  }
}
