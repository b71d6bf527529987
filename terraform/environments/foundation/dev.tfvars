force_destroy_data          = true
key_deletion_window_in_days = 7

data_retention = {
  noncurrent_version_days = 14
  expire_days = {
    "data_capture/" = 30
    "incoming/"     = 30
  }
}
