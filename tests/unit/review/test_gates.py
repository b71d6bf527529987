"""Each gate trips for what it guards against, when the thing goes and when it loosens, and for no more."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from scones.review.findings import Answer, Context, Evaluation, Finding, Risk
from scones.review.gates import GATES, trips
from scones.review.guards.protecting import FLAGS
from scones.review.plan import UNKNOWN
from unit.review.plans import change, plan

KEY = "arn:aws:kms:us-east-1:123456789012:key/07d640dd"
TOPIC = "arn:aws:sns:us-east-1:123456789012:scones-dev-failures"
ENDPOINT = "module.endpoint.aws_sagemaker_endpoint.this[0]"
REPLACE = ["delete", "create"]
REPLACE_AFTER = ["create", "delete"]  # create_before_destroy


def entry(kind: str, before: Any, after: Any, actions: list[str] | None = None) -> dict[str, Any]:
    return change(f"module.x.{kind}.this", before, after, actions=actions)


def tripped(*changes: Mapping[str, Any], variables: Any = None, **context: Any) -> dict[str, list[str]]:
    """Return what trips, by the gate's name."""
    given = {name: {"value": value} for name, value in (variables or {}).items()}
    made = plan(*map(dict, changes), variables=given)
    found: dict[str, list[str]] = {}
    for trip in trips(made, Context("dev", **context)):
        found.setdefault(trip.gate.name, []).append(trip.what)
    return found


def endpoint(*alarms: str, name: str = "scones-dev", **more: Any) -> dict[str, Any]:
    rollback = [{"alarms": [{"alarm_name": alarm} for alarm in alarms]}] if alarms else []
    return {"name": name, "deployment_config": [{"auto_rollback_configuration": rollback}]} | more


def configuration(share: float = 100, modes: tuple[str, ...] = ("Input", "Output"), **more: Any) -> dict:
    capture = {
        "enable_capture": True,
        "initial_sampling_percentage": share,
        "capture_options": [{"capture_mode": mode} for mode in modes],
        "kms_key_id": KEY,
    }
    variant = {"instance_type": "ml.m5.large", "initial_instance_count": 1}
    return {"kms_key_arn": KEY, "data_capture_config": [capture], "production_variants": [variant]} | more


def alarm(**more: Any) -> dict[str, Any]:
    watches = {"EndpointName": "scones-dev", "VariantName": "AllTraffic"}
    return {"alarm_name": "scones-dev-errors", "dimensions": watches, "alarm_actions": [TOPIC]} | more


def block(**flags: Any) -> dict[str, Any]:
    return {"bucket": "data"} | dict.fromkeys(FLAGS, True) | flags


def bucket_key(algorithm: str = "aws:kms", key: str | None = KEY) -> dict[str, Any]:
    default = {"sse_algorithm": algorithm, "kms_master_key_id": key}
    return {"bucket": "data", "rule": [{"apply_server_side_encryption_by_default": [default]}]}


def versions(status: str) -> dict[str, Any]:
    return {"bucket": "data", "versioning_configuration": [{"status": status}]}


def lifecycle(days: float, old_days: float = 90) -> dict[str, Any]:
    captures = {
        "status": "Enabled",
        "filter": [{"prefix": "data_capture/"}],
        "expiration": [{"days": days}],
    }
    old = {"status": "Enabled", "noncurrent_version_expiration": [{"noncurrent_days": old_days}]}
    return {"bucket": "data", "rule": [captures, old]}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "arn:aws:s3:::data/*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


DENY_PLAIN = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def bucket_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"bucket": "data", "policy": policy(*statements)}


def role_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"name": "data", "role": "scones-dev-role", "policy": policy(*statements)}


BUCKET = {"bucket": "data", "force_destroy": False}
QUEUE = {"name": "scones-dev-review", "kms_master_key_id": KEY, "sqs_managed_sse_enabled": False}
GROUP = {"name": "/aws/lambda/f", "retention_in_days": 30, "kms_key_id": KEY}
MASTER = {"description": "Pictures", "is_enabled": True, "enable_key_rotation": True}
PASS = {
    "Effect": "Allow",
    "Action": "iam:PassRole",
    "Resource": "arn:aws:iam::123456789012:role/scones-dev-sagemaker",
}

QUERY = {"id": "a", "metric": [{"dimensions": {"QueueName": "q"}}]}
SUM = {"id": "b", "expression": "a + a"}


def owned(by: str) -> dict[str, Any]:
    return {"bucket": "data", "rule": [{"object_ownership": by}]}


def group(*blocks: str) -> dict[str, Any]:
    rule = {"cidr_blocks": list(blocks), "from_port": 443, "to_port": 443, "protocol": "tcp"}
    return {"name": "functions", "ingress": [rule]}


def acting(key: str, role: str) -> dict[str, Any]:
    return {"name": "it", key: f"arn:aws:iam::123456789012:role/{role}"}


RED = [
    ("destroys-endpoint", entry("aws_sagemaker_endpoint", endpoint(), None), "destroys endpoint scones-dev"),
    (
        "destroys-endpoint",
        entry("aws_sagemaker_endpoint", endpoint(), endpoint(name="new"), REPLACE),
        "replaces endpoint scones-dev",
    ),
    ("destroys-bucket", entry("aws_s3_bucket", BUCKET, None), "destroys bucket data"),
    ("destroys-bucket", entry("aws_s3_bucket", BUCKET, BUCKET, REPLACE), "replaces bucket data"),
    ("destroys-bucket", entry("aws_s3_bucket", BUCKET, BUCKET | {"force_destroy": True}), "force_destroy"),
    ("destroys-key", entry("aws_kms_key", MASTER, None), "destroys key"),
    ("destroys-key", entry("aws_kms_key", MASTER, MASTER, REPLACE), "replaces key"),
    ("destroys-key", entry("aws_kms_key", MASTER, MASTER | {"is_enabled": False}), "disables key"),
    (
        "destroys-key",
        entry("aws_kms_key", MASTER, MASTER | {"enable_key_rotation": False}),
        "no longer rotated",
    ),
    (
        "destroys-endpoint",
        entry("aws_sagemaker_endpoint", endpoint(), None, ["forget"]),
        "endpoint scones-dev is no longer managed: it goes on serving and costing",
    ),
    (
        "destroys-bucket",
        entry("aws_s3_bucket", BUCKET, None, ["forget"]),
        "bucket data is no longer managed: it stays with all that is in it",
    ),
    (
        "destroys-key",
        entry("aws_kms_key", MASTER, None, ["forget"]),
        "key Pictures is no longer managed: it stays and encrypts as before",
    ),
    (
        "destroys-workflow",
        entry("aws_lambda_function", {"function_name": "f"}, None),
        "destroys function f",
    ),
    (
        "destroys-workflow",
        entry("aws_sfn_state_machine", {"name": "m"}, {"name": "n"}, REPLACE),
        "replaces state machine m",
    ),
    ("destroys-data", entry("aws_sqs_queue", QUEUE, None), "destroys queue scones-dev-review"),
    ("destroys-data", entry("aws_sqs_queue", QUEUE, QUEUE, REPLACE), "replaces queue"),
    ("destroys-data", entry("aws_cloudwatch_log_group", GROUP, None), "destroys log group /aws/lambda/f"),
    (
        "destroys-data",
        entry("aws_sagemaker_model_package_group", {"model_package_group_name": "scones-dev"}, None),
        "destroys model package group scones-dev",
    ),
    (
        "destroys-data",
        entry("aws_s3_bucket_lifecycle_configuration", lifecycle(90), lifecycle(30)),
        "objects under data_capture/ are deleted after 30 days, before: 90 days",
    ),
    (
        "destroys-data",
        entry("aws_s3_bucket_lifecycle_configuration", lifecycle(90), lifecycle(90, 1)),
        "former versions anywhere are deleted after 1 days",
    ),
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
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint()),
        "endpoint scones-dev loses auto-rollback",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint("a")),
        "1 instead of 2 alarms",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint(), REPLACE),
        "loses auto-rollback",
    ),
    ("alarms", entry("aws_cloudwatch_metric_alarm", alarm(), None), "deletes alarm scones-dev-errors"),
    (
        "alarms",
        entry("aws_cloudwatch_metric_alarm", alarm(), alarm(alarm_actions=[])),
        "tells nobody any more",
    ),
    (
        "alarms",
        entry("aws_cloudwatch_metric_alarm", alarm(), alarm(actions_enabled=False)),
        "switched off",
    ),
    (
        "alarms",
        entry("aws_cloudwatch_metric_alarm", alarm(alarm_actions=[TOPIC, "other"]), alarm()),
        "tells 1 instead of 2",
    ),
    (
        "data-capture",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(data_capture_config=[]),
            REPLACE_AFTER,
        ),
        "no longer captured",
    ),
    (
        "data-capture",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(data_capture_config=[{"enable_capture": False, "kms_key_id": KEY}]),
            REPLACE_AFTER,
        ),
        "no longer captured",
    ),
    (
        "data-capture",
        entry("aws_sagemaker_endpoint_configuration", configuration(), configuration(50), REPLACE_AFTER),
        "captures 50 % of requests and answers instead of 100 %",
    ),
    (
        "data-capture",
        entry(
            "aws_sagemaker_endpoint_configuration",
            configuration(),
            configuration(modes=("Input",)),
            REPLACE_AFTER,
        ),
        "no longer captures Output",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": 0}),
        "loses its retention of 30 days",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": None}),
        "loses its retention of 30 days",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP, GROUP | {"retention_in_days": 7}),
        "for 7 days, before: 30 days",
    ),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", GROUP | {"retention_in_days": 0}, GROUP),
        "for 30 days, before: for ever",
    ),
]

RED += [
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), endpoint("b", "c")),
        "can no longer be rolled back by alarm a",
    ),
    (
        "auto-rollback",
        entry("aws_sagemaker_endpoint", endpoint("a"), endpoint("b", "c")),
        "can no longer be rolled back by alarm a",
    ),
    *[
        ("alarms", entry("aws_cloudwatch_metric_alarm", alarm() | before, alarm() | after), words)
        for before, after, words in (
            (
                {},
                {"dimensions": {"EndpointName": "scones-dev-old"}},
                "watches something else: EndpointName scones-dev → scones-dev-old",
            ),
            ({"metric_name": "Errors"}, {"metric_name": "Calls"}, "metric_name Errors → Calls"),
            ({"namespace": "AWS/Lambda"}, {"namespace": "Own"}, "namespace AWS/Lambda → Own"),
            ({"metric_query": [QUERY]}, {"metric_query": [SUM]}, "watches something else: metric_query"),
            (
                {"comparison_operator": "GreaterThanThreshold"},
                {"comparison_operator": "LessThanThreshold"},
                "goes off below its threshold instead of above",
            ),
            (
                {},
                {"alarm_actions": ["arn:aws:sns:us-east-1:1:quiet"]},
                "tells quiet instead of scones-dev-fail",
            ),
            (
                {},
                {"alarm_actions": [UNKNOWN]},
                "tells a topic that is not known yet instead of scones-dev-failures",
            ),
        )
    ],
    (
        "alarms",
        entry("aws_cloudwatch_composite_alarm", alarm(alarm_rule="ALARM(a)"), alarm(alarm_rule="ALARM(b)")),
        "alarm_rule ALARM(a) → ALARM(b)",
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
        "destroys-data",
        entry("aws_s3_bucket_lifecycle_configuration", None, lifecycle(30)),
        "objects under data_capture/ are deleted after 30 days, before: kept for ever",
    ),
    (
        "encryption",
        entry("aws_sqs_queue", None, {"name": "q", "sqs_managed_sse_enabled": False}),
        "queue q is new and not encrypted",
    ),
    ("encryption", entry("aws_sns_topic", None, {"name": "t"}), "topic t is new and not encrypted"),
    (
        "log-retention",
        entry("aws_cloudwatch_log_group", None, GROUP | {"retention_in_days": 0}),
        "log group /aws/lambda/f is new and has no retention",
    ),
]

GREEN = {
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


@pytest.mark.parametrize(("gate", "made", "words"), RED, ids=[f"{gate}: {words}" for gate, _, words in RED])
def test_a_gate_trips(gate: str, made: dict[str, Any], words: str) -> None:
    found = tripped(made)

    assert any(words in what for what in found.get(gate, [])), found


@pytest.mark.parametrize("made", GREEN.values(), ids=GREEN)
def test_no_gate_trips_for(made: dict[str, Any]) -> None:
    assert tripped(made) == {}


def test_every_gate_has_a_red_example() -> None:
    elsewhere = {"accuracy-floor", "secret-in-clear"}

    assert {gate for gate, _, _ in RED} | elsewhere == {gate.name for gate in GATES}


def test_gates_have_names_that_ALLOW_can_hold_and_say_who_agrees() -> None:  # noqa: N802
    for gate in GATES:
        assert gate.name == gate.name.lower() and " " not in gate.name and "," not in gate.name
        assert gate.guards and gate.approver
    assert len({gate.name for gate in GATES}) == len(GATES)


def test_a_trip_names_the_resource_and_why_it_is_replaced() -> None:
    made = entry("aws_sagemaker_endpoint", endpoint(), endpoint(name="new"), REPLACE)
    made["change"]["replace_paths"] = [["name"]]

    (trip,) = trips(plan(made), Context("dev"))

    assert trip.address == "module.x.aws_sagemaker_endpoint.this"
    assert trip.what == "replaces endpoint scones-dev, because name changes from scones-dev to new"


def test_what_guards_a_bucket_may_go_with_it() -> None:
    found = tripped(
        entry("aws_s3_bucket", BUCKET, None),
        entry("aws_s3_bucket_public_access_block", block(), None),
        entry("aws_s3_bucket_versioning", versions("Enabled"), None),
        entry("aws_s3_bucket_server_side_encryption_configuration", bucket_key(), None),
        entry("aws_s3_bucket_policy", bucket_policy(DENY_PLAIN), None),
    )

    assert set(found) == {"destroys-bucket"}


def test_a_lifecycle_of_a_new_bucket_says_what_was_meant_from_the_start() -> None:
    made = entry("aws_s3_bucket", None, BUCKET)
    first = entry("aws_s3_bucket_lifecycle_configuration", None, lifecycle(30))

    assert "destroys-data" not in tripped(made, first)


NEW_BUCKET = (
    entry("aws_s3_bucket", None, BUCKET),
    entry("aws_s3_bucket_public_access_block", None, block()),
    entry("aws_s3_bucket_server_side_encryption_configuration", None, bucket_key()),
    entry("aws_s3_bucket_versioning", None, versions("Enabled")),
    entry("aws_s3_bucket_policy", None, bucket_policy(DENY_PLAIN)),
)


def test_a_bucket_is_born_with_all_that_protects_it() -> None:
    assert tripped(*NEW_BUCKET) == {}


@pytest.mark.parametrize(
    ("missing", "gate", "words"),
    [
        (1, "public-access", "bucket data is new and has no public-access block"),
        (2, "encryption", "bucket data is new and says nothing of its encryption"),
        (3, "versioning", "bucket data is new and keeps no versions"),
        (4, "tls-only", "bucket data is new and takes requests without TLS"),
    ],
)
def test_a_bucket_that_is_born_without_one_of_them_trips(missing: int, gate: str, words: str) -> None:
    left = [one for place, one in enumerate(NEW_BUCKET) if place != missing]
    other = NEW_BUCKET[missing]
    elsewhere = other | {"change": other["change"] | {"after": other["change"]["after"] | {"bucket": "else"}}}

    assert tripped(*left) == {gate: [words]}
    assert tripped(*left, elsewhere)[gate] == [words]


def test_a_bucket_whose_name_is_not_known_yet_is_protected_by_its_module() -> None:
    nameless = [
        one | {"change": one["change"] | {"after": one["change"]["after"] | {"bucket": UNKNOWN}}}
        for one in NEW_BUCKET
    ]

    assert tripped(*nameless) == {}
    assert set(tripped(nameless[0])) == {"public-access", "encryption", "versioning", "tls-only"}


def test_a_log_group_is_born_with_a_key_where_others_have_one() -> None:
    bare = {"name": "new", "retention_in_days": 30}
    new = entry("aws_cloudwatch_log_group", None, bare)
    other = entry("aws_cloudwatch_log_group", GROUP, GROUP)

    assert tripped(new) == {}
    assert tripped(new, other) == {
        "encryption": ["log group new is new and has no key, as other log groups have"]
    }


def test_an_alarm_may_follow_what_gets_another_name() -> None:
    renamed = entry("aws_sagemaker_endpoint", endpoint(), endpoint(name="scones-dev-2"), REPLACE)
    follows = entry(
        "aws_cloudwatch_metric_alarm",
        alarm(),
        alarm(dimensions={"EndpointName": "scones-dev-2", "VariantName": "AllTraffic"}),
    )

    assert "alarms" not in tripped(renamed, follows)
    assert "alarms" in tripped(follows)


def test_an_alarm_may_go_with_what_it_watches() -> None:
    found = tripped(
        entry("aws_sagemaker_endpoint", endpoint(), None),
        entry("aws_cloudwatch_metric_alarm", alarm(), None),
    )

    assert set(found) == {"destroys-endpoint"}


def test_an_alarm_may_not_go_because_something_else_of_that_name_goes() -> None:
    found = tripped(
        entry("aws_cloudwatch_dashboard", {"dashboard_name": "scones-dev", "id": "scones-dev"}, None),
        entry("aws_cloudwatch_metric_alarm", alarm(), None),
    )

    assert set(found) == {"alarms"}


def test_an_alarm_that_computes_from_metrics_may_go_with_what_it_watches() -> None:
    query = [{"metric": [{"dimensions": {"QueueName": "scones-dev-review"}}]}, {"expression": "a + b"}]
    found = tripped(
        entry("aws_sqs_queue", QUEUE, None),
        entry("aws_cloudwatch_metric_alarm", alarm(dimensions=None, metric_query=query), None),
    )

    assert set(found) == {"destroys-data"}


def test_a_topic_that_alarms_send_to_may_not_go_without_them() -> None:
    topic = entry("aws_sns_topic", {"name": "failures", "arn": TOPIC}, None)
    subscription = entry("aws_sns_topic_subscription", {"topic_arn": TOPIC, "endpoint": "a@b.c"}, None)
    kept = entry("aws_cloudwatch_metric_alarm", alarm(), alarm())

    assert len(tripped(topic, subscription, kept)["alarms"]) == 2
    assert tripped(topic, subscription) == {}


def test_what_an_interrupted_replacement_left_behind_trips_nothing() -> None:
    left = entry("aws_sqs_queue", QUEUE, None) | {"deposed": "0123abcd"}

    assert tripped(left) == {}


def evaluation(right: int, wrong: int) -> Evaluation:
    answers = [*[Answer(0.9, True)] * right, *[Answer(0.9, False)] * wrong]
    return Evaluation({str(place): answer for place, answer in enumerate(answers)})


NEW_MODEL = entry("aws_sagemaker_model", {"name": "a"}, {"name": "b"}, REPLACE_AFTER)


def model(accuracy: float | None = None) -> dict[str, Any]:
    return {
        "model": {
            "training_job_name": "job",
            "metrics": {} if accuracy is None else {"validation:accuracy": accuracy},
        }
    }


def test_a_model_below_the_floor_trips() -> None:
    found = tripped(NEW_MODEL, variables=model(0.7), accuracy_floor=0.8)

    assert found == {"accuracy-floor": ["the model's accuracy is 0.700, below the floor of 0.8"]}


def test_a_model_above_the_floor_passes() -> None:
    assert tripped(NEW_MODEL, variables=model(0.8), accuracy_floor=0.8) == {}


def test_without_a_floor_any_model_passes() -> None:
    assert tripped(NEW_MODEL, variables=model(0.1)) == {}


def test_a_model_of_unknown_accuracy_trips_where_there_is_a_floor() -> None:
    found = tripped(NEW_MODEL, variables=model(), accuracy_floor=0.8)

    assert found == {"accuracy-floor": ["the model's accuracy is unknown, and the floor is 0.8"]}


def test_an_evaluation_counts_more_than_what_training_measured() -> None:
    assert "accuracy-floor" in tripped(
        NEW_MODEL, variables=model(0.99), accuracy_floor=0.8, evaluations={"job": evaluation(35, 15)}
    )
    assert not tripped(
        NEW_MODEL, variables=model(0.1), accuracy_floor=0.8, evaluations={"job": evaluation(45, 5)}
    )


def test_a_model_that_few_pictures_speak_for_is_not_opened() -> None:
    few = {"job": evaluation(45, 4)}

    found = tripped(NEW_MODEL, variables=model(0.99), accuracy_floor=0.8, evaluations=few)

    assert found == {
        "accuracy-floor": [
            "the model was evaluated on 49 pictures, and it takes 50 to tell whether it is above the floor "
            "of 0.8"
        ]
    }
    assert tripped(NEW_MODEL, variables=model(0.99), evaluations=few) == {}


def test_a_model_that_is_bad_on_few_pictures_is_said_to_be_bad() -> None:
    found = tripped(NEW_MODEL, variables=model(), accuracy_floor=0.8, evaluations={"job": evaluation(1, 3)})

    assert found == {"accuracy-floor": ["the model's accuracy is 0.250, below the floor of 0.8"]}


def test_an_endpoint_that_comes_back_opens_its_model() -> None:
    back = entry("aws_sagemaker_endpoint", None, endpoint("a"))

    assert "accuracy-floor" in tripped(back, variables=model(0.7), accuracy_floor=0.8)


def test_a_bad_model_that_serves_already_is_not_opened_by_another_change() -> None:
    tags = entry("aws_sagemaker_model", {"name": "a"}, {"name": "a", "tags": {"Team": "routing"}})

    assert tripped(tags, variables=model(0.1), accuracy_floor=0.8) == {}


def test_a_bad_model_is_not_opened_by_a_plan_that_pauses() -> None:
    gone = entry("aws_sagemaker_endpoint", endpoint("a"), None)

    assert "accuracy-floor" not in tripped(NEW_MODEL, gone, variables=model(0.1), accuracy_floor=0.8)
    assert tripped(NEW_MODEL, variables=model(0.1) | {"paused": True}, accuracy_floor=0.8) == {}


def test_a_key_that_is_forgotten_is_not_said_to_be_no_longer_rotated() -> None:
    found = tripped(entry("aws_kms_key", MASTER, None, ["forget"]))

    assert len(found["destroys-key"]) == 1


def test_a_bad_model_is_opened_by_a_plan_that_only_forgets_the_endpoint() -> None:
    left = entry("aws_sagemaker_endpoint", endpoint("a"), None, ["forget"])

    assert "accuracy-floor" in tripped(NEW_MODEL, left, variables=model(0.1), accuracy_floor=0.8)


def test_a_secret_in_clear_trips_once_it_is_put_there() -> None:
    care = Finding(Risk.CARE, "`environment.API_TOKEN` holds a password, in clear", "a.b")
    note = Finding(Risk.NOTE, "`environment.OLD` holds a password, in clear", "a.b")

    found = tripped(entry("aws_s3_bucket", BUCKET, BUCKET), secrets_in_clear=(care, note))

    assert found == {"secret-in-clear": [care.text]}


def test_a_secret_is_found_in_the_plan_itself_where_nobody_looked_before() -> None:
    made = entry(
        "aws_lambda_function",
        {"function_name": "f"},
        {"function_name": "f", "environment": [{"variables": {"API_TOKEN": "Zk3vQ9xW2mN8pL5tR7"}}]},
    )

    assert "secret-in-clear" in tripped(made)


def test_destroying_everything_trips_the_gates_of_what_does_not_come_back() -> None:
    found = tripped(
        entry("aws_sagemaker_endpoint", endpoint("a", "b"), None),
        entry("aws_sagemaker_endpoint_configuration", configuration(), None),
        entry("aws_kms_key", MASTER, None),
        entry("aws_s3_bucket", BUCKET, None),
        entry("aws_sqs_queue", QUEUE, None),
        entry("aws_iam_role_policy", role_policy(PASS), None),
    )

    assert set(found) == {"destroys-endpoint", "destroys-key", "destroys-bucket", "destroys-data"}
