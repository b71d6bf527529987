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

# Name your repository here, and jobs on GitHub can plan and apply. In the account's second environment, name its provider too.
# github = { repository = "example/routing", picture_prefixes = ["drift-demo/", "incoming/", "test/"] }
