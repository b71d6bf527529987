# A network without a way out: no internet gateway, no address translation. What has to be reached from inside is reached
# through endpoints: S3 (which costs nothing) and SageMaker's runtime (which costs by the hour and zone). Logs, traces and
# images are carried by AWS outside of it.
locals {
  arn_prefix = "arn:${var.location.partition}"
  place      = "${var.location.region}:${var.location.account_id}"

  # A letter of the region a zone: the name is known without asking, and every region that has SageMaker has a and b.
  subnets = { for index, letter in var.zones : "${var.location.region}${letter}" => cidrsubnet(var.cidr, 4, index) }

  # EC2 names what it makes, so a name is a tag.
  names = { for part in ["functions", "model", "endpoints"] : part => "${var.name}-${part}" }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # the interface endpoint answers under the service's own name

  tags = { Name = var.name }
}

# A network is made with a group that lets everything in it talk. Without a rule it lets nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-unused" }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}
