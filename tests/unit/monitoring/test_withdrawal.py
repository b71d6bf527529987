"""Messages about a demonstration's pictures leave the review queue; all others stay."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.labelling.claims import ReviewQueue
from scones.monitoring.withdrawal import withdraw

OWN = [json.dumps({"s3_key": f"drift-demo/run/dark-{number:04}-a.png"}) for number in range(23)]
OTHERS = [
    json.dumps({"s3_key": "drift-demo/another/dark-0000-a.png"}),
    json.dumps({"s3_key": "incoming/a.png"}),
    json.dumps({"s3_key": None}),
    "[1, 2]",
    "no JSON",
]


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.Session("testing", "testing", region_name="us-east-1").client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="review")["QueueUrl"])


def test_only_the_runs_own_messages_are_removed(sqs: Any, url: str) -> None:
    for body in [*OWN[:12], *OTHERS, *OWN[12:]]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    queue = ReviewQueue(sqs, url, wait_seconds=0)

    assert withdraw(queue, "drift-demo/run/", len(OWN)) == len(OWN)

    assert queue.count() == (len(OTHERS), 0)
    assert {claim.body for claim in queue.claim(10)} == set(OTHERS)


def test_no_more_is_looked_for_than_was_refused(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=OTHERS[1])

    assert withdraw(ReviewQueue(sqs, url, wait_seconds=0), "drift-demo/run/", 0) == 0

    assert ReviewQueue(sqs, url, wait_seconds=0).count() == (1, 0)


def test_messages_that_somebody_else_took_are_not_waited_for(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=OWN[0])

    assert withdraw(ReviewQueue(sqs, url, wait_seconds=0), "drift-demo/run/", 5) == 1
