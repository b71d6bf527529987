"""Changes for which no gate trips."""

from scones.review.plan import UNKNOWN
from unit.review.guards.things import (
    BUCKET,
    DENY_PLAIN,
    GROUP,
    KEY,
    MASTER,
    PASS,
    QUERY,
    QUEUE,
    REPLACE_AFTER,
    SUM,
    TOPIC,
    acting,
    alarm,
    allow,
    block,
    bucket_key,
    bucket_policy,
    configuration,
    endpoint,
    entry,
    group,
    lifecycle,
    owned,
    role_policy,
    versions,
)

HARMLESS = {
    "an endpoint that moves to a new configuration": entry(
        "aws_sagemaker_endpoint",
        endpoint("a", endpoint_config_name="one"),
        endpoint("a", endpoint_config_name=UNKNOWN),
    ),
    "a configuration that is replaced": entry(
        "aws_sagemaker_endpoint_configuration", configuration(), configuration(), REPLACE_AFTER
    ),
    "a model that is replaced": entry("aws_sagemaker_model", {"name": "a"}, {"name": "b"}, REPLACE_AFTER),
    "a key whose deletion waits less long": entry(
        "aws_kms_key",
        MASTER | {"deletion_window_in_days": 30},
        MASTER | {"deletion_window_in_days": 7},
    ),
    "a bucket that is kept from force_destroy": entry(
        "aws_s3_bucket", BUCKET | {"force_destroy": True}, BUCKET
    ),
    "objects that are kept for longer": entry(
        "aws_s3_bucket_lifecycle_configuration", lifecycle(30), lifecycle(90)
    ),
    "a log group that outlives Terraform": entry(
        "aws_cloudwatch_log_group", GROUP | {"skip_destroy": True}, None
    ),
    "a public-access block that closes more": entry(
        "aws_s3_bucket_public_access_block", block(block_public_acls=False), block()
    ),
    "a public-access block that is made": entry("aws_s3_bucket_public_access_block", None, block()),
    "a private ACL": entry("aws_s3_bucket_acl", None, {"bucket": "data", "acl": "private"}),
    "a bucket that gets a stronger algorithm": entry(
        "aws_s3_bucket_server_side_encryption_configuration", bucket_key("AES256", None), bucket_key()
    ),
    "a key that is known only later": entry(
        "aws_s3_bucket_server_side_encryption_configuration",
        bucket_key(),
        bucket_key("aws:kms", UNKNOWN),
    ),
    "a queue that gets another key": entry("aws_sqs_queue", QUEUE, QUEUE | {"kms_master_key_id": "other"}),
    "a queue that goes from AWS's key to ours": entry(
        "aws_sqs_queue", QUEUE | {"kms_master_key_id": "", "sqs_managed_sse_enabled": True}, QUEUE
    ),
    "instances that encrypt their disks in hardware": entry(
        "aws_sagemaker_endpoint_configuration",
        configuration(),
        configuration(kms_key_arn=None, production_variants=[{"instance_type": "ml.g5.xlarge"}]),
        REPLACE_AFTER,
    ),
    "a function that has no environment left to encrypt": entry(
        "aws_lambda_function",
        {"function_name": "f", "kms_key_arn": KEY, "environment": [{"variables": {"A": "1"}}]},
        {"function_name": "f", "kms_key_arn": None, "environment": []},
    ),
    "a TLS statement under another name": entry(
        "aws_s3_bucket_policy",
        bucket_policy(DENY_PLAIN | {"Sid": "One"}),
        bucket_policy(DENY_PLAIN | {"Sid": "Other"}),
    ),
    "versioning that begins": entry("aws_s3_bucket_versioning", versions("Suspended"), versions("Enabled")),
    "a permission on one more folder": entry(
        "aws_iam_role_policy",
        role_policy(allow("s3:GetObject")),
        role_policy(allow("s3:GetObject"), allow("s3:GetObject", "arn:aws:s3:::data2/incoming/*")),
    ),
    "a permission to pass a role that goes": entry("aws_iam_role_policy", role_policy(PASS), role_policy()),
    "one alarm more for a rollback": entry("aws_sagemaker_endpoint", endpoint("a"), endpoint("a", "b")),
    "an alarm for a rollback whose name is not known yet": entry(
        "aws_sagemaker_endpoint", endpoint("a", "b"), endpoint("b", UNKNOWN)
    ),
    "the same alarms in another order": entry(
        "aws_sagemaker_endpoint", endpoint("a", "b"), endpoint("b", "a")
    ),
    "an alarm that tells the same in another order": entry(
        "aws_cloudwatch_metric_alarm",
        alarm(alarm_actions=[TOPIC, "other"]),
        alarm(alarm_actions=["other", TOPIC]),
    ),
    "an alarm that goes off a little sooner": entry(
        "aws_cloudwatch_metric_alarm",
        alarm(comparison_operator="GreaterThanThreshold"),
        alarm(comparison_operator="GreaterThanOrEqualToThreshold"),
    ),
    "queries of an alarm in another order": entry(
        "aws_cloudwatch_metric_alarm", alarm(metric_query=[QUERY, SUM]), alarm(metric_query=[SUM, QUERY])
    ),
    "objects that only their owner owns": entry(
        "aws_s3_bucket_ownership_controls", owned("BucketOwnerPreferred"), owned("BucketOwnerEnforced")
    ),
    "a security group for a network of one's own": entry("aws_security_group", None, group("10.0.0.0/8")),
    "a rule of a security group that was open before": entry(
        "aws_security_group", group("0.0.0.0/0"), group("0.0.0.0/0", "10.0.0.0/8")
    ),
    "a first role": entry(
        "aws_cloudwatch_event_target", {"rule": "r", "role_arn": None}, {"rule": "r", "role_arn": UNKNOWN}
    ),
    "a function that keeps its role": entry(
        "aws_lambda_function", acting("role", "one"), acting("role", "one") | {"timeout": 3}
    ),
    "a queue that AWS encrypts by default": entry(
        "aws_sqs_queue", None, {"name": "q", "sqs_managed_sse_enabled": UNKNOWN}
    ),
    "a topic whose key is not known yet": entry(
        "aws_sns_topic", None, {"name": "t", "kms_master_key_id": UNKNOWN}
    ),
    "an alarm with another threshold": entry(
        "aws_cloudwatch_metric_alarm", alarm(threshold=1), alarm(threshold=2)
    ),
    "an alarm that tells more": entry("aws_cloudwatch_metric_alarm", alarm(alarm_actions=[]), alarm()),
    "a larger share of captures": entry(
        "aws_sagemaker_endpoint_configuration", configuration(50), configuration(100), REPLACE_AFTER
    ),
    "captures of both sides in one mode": entry(
        "aws_sagemaker_endpoint_configuration",
        configuration(),
        configuration(modes=("InputAndOutput",)),
        REPLACE_AFTER,
    ),
    "logs that are kept longer": entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": 365}),
    "a log group that is made": entry("aws_cloudwatch_log_group", None, GROUP),
    "an alarm that Terraform only forgets": entry("aws_cloudwatch_metric_alarm", alarm(), None, ["forget"]),
    "a function that is only changed": entry(
        "aws_lambda_function", {"function_name": "f", "timeout": 1}, {"function_name": "f", "timeout": 2}
    ),
    "nothing at all": entry("aws_s3_bucket", BUCKET, BUCKET),
}
