"""What local AWS remembers of roles: used, unused, denied, and which statement a call hangs on."""

from __future__ import annotations

import json
import urllib.request
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from .conftest import Account, arn, trusting
from .documents import allow

S3 = "arn:aws:s3:::"


def told(account: Account, role: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{account.endpoint_url}/_localaws/permissions", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)[role]
    return found


def test_the_report_tells_used_unused_and_denied(account: Account) -> None:
    bucket = account.bucket()
    role = account.role(
        allow(["s3:GetObject", "s3:DeleteObject"], f"{S3}{bucket}/in/*", Sid="In"),
        allow("sqs:*", "*", Sid="Queues"),
    )
    s3 = account.acting(role, "s3")
    for key in ("in/a.png", "in/a.png", "out/a.png"):
        with suppress(ClientError):
            s3.get_object(Bucket=bucket, Key=key)

    found = told(account, role)

    assert found["used"] == [{"action": "s3:GetObject", "resource": f"{S3}{bucket}/in/a.png", "count": 2}]
    assert [(call["action"], call["resource"]) for call in found["denied"]] == [
        ("s3:GetObject", f"{S3}{bucket}/out/a.png")
    ]
    assert found["unused"] == [
        {"statement": "own/In", "action": "s3:DeleteObject"},
        {"statement": "own/Queues", "action": "sqs:*"},
    ]


def test_each_statement_is_told_with_the_call_that_hangs_on_it(account: Account) -> None:
    """Nothing hangs on what another statement allows as well."""
    bucket = account.bucket()
    role = account.role(
        allow("s3:GetObject", f"{S3}{bucket}/*", Sid="Read"),
        allow("s3:List*", f"{S3}{bucket}", Sid="List"),
        allow("s3:ListBucket", "*", Sid="ListAgain"),
    )
    s3 = account.acting(role, "s3")
    s3.get_object(Bucket=bucket, Key="in/a.png")
    s3.list_objects_v2(Bucket=bucket)

    statements = told(account, role)["statements"]

    assert statements["own/Read"]["action"] == "s3:GetObject"
    assert (statements["own/List"], statements["own/ListAgain"]) == (None, None)


def test_what_a_service_does_as_a_role_counts_as_the_roles(account: Account) -> None:
    """A state machine that logs needs what Step Functions asks of its role when it is made."""
    states = {"Service": "states.amazonaws.com"}
    role = account.role(allow("logs:*", "*"), trust=trusting(Principal=states))
    group = f"arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/{role}:*"
    account.aws("logs").create_log_group(logGroupName=f"/aws/vendedlogs/states/{role}")

    account.aws("stepfunctions").create_state_machine(
        name=role,
        roleArn=arn(role),
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
        loggingConfiguration={
            "level": "ALL",
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        },
    )

    assert "logs:CreateLogDelivery" in {call["action"] for call in told(account, role)["used"]}
