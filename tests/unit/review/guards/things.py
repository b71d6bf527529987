"""What the gates guard, as plans have it, for the tests; and what trips in a plan."""

import json
from collections.abc import Mapping
from typing import Any

from scones.review.findings import Answer, Context, Evaluation
from scones.review.gates import trips
from scones.review.guards.protecting import FLAGS
from unit.review.plans import change, plan

KEY = "arn:aws:kms:us-east-1:123456789012:key/07d640dd"
TOPIC = "arn:aws:sns:us-east-1:123456789012:scones-dev-failures"
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


NEW_BUCKET = (
    entry("aws_s3_bucket", None, BUCKET),
    entry("aws_s3_bucket_public_access_block", None, block()),
    entry("aws_s3_bucket_server_side_encryption_configuration", None, bucket_key()),
    entry("aws_s3_bucket_versioning", None, versions("Enabled")),
    entry("aws_s3_bucket_policy", None, bucket_policy(DENY_PLAIN)),
)


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
