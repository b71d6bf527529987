"""Capture records and files for the tests, as SageMaker writes them."""

import base64
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

SHADES = ("red", "orange", "yellow", "green", "blue", "purple", "grey")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def picture(colour: str = "orange", mode: str = "RGB", size: tuple[int, int] = (32, 32)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, "PNG")
    return file.getvalue()


def record(
    event: str = "e0",
    answer: Sequence[float] = (0.97, 0.03),
    time: datetime = NOON,
    inference_id: str | None = None,
    image: bytes | None = None,
) -> dict[str, Any]:
    metadata = {"eventId": event, "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
    if inference_id:
        metadata["inferenceId"] = inference_id
    return {
        "captureData": {
            "endpointInput": {
                "observedContentType": "image/png",
                "mode": "INPUT",
                "data": base64.b64encode(picture() if image is None else image).decode(),
                "encoding": "BASE64",
            },
            "endpointOutput": {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "data": json.dumps(list(answer)),
                "encoding": "JSON",
            },
        },
        "eventMetadata": metadata,
        "eventVersion": "0",
    }


def series(confidences: Sequence[float], start: datetime = NOON) -> list[dict[str, Any]]:
    """One record a confidence, ten seconds apart; inference ids i0, i1, …"""
    return [
        record(
            f"e{i}", (value, 1 - value), start + timedelta(seconds=10 * i), f"i{i}", picture(SHADES[i % 7])
        )
        for i, value in enumerate(confidences)
    ]


def lines(records: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def write(file: Path, records: Sequence[dict[str, Any]], tail: bytes = b"") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(lines(records) + tail)
    return file
