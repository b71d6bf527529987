"""Changes that open or weaken something, with the gate that trips and words of it."""

from scones.review.guards.protecting import FLAGS
from scones.review.plan import UNKNOWN
from unit.review.guards.things import (
    DENY_PLAIN,
    GROUP,
    KEY,
    PASS,
    QUEUE,
    REPLACE,
    REPLACE_AFTER,
    acting,
    allow,
    block,
    bucket_key,
    bucket_policy,
    configuration,
    entry,
    group,
    owned,
    policy,
    role_policy,
    versions,
)

OPENINGS = [
    (
        "public-access",
        entry("aws_s3_bucket_public_access_block", block(), None),
        "bucket data loses its public-access block",
    ),
    (
        "public-access",
        entry("aws_s3_bucket_public_access_block", block(), block(bucket="other"), REPLACE),
        "bucket data loses its public-access block",
    ),
    *[
        (
            "public-access",
            entry("aws_s3_bucket_public_access_block", block(), block() | {flag: False}),
            f"{flag} off",
        )
        for flag in FLAGS
    ],
    (
        "public-access",
        entry("aws_s3_bucket_public_access_block", None, block(block_public_policy=False)),
        "block_public_policy off",
    ),
    ("public-access", entry("aws_s3_bucket_acl", None, {"bucket": "data", "acl": "public-read"}), "ACL"),
    (
        "encryption",
        entry("aws_s3_bucket_server_side_encryption_configuration", bucket_key(), None),
        "bucket data loses its encryption",
    ),
    (
        "encryption",
        entry("aws_s3_bucket_server_side_encryption_configuration", bucket_key(), bucket_key("AES256", None)),
        "more weakly: AES256",
    ),
    (
        "encryption",
        entry(
            "aws_s3_bucket_server_side_encryption_configuration", bucket_key(), bucket_key("aws:kms", None)
        ),
        "no longer encrypted with a key of ours",
    ),
    (
        "encryption",
        entry("aws_sqs_queue", QUEUE, QUEUE | {"kms_master_key_id": ""}),
        "queue scones-dev-review no longer encrypts",
    ),
    (
        "encryption",
        entry("aws_sqs_queue", QUEUE, QUEUE | {"kms_master_key_id": "alias/aws/sqs"}),
        "no longer encrypts what it stores with a key of ours",
    ),
    (
        "encryption",
        entry(
            "aws_sqs_queue",
            {"name": "q", "sqs_managed_sse_enabled": True},
            {"name": "q", "sqs_managed_sse_enabled": False},
        ),
        "queue q is no longer encrypted",
    ),
    (
        "encryption",
        entry("aws_sns_topic", {"name": "t", "kms_master_key_id": KEY}, {"name": "t"}),
        "topic t no longer encrypts",
    ),
    ("encryption", entry("aws_cloudwatch_log_group", GROUP, GROUP | {"kms_key_id": None}), "log group"),
    (
        "encryption",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(kms_key_arn=None),
            REPLACE_AFTER,
        ),
        "no longer encrypts what it stores",
    ),
    (
        "encryption",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration()
            | {"data_capture_config": [configuration()["data_capture_config"][0] | {"kms_key_id": None}]},
            REPLACE_AFTER,
        ),
        "no longer encrypts what it captures",
    ),
    (
        "tls-only",
        entry("aws_s3_bucket_policy", bucket_policy(DENY_PLAIN), None),
        "without TLS",
    ),
    (
        "tls-only",
        entry("aws_s3_bucket_policy", bucket_policy(DENY_PLAIN), bucket_policy()),
        "without TLS",
    ),
    (
        "tls-only",
        entry(
            "aws_sqs_queue",
            QUEUE | {"policy": policy(DENY_PLAIN | {"Action": "sqs:*", "Resource": "arn:aws:sqs:::q"})},
            QUEUE | {"policy": policy()},
        ),
        "without TLS",
    ),
    ("versioning", entry("aws_s3_bucket_versioning", versions("Enabled"), None), "loses its versioning"),
    (
        "versioning",
        entry("aws_s3_bucket_versioning", versions("Enabled"), versions("Suspended")),
        "keeps no further versions: Suspended",
    ),
    (
        "widens-iam",
        entry("aws_iam_role_policy", role_policy(allow("s3:GetObject")), role_policy(allow("s3:*"))),
        "s3:*",
    ),
    (
        "widens-iam",
        entry(
            "aws_iam_role_policy",
            role_policy(allow("s3:GetObject")),
            role_policy(allow("s3:GetObject", "*")),
        ),
        "every resource",
    ),
    ("widens-iam", entry("aws_iam_role_policy", None, role_policy(allow("*", "*"))), "`*`"),
    (
        "pass-role",
        entry("aws_iam_role_policy", role_policy(), role_policy(PASS)),
        "may pass `arn:aws:iam::123456789012:role/scones-dev-sagemaker`",
    ),
    *[
        (
            "widens-iam",
            entry(kind, acting(key, "one"), acting(key, "two")),
            "acts as role two instead of role one",
        )
        for kind, key in (
            ("aws_lambda_function", "role"),
            ("aws_sagemaker_model", "execution_role_arn"),
            ("aws_cloudwatch_event_target", "role_arn"),
            ("aws_sfn_state_machine", "role_arn"),
        )
    ],
    (
        "widens-iam",
        entry("aws_lambda_function", acting("role", "one"), acting("role", "one") | {"role": UNKNOWN}),
        "acts as a role that is not known yet instead of role one",
    ),
    (
        "public-access",
        entry("aws_s3_bucket_ownership_controls", owned("BucketOwnerEnforced"), owned("ObjectWriter")),
        "bucket data heeds ACLs",
    ),
    (
        "public-access",
        entry("aws_s3_bucket_ownership_controls", owned("BucketOwnerEnforced"), None),
        "bucket data heeds ACLs",
    ),
    ("public-access", entry("aws_s3_bucket_ownership_controls", None, owned("ObjectWriter")), "heeds ACLs"),
    (
        "public-access",
        entry("aws_security_group", group("10.0.0.0/8"), group("10.0.0.0/8", "0.0.0.0/0")),
        "lets in everybody (0.0.0.0/0) on port 443",
    ),
    (
        "public-access",
        entry("aws_default_security_group", group(), group() | {"egress": group("0.0.0.0/1")["ingress"]}),
        "lets out to everybody (0.0.0.0/1)",
    ),
    (
        "public-access",
        entry("aws_vpc_security_group_ingress_rule", None, {"cidr_ipv6": "::/0", "ip_protocol": "-1"}),
        "lets in everybody (::/0) on every port",
    ),
    (
        "public-access",
        entry(
            "aws_security_group_rule",
            None,
            {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"], "from_port": 80, "to_port": 90},
        ),
        "on ports 80 to 90",
    ),
    (
        "encryption",
        entry("aws_sqs_queue", None, {"name": "q", "sqs_managed_sse_enabled": False}),
        "queue q is new and not encrypted",
    ),
    ("encryption", entry("aws_sns_topic", None, {"name": "t"}), "topic t is new and not encrypted"),
]
