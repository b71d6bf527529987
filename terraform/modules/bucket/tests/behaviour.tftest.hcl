mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name        = "scones-dev-123456789012-eu-west-1"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "as_it_comes" {
  command = plan

  # It is private encrypted versioned and tls only.
  assert {
    condition     = alltrue([aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy, aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets])
    error_message = "Nothing in the bucket can be made public."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "Access control lists are switched off."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    error_message = "The bucket has a key of its own, so that objects need no request each."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "Objects are encrypted with the given key."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "What is overwritten can be had back."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Requests without TLS are denied."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Resource == ["arn:aws:s3:::scones-dev-123456789012-eu-west-1", "arn:aws:s3:::scones-dev-123456789012-eu-west-1/*"]
    error_message = "The bucket and all in it are meant."
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy == false
    error_message = "A bucket that holds something is not destroyed."
  }

  # It keeps everything and tells nobody by default.
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "Nothing is thrown away."
  }

  assert {
    condition     = length(aws_s3_bucket_notification.this) == 0
    error_message = "No events are sent."
  }
}

run "tells_eventbridge_when_asked" {
  command = plan

  variables {
    notify_eventbridge = true
  }

  assert {
    condition     = aws_s3_bucket_notification.this[0].eventbridge
    error_message = "EventBridge hears of every object."
  }
}

run "throws_away_what_it_is_told_to" {
  command = plan

  variables {
    retention = {
      noncurrent_version_days = 30
      expire_days             = { "data_capture/" = 90 }
    }
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this[0].rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Old versions go after 30 days."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this[0].rule[1].filter[0].prefix == "data_capture/" && aws_s3_bucket_lifecycle_configuration.this[0].rule[1].expiration[0].days == 90
    error_message = "Captures go after 90 days."
  }
}
