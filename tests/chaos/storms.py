"""Storms: faults on local AWS while pictures go through the workflow, and what has to be true of each one.

A picture is routed, or waits in the review queue once, or failed under a name that somebody was told. Never
two of these, never none. An answer of the endpoint that reached the workflow has its capture.
"""

from __future__ import annotations

import contextlib
import json
import random
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scones.inference.executions import NOT_MET
from scones.inference.runs import Run, run_pictures
from scones.waiting import Patience

Fault = dict[str, Any]
Client = Any

CALLED = ("lambda", "s3", "sagemaker-runtime", "sqs", "sns")  # by the functions and the state machine
PATIENCE = Patience(timeout=600, interval=0.2)
AT_ONCE = 16


def everywhere(kind: str, rate: float, services: Sequence[str] = CALLED, **more: Any) -> list[Fault]:
    """The fault at every service, at each by a seed of its own."""
    return [
        {"kind": kind, "service": service, "rate": rate, "seed": seed, **more}
        for seed, service in enumerate(services)
    ]


# Of a queue's answer that is lost nobody knows whether the message is there. Step Functions sends it again,
# and a standard queue, which promises to deliver at least once, then has it twice.
SURE = tuple(service for service in CALLED if service != "sqs")

STORMS: dict[str, list[Fault]] = {
    "throttled": everywhere("throttle", 0.2),
    "internal errors": everywhere("error", 0.2),
    "slow": everywhere("latency", 0.2, seconds=0.3),
    "slower than patience": everywhere("latency", 0.03, ["s3"], seconds=6),
    "dropped": everywhere("drop", 0.2),
    "answers lost": everywhere("lose-answer", 0.2, SURE),
    "workers killed": [{"kind": "kill-worker", "rate": 0.02, "count": 10}],
    "sessions expired": everywhere("expire", 0.05),
    "everything": [
        *everywhere("throttle", 0.05),
        *everywhere("error", 0.05),
        *everywhere("latency", 0.05, seconds=0.3),
        *everywhere("drop", 0.05),
        *everywhere("lose-answer", 0.05, SURE),
        *everywhere("expire", 0.01),
        {"kind": "kill-worker", "rate": 0.01, "count": 5},
    ],
    # Of what fails somebody can be told only while the topic answers more often than not.
    "hardly anything answers": everywhere("error", 0.6, ["lambda", "s3", "sagemaker-runtime"]),
}


@dataclass(frozen=True)
class Workflow:
    """A workflow under test on local AWS."""

    client: Callable[[str], Client]
    endpoint_url: str
    state_machine_arn: str
    bucket: str
    review_queue_url: str
    notices_url: str  # of a queue that gets everything that is published on the notification topic


def inputs(pictures: Sequence[str], broken: Sequence[str], count: int, seed: int) -> list[str]:
    """Keys of `count` objects: every tenth is one of the `broken`, which cannot be classified."""
    rng = random.Random(seed)
    return [rng.choice(broken if number % 10 == 9 else pictures) for number in range(count)]


@contextlib.contextmanager
def storm(workflow: Workflow, faults: Sequence[Fault]) -> Iterator[dict[str, int]]:
    """The faults, for the length of the block; afterwards the dictionary says how often each kind struck."""
    struck: Counter[str] = Counter()
    try:
        for fault in faults:
            _control(workflow, fault)
        yield struck
    finally:
        for fault in _control(workflow, None, "DELETE")["faults"]:
            struck[fault["kind"]] += fault["struck"]


def classify(workflow: Workflow, keys: Sequence[str]) -> list[Run]:
    """Send the objects through the workflow. StillWaiting when one does not end."""
    stepfunctions = workflow.client("stepfunctions")
    return run_pictures(
        stepfunctions, workflow.state_machine_arn, workflow.bucket, keys, PATIENCE, concurrency=AT_ONCE
    )


def judge(workflow: Workflow, runs: Sequence[Run]) -> tuple[Counter[str], list[str]]:
    """How many runs ended how, and what is wrong with those that ended in none of the three ways."""
    queued = Counter(body["execution_id"] for body in drained(workflow, workflow.review_queue_url))
    told = Counter(
        json.loads(body["Message"])["execution_id"] for body in drained(workflow, workflow.notices_url)
    )
    ends: Counter[str] = Counter()
    wrong = []
    for run in runs:
        execution = run.execution
        is_queued, is_told = queued.pop(execution.arn, 0), told.pop(execution.arn, 0)
        if execution.status == "SUCCEEDED":
            end, is_right = "routed", not is_queued and not is_told
        elif execution.error == NOT_MET:
            end, is_right = "queued", is_queued == 1 and not is_told
        else:
            end = str(execution.error)
            is_named = execution.status == "FAILED" and end != "None" and not end.startswith("States.")
            is_right = is_named and not is_queued and is_told >= 1
        ends[end] += 1
        if not is_right:
            ended = f"{execution.status} {execution.error}: {(execution.cause or '')[:200]}"
            wrong.append(f"{execution.arn} is {is_queued} times queued, {is_told} times told of, {ended}")
    strangers = [f"nobody asked for {arn}" for arn in (*queued, *told)]
    return ends, wrong + strangers


def drained(workflow: Workflow, url: str) -> Iterator[dict[str, Any]]:
    """Every message of a queue, as JSON; they are gone from it then."""
    sqs = workflow.client("sqs")
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])


def notices_of(workflow_client: Callable[[str], Client], topic_arn: str) -> str:
    """The URL of a new queue that gets everything that is published on the topic."""
    sqs = workflow_client("sqs")
    url: str = sqs.create_queue(QueueName="chaos-notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    workflow_client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return url


def _control(workflow: Workflow, asked: Fault | None, method: str | None = None) -> dict[str, Any]:
    body = json.dumps(asked).encode() if asked else None
    request = urllib.request.Request(f"{workflow.endpoint_url}/_localaws/faults", body, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.loads(answer.read())
        return told
