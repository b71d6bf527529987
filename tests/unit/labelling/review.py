"""A review queue on local AWS: real SQS and S3, with pictures that wait for a person."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from botocore.config import Config
from PIL import Image

from scones.labelling.claims import ReviewQueue
from scones.labelling.labels import LabelStore
from scones.labelling.session import Session
from scones.settings import REPOSITORY

CLASSES = ["bicycle", "motorcycle"]
CAUSE = "confidence 0.61 for bicycle is below the threshold 0.93: a person has to look at the picture"
_numbers = itertools.count()


@contextmanager
def local_aws(home: Path) -> Iterator[str]:
    """A server of its own; its address."""
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "scripts")}
    with (home.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["endpoint_url"]
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


def picture(side: int = 32) -> bytes:
    """A PNG that no other call gives: a gradient with a number in its corner."""
    number = next(_numbers)
    ramp = np.linspace(0, 255, side, dtype=np.uint8)
    pixels = np.stack([ramp + np.zeros_like(ramp)[:, None], ramp[::-1, None] + np.zeros_like(ramp)] * 2, -1)
    pixels = np.ascontiguousarray(pixels[..., :3])
    pixels[0, 0] = number >> 16 & 255, number >> 8 & 255, number & 255
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Review:
    """One queue and one bucket of their own. `claim_seconds` is how long a session claims a message."""

    endpoint_url: str
    claim_seconds: int = 60
    dead_letter_after: int | None = None
    name: str = field(default_factory=lambda: f"review-{uuid.uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self.s3, self.sqs = self.client("s3"), self.client("sqs")
        self.s3.create_bucket(Bucket=self.name)
        attributes = {}
        if self.dead_letter_after:
            url = self.sqs.create_queue(QueueName=f"{self.name}-dead-letter")["QueueUrl"]
            told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
            policy = {"deadLetterTargetArn": told["QueueArn"], "maxReceiveCount": self.dead_letter_after}
            attributes = {"RedrivePolicy": json.dumps(policy)}
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"max_attempts": 1}),
        )

    def session(
        self, by: str = "ada", sqs: Any = None, s3: Any = None, classes: list[str] = CLASSES, **words: Any
    ) -> Session:
        """A person's session, with clients of its own unless they are given."""
        queue = ReviewQueue(sqs or self.client("sqs"), self.url, self.claim_seconds, wait_seconds=0)
        s3 = s3 or self.client("s3")
        return Session(queue, LabelStore(s3, self.name, classes, by), s3, self.name, **words)

    def put(self, key: str, data: bytes) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=data)

    def send(self, body: str | dict[str, Any]) -> str:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.sqs.send_message(QueueUrl=self.url, MessageBody=text)["MessageId"]

    def message(self, key: str, **fields: Any) -> dict[str, Any]:
        """What the state machine's QueueForReview sends."""
        return {
            "s3_bucket": self.name,
            "s3_key": key,
            "inferences": [0.61, 0.39],
            "inference_id": str(uuid.uuid4()),
            "execution_id": f"arn:aws:states:us-east-1:123456789012:execution:classify:{key}",
            "error": "THRESHOLD_CONFIDENCE_NOT_MET",
            "cause": json.dumps({"errorMessage": CAUSE, "errorType": "THRESHOLD_CONFIDENCE_NOT_MET"}),
        } | fields

    def doubt(self, *keys: str, **fields: Any) -> list[bytes]:
        """Pictures that wait, each another one."""
        pictures = [picture() for _ in keys]
        for key, data in zip(keys, pictures, strict=True):
            self.put(key, data)
            self.send(self.message(key, **fields))
        return pictures

    def labels(self) -> dict[str, tuple[str, dict[str, str]]]:
        """{object key: (content, metadata)} of the labels that were written."""
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix="labels/").get("Contents", [])
        answers = {one["Key"]: self.s3.get_object(Bucket=self.name, Key=one["Key"]) for one in found}
        return {key: (answer["Body"].read().decode(), answer["Metadata"]) for key, answer in answers.items()}

    def classes(self) -> dict[str, str]:
        """{picture's sha256: class} of the labels that were written."""
        return {
            key.removeprefix("labels/").removesuffix(".lst"): metadata["class"]
            for key, (_, metadata) in self.labels().items()
        }

    def left(self) -> tuple[int, int]:
        """Messages that wait and that are claimed, in the queue itself."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return int(told[names[0]]), int(told[names[1]])
