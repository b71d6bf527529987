# What costs by the hour became something that can be left out. Where it is there, it is the same thing as before.

moved {
  from = aws_sagemaker_endpoint.this
  to   = aws_sagemaker_endpoint.this[0]
}

moved {
  from = aws_appautoscaling_target.this
  to   = aws_appautoscaling_target.this[0]
}

moved {
  from = aws_appautoscaling_policy.this
  to   = aws_appautoscaling_policy.this[0]
}
