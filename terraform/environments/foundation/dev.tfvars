force_destroy_data          = true
key_deletion_window_in_days = 7

data_retention = {
  noncurrent_version_days = 14
  expire_days = {
    "data_capture/" = 30
    "incoming/"     = 30
  }
}

# No network: its interface endpoint costs by the hour and zone, and dev is to be cheap. Set it as prod does to try one.
