moved {
  from = aws_cloudwatch_event_target.this
  to   = aws_cloudwatch_event_target.this[0]
}
