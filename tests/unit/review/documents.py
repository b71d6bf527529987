"""Policies and the resources that hold them, for the tests."""

import json
from typing import Any

from scones.review.plan import Plan
from unit.review import plans

ACCOUNT = "123456789012"
OTHER = "999999999999"
BUCKET = "arn:aws:s3:::pictures"
PLACE = {"type": {"arn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic"}}

Statement = dict[str, Any]


def allow(action: Any, resource: Any = f"{BUCKET}/*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: Any, resource: Any = f"{BUCKET}/*", **more: Any) -> Statement:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def trust(principal: Any, **more: Any) -> Statement:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TLS_ONLY = deny(
    "s3:*", [BUCKET, f"{BUCKET}/*"], Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}
)
LAMBDA = trust({"Service": "lambda.amazonaws.com"})


def role(name: str = "worker", *trusted: Statement, **more: Any) -> dict[str, Any]:
    return {"name": name, "assume_role_policy": document(*(trusted or (LAMBDA,)))} | more


def inline(*statements: Statement, name: str = "own", role: str = "worker") -> dict[str, Any]:
    return {"name": name, "role": role, "policy": document(*statements)}


def role_plan(before: list[Statement] | None, after: list[Statement] | None, *others: dict[str, Any]) -> Plan:
    """Return a plan that changes what a role may do; None is no role at all."""
    return of(
        plans.change(
            "aws_iam_role.worker",
            None if before is None else role(),
            None if after is None else role(),
        ),
        plans.change(
            "aws_iam_role_policy.own",
            None if before is None else inline(*before),
            None if after is None else inline(*after),
        ),
        *others,
    )


def trust_plan(before: list[Statement] | None, after: list[Statement]) -> Plan:
    was = None if before is None else role("worker", *before)
    return of(plans.change("aws_iam_role.worker", was, role("worker", *after)))


def bucket_plan(
    before: list[Statement] | None,
    after: list[Statement] | None,
    *,
    is_new: bool = False,
    is_gone: bool = False,
) -> Plan:
    """Return a plan that changes a bucket's policy; None is no policy."""
    held = {"bucket": "pictures"}
    return of(
        plans.change("aws_s3_bucket.pictures", None if is_new else held, None if is_gone else held),
        plans.change(
            "aws_s3_bucket_policy.pictures",
            None if before is None else held | {"policy": document(*before)},
            None if after is None else held | {"policy": document(*after)},
        ),
    )


def of(*changes: dict[str, Any], **raw: Any) -> Plan:
    """Return a plan for ACCOUNT."""
    return plans.plan(*changes, variables={"topic": {"value": PLACE["type"]}}, **raw)


def unknown(change: dict[str, Any], *names: str) -> dict[str, Any]:
    """Make attributes of a change known after apply only."""
    for name in names:
        change["change"]["after"].pop(name, None)
        change["change"]["after_unknown"][name] = True
    if change["change"]["actions"] == ["no-op"]:
        change["change"]["actions"] = ["update"]
    return change
