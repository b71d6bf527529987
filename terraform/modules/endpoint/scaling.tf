resource "aws_appautoscaling_target" "this" {
  count = var.paused ? 0 : 1

  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${aws_sagemaker_endpoint.this[0].name}/variant/${local.variant_name}"
  min_capacity       = var.capacity.minimum
  max_capacity       = var.capacity.maximum
}

resource "aws_appautoscaling_policy" "this" {
  count = var.paused ? 0 : 1

  name               = "${var.name}-invocations"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[0].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.capacity.invocations_a_minute
    scale_in_cooldown  = var.capacity.scale_in_cooldown_seconds
    scale_out_cooldown = var.capacity.scale_out_cooldown_seconds

    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantInvocationsPerInstance"
    }
  }
}
