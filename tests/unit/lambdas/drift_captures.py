"""Captures and a baseline in a store of the tests' own, and monitor-drift called with them."""

import base64
import io
import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from .conftest import load_function

FUNCTION = load_function("monitor-drift", OUT_OF_DOMAIN_LIMIT="0.5")
CAPTURES = "data_capture/scones-test/AllTraffic"
BASELINE_KEY = "models/job/baseline.json"
HOUR = datetime(2025, 10, 4, 10, tzinfo=UTC)
NOW = HOUR + timedelta(hours=1, minutes=15)
SHADES = ("brightness", "red", "green", "blue")


class Store:
    """An S3 client over a dictionary of keys; a key in `refused` is answered with that error code.

    Captures are delivered at the beginning of their folder's hour where `delivered` does not say otherwise.
    """

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = dict(objects)
        self.delivered: dict[str, datetime] = {}
        self.refused: dict[str, str] = {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "scones-data"
        code = self.refused.get(Key) or (None if Key in self.objects else "NoSuchKey")
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")
        content = self.objects[Key]
        return {"Body": StreamingBody(io.BytesIO(content), len(content))}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803
        self.objects[Key] = Body

    def get_paginator(self, name: str) -> "Store":
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        found = sorted(key for key in [*self.objects, *self.refused] if key.startswith(Prefix))
        for at in range(0, max(1, len(found)), 2):
            page = found[at : at + 2]
            listed = [{"Key": key, "LastModified": self.delivered.get(key, hour_of(key))} for key in page]
            yield {"Contents": listed} if page else {}


def hour_of(key: str) -> datetime:
    year, month, day, hour = map(int, key.removeprefix(f"{CAPTURES}/").split("/")[:4])
    return datetime(year, month, day, hour, tzinfo=UTC)


def folder(time: datetime) -> str:
    return f"{CAPTURES}/{time:%Y/%m/%d/%H}"


def line(answer: object, time: datetime = HOUR, encoding: str = "JSON") -> bytes:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
    output = {"observedContentType": "application/json", "mode": "OUTPUT", "data": data, "encoding": encoding}
    record = {
        "captureData": {"endpointInput": {"data": "aGk=", "encoding": "BASE64"}, "endpointOutput": output},
        "eventMetadata": {"eventId": "e", "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"},
        "eventVersion": "0",
    }
    return json.dumps(record).encode() + b"\n"


def verbose(confidence: float, label: int = 0, score: float = 0.1, shade: float = 0.5) -> dict[str, Any]:
    rest = 1 - confidence
    return {
        "probabilities": [confidence, rest] if label == 0 else [rest, confidence],
        "out_of_domain": score,
        "statistics": dict.fromkeys(SHADES, shade),
    }


def pictures(count: int, rng: random.Random, shade: float = 0.5, score: float = 0.1) -> list[dict[str, Any]]:
    return [
        verbose(
            1 - 0.4 * rng.random() ** 3,
            rng.randrange(2),
            min(1.0, abs(rng.gauss(score, 0.1))),
            min(1.0, max(0.0, rng.gauss(shade, 0.1))),
        )
        for _ in range(count)
    ]


def baseline(answers: list[dict[str, Any]]) -> bytes:
    labels = [answer["probabilities"].index(max(answer["probabilities"])) for answer in answers]
    content = {
        "pictures": len(answers),
        "confidence": sorted(max(answer["probabilities"]) for answer in answers),
        "class_share": [labels.count(label) / len(labels) for label in (0, 1)],
        "statistics": {name: sorted(answer["statistics"][name] for answer in answers) for name in SHADES},
        "out_of_domain": sorted(answer["out_of_domain"] for answer in answers),
        "out_of_domain_limit": 0.5,
    }
    return json.dumps(content).encode()


def store(lines: Iterable[bytes], base: bytes | None = None, at: datetime = HOUR) -> Store:
    known = baseline(pictures(100, random.Random(0))) if base is None else base
    return Store({BASELINE_KEY: known, f"{folder(at)}/00-00-000-a.jsonl": b"".join(lines)})


def monitor(
    objects: Store, event: object = None, function: Any = FUNCTION, now: datetime = NOW
) -> dict[str, Any]:
    return function.monitor(event, function.SETTINGS, objects, clock=now.timestamp)


def failure(event: object, objects: Store | None = None) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        monitor(objects or store([]), event)
    return type(raised.value).__name__, str(raised.value)
