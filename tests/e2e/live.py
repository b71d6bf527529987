"""The deployed workflow, as the live checks speak to it."""

import io
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from scones.evaluation.endpoint import VERBOSE, Reply
from scones.reporting.labels import fetch_labels
from scones.rule import Rule
from scones.settings import Environment, Workflow
from scones.waiting import Patience

RUN_PATIENCE = Patience(timeout=120, interval=0.1)
CAPTURE_PATIENCE = Patience(timeout=900, interval=0.5)  # SageMaker delivers within some minutes


@dataclass
class LiveWorkflow:
    """The workflow deployed in ENV, its clients, and every inference that the checks have asked for."""

    environment: Environment
    workflow: Workflow
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    inference_ids: set[str] = field(default_factory=set)

    def client(self, service: str) -> Any:
        return self._clients.setdefault(service, self.environment.client(service))

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    @cached_property
    def labels(self) -> dict[str, int]:
        """The class index of every test picture, by key."""
        return fetch_labels(self.client("s3"), self.workflow.data_bucket)

    def read(self, key: str) -> bytes:
        answer = self.client("s3").get_object(Bucket=self.workflow.data_bucket, Key=key)
        return bytes(answer["Body"].read())

    @cached_property
    def rule(self) -> Rule:
        """When the workflow accepts an answer."""
        return Rule.deployed(self.environment.outputs("workflow"))

    def ask(self, picture: bytes) -> Reply:
        """Ask the endpoint itself, without the workflow, as the workflow's function asks it."""
        inference_id = str(uuid.uuid4())
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.workflow.endpoint_name,
            ContentType="image/png",
            Accept="application/json" if self.rule.out_of_domain_limit is None else VERBOSE,
            InferenceId=inference_id,
            Body=picture,
        )
        self.inference_ids.add(inference_id)
        found = json.loads(answer["Body"].read())
        if isinstance(found, list):
            return Reply(tuple(found), None, 0)
        return Reply(tuple(found["probabilities"]), found["out_of_domain"], 0)

    @cached_property
    def answers(self) -> dict[str, Reply]:
        """What the endpoint itself says of every test picture, by key."""
        keys = sorted(self.labels)
        self.client("s3"), self.client("sagemaker-runtime"), self.rule  # made before the threads share them
        with ThreadPoolExecutor(max_workers=4) as pool:
            return dict(zip(keys, pool.map(lambda key: self.ask(self.read(key)), keys), strict=True))


def blend(first: bytes, second: bytes, weight: float) -> bytes:
    """Return one picture out of two, as PNG: `weight` of the first and the rest of the second."""
    pixels = [
        np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), float) for picture in (first, second)
    ]
    mixed = weight * pixels[0] + (1 - weight) * pixels[1]
    png = io.BytesIO()
    Image.fromarray(mixed.round().astype(np.uint8)).save(png, "PNG")
    return png.getvalue()
