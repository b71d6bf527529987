# Policies of the endpoints: what is in this network can reach this project's bucket and endpoint, and nobody else's, even
# with somebody else's credentials.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${var.location.region}.s3"
  route_table_ids   = [aws_route_table.private.id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnBucketOnly"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
      Resource  = [var.bucket_arn, "${var.bucket_arn}/*"]
      Condition = { StringEquals = { "aws:PrincipalAccount" = var.location.account_id } }
    }]
  })

  tags = { Name = "${var.name}-s3" }
}

resource "aws_vpc_endpoint" "sagemaker_runtime" {
  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.location.region}.sagemaker.runtime"
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.this["endpoints"].id]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnEndpointOnly"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["sagemaker:InvokeEndpoint"]
      Resource  = ["${local.arn_prefix}:sagemaker:${local.place}:endpoint/${var.endpoint_name}"]
      Condition = { StringEquals = { "aws:PrincipalAccount" = var.location.account_id } }
    }]
  })

  tags = { Name = "${var.name}-sagemaker-runtime" }
}
