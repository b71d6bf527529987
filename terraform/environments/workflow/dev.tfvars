# Cheap, and otherwise as prod: one instance of the smallest kind that SageMaker scales. Its 4 GiB are half of prod's, and
# plenty for a network of 18 layers, which is 45 MB for each of two workers. `make pause` takes it away overnight.
#
# Not serverless, although that costs nothing while nobody asks: it knows neither data capture nor guarded deployments, so
# dev would not try what prod does.
endpoint = {
  instance_type = "ml.c5.large"
}

# Drift is shown here, with pictures that make drift-demo puts there. Prod is asked nothing strange.
picture_prefixes = ["drift-demo/", "incoming/", "test/"]

log_retention_days = 14

# notification_email = "you@example.com"
