output "state_machine_arn" {
  description = "State machine that classifies a picture."
  value       = module.state_machine.arn
}

output "endpoint_name" {
  description = "Endpoint that serves the model; its name stays while it is paused."
  value       = module.endpoint.name
}

output "endpoint_configuration_name" {
  description = "Configuration that the endpoint serves; null while it is paused."
  value       = module.endpoint.configuration_name
}

output "paused" {
  description = "Whether the endpoint is away for the time being, and new pictures are not classified."
  value       = var.paused
}

output "review_queue_url" {
  description = "Queue of the pictures that a person has to look at."
  value       = module.review_queue.url
}

output "notification_topic_arn" {
  description = "Topic of failures and alarms."
  value       = module.notifications.arn
}

output "function_names" {
  description = "Deployed name of each function."
  value       = local.function_names
}

output "capture_s3_uri" {
  description = "Folder of the captured requests and answers."
  value       = local.capture_s3_uri
}

output "confidence_threshold" {
  description = "Confidence from which on an answer is trusted."
  value       = local.confidence_threshold
}

output "class_names" {
  description = "Classes, in the order of the model's answers."
  value       = local.class_names
}

output "loading_bays" {
  description = "Loading bay of each class."
  value       = local.loading_bays
}

output "class_thresholds" {
  description = "Classes whose answers are trusted from another confidence on."
  value       = var.class_thresholds
}

output "out_of_domain_limit" {
  description = "Out-of-domain score up to which an answer is trusted; null where none is known."
  value       = local.out_of_domain_limit
}

output "drift_reports_s3_uri" {
  description = "Folder of the reports on drift."
  value       = local.reports_s3_uri
}

output "incoming_prefix" {
  description = "Folder of the data bucket whose new pictures are classified by themselves."
  value       = local.incoming_prefix
}

output "picture_prefixes" {
  description = "Folders of the data bucket that the functions may read pictures from."
  value       = var.picture_prefixes
}

output "data_bucket" {
  description = "Bucket of pictures, models and captures."
  value       = var.foundation.data_bucket
}

output "model" {
  description = "The model: the training job that made it, SHA-256 of its archive and of its data, and its entry in the model registry."
  value = {
    training_job_name = var.model.training_job_name
    model_digest      = var.model.model_digest
    data_digest       = var.model.data_digest
    model_package_arn = var.model.model_package_arn
  }
}

output "function_code_sha256" {
  description = "SHA-256 of each function's deployed package, in base64."
  value = merge(
    { for name, function in module.function : name => function.code_sha256 },
    { for function in module.drift_function : "monitor-drift" => function.code_sha256 },
  )
}
