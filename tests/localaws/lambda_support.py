"""Functions written inside a test: source text to a deployed function."""

from __future__ import annotations

import io
import json
import textwrap
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

from .conftest import ClientOf

SERVICES = [f"{name}.amazonaws.com" for name in ("lambda", "states", "events", "scheduler")]
ASSUME = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [ASSUME]})
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]})


def unique(stem: str) -> str:
    return f"{stem}-{uuid.uuid4().hex[:8]}"


def role(aws: ClientOf, name: str = "test-role") -> str:
    iam = aws("iam")
    try:
        arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=EVERYTHING)
    return arn


def role_of(aws: ClientOf, service: str, **may: Any) -> str:
    """A role for one service, with one statement if there is any."""
    trust = {**ASSUME, "Principal": {"Service": f"{service}.amazonaws.com"}}
    name, iam = unique("role"), aws("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    if may:
        document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **may}]})
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
    return arn


def zipped(source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", textwrap.dedent(source))
    return content.getvalue()


def deploy(aws: ClientOf, source: str, **settings: Any) -> str:
    """Create a function whose module is `source`; its name."""
    name = settings.pop("name", None) or unique("function")
    aws("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=settings.pop("role", None) or role(aws),
        Handler="handler.handler",
        Code={"ZipFile": zipped(source)},
        **{"Timeout": 30, **settings},
    )
    return name


def invoke(aws: ClientOf, name: str, event: Any = None, **how: Any) -> Any:
    """The answer, with its payload parsed under "body"."""
    answer = aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}), **how)
    text = answer["Payload"].read()
    return {**answer, "body": json.loads(text) if text else None}


def log_lines(aws: ClientOf, group: str) -> list[str]:
    return [event["message"] for event in aws("logs").filter_log_events(logGroupName=group)["events"]]


def queue(aws: ClientOf, **attributes: str) -> tuple[str, str]:
    """(url, arn) of a new queue that everybody may send to."""
    sqs, anybody = aws("sqs"), {**ALLOW, "Principal": "*", "Action": "sqs:SendMessage"}
    open_to_all = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [anybody]})}
    url = sqs.create_queue(QueueName=unique("queue"), Attributes=open_to_all | attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages(aws: ClientOf, url: str, count: int = 1) -> list[dict[str, Any]]:
    """The queue's next `count` messages: long polling waits for them, nothing sleeps."""
    return list(_received(aws, url, count))


def _received(aws: ClientOf, url: str, count: int) -> Iterator[dict[str, Any]]:
    for _ in range(20):
        answer = aws("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=2, MaxNumberOfMessages=1, MessageAttributeNames=["All"]
        )
        for message in answer.get("Messages", []):
            aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield message
            count -= 1
        if count <= 0:
            return
