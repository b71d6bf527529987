"""Short ways to write policies, requests and decisions down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from localaws.permissions import policies
from localaws.permissions.conditions import Context
from localaws.permissions.evaluation import Decision, Policies, decide
from localaws.permissions.policies import Caller, Policy, Request

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/one"
OBJECT = "arn:aws:s3:::pictures/in/a.png"
CALLER = Caller(SESSION, ACCOUNT, ROLE)

Statement = dict[str, Any]


def allow(action: Any = "s3:GetObject", resource: Any = OBJECT, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = OBJECT, **more: Any) -> Statement:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def policy(*statements: Statement) -> Policy:
    return policies.read("policy", document(*statements))


def request(
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    context: Mapping[str, Sequence[str]] | None = None,
    caller: Caller = CALLER,
    unknown: frozenset[str] = frozenset(),
) -> Request:
    values = {key.lower(): tuple(value) for key, value in (context or {}).items()}
    return Request(caller, action, resource, Context(values, lambda key: key not in unknown))


def ask(*identity: Statement, **asked: Any) -> Decision:
    """What the role's own policy alone says of a request."""
    return decide(request(**asked), Policies(identity=[policy(*identity)]))
