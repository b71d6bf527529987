# Of the minute in which an update is watched, local AWS makes less than a second: nobody waits for it here.
endpoint = {
  deployment = {
    wait_seconds             = 60
    termination_wait_seconds = 0
  }
}

# A dead-letter queue has to be there before the queue that uses it, and the provider watches each for 25 s.
review_queue = {
  dead_letter_after_receives = 0
}

# Whoever shows drift twice in a row waits for the first time to be over.
monitoring = {
  drift = { alarm_period_seconds = 60 }
}

# Drift is shown here, with pictures that make drift-demo puts there. Prod is asked nothing strange.
picture_prefixes = ["drift-demo/", "incoming/", "test/"]

log_retention_days = 1
