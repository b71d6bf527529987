"""Data capture: what an endpoint was asked and what it answered, in SageMaker's files.

Key: `{destination}/{endpoint}/{variant}/yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl`, the time (UTC) of the file's
first record; one JSON object a line. AWS writes a file within minutes; here it is `capture_flush_seconds`
after its first record. Only what the model answered is captured, not failed invocations. When the server
ends, S3 ends with it, so records still in memory then are not written.

Encoding (API reference, CaptureContentTypeHeader): CSV or JSON for the listed content types, else BASE64.
Parameters are no part of the comparison: the developer guide's own sample has `text/csv; charset=utf-8` as
CSV.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError

from .storage import ClientError, Storage

PAUSES = tuple(0.2 * 2**number for number in range(7))  # seconds between tries to write, 25 in all
FILE_LIMIT = 4 * 1024**2  # characters; a file is written early rather than growing without end

log = logging.getLogger("localaws")


class Payload(NamedTuple):
    content_type: str
    body: bytes


class Capture:
    """The capture of one variant."""

    def __init__(
        self,
        config: Mapping[str, Any],
        where: str,
        storage: Storage,
        flush_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.config, self.storage, self.flush_seconds = config, storage, flush_seconds
        self.prefix = f"{config['DestinationS3Uri'].rstrip('/')}/{where}"  # where: "<endpoint>/<variant>"
        self._now, self._draw = now, draw
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._begun: datetime | None = None
        self._size = 0

    def record(self, asked: Payload, answered: Payload, inference_id: str | None) -> None:
        """Capture one inference, if it is in the sample."""
        if self._draw() * 100 >= self.config["InitialSamplingPercentage"]:
            return
        moment = self._now()
        line = json.dumps(event(self.config, asked, answered, inference_id, moment), separators=(",", ":"))
        with self._lock:
            if self._begun is None:
                self._begun = moment
                timer = threading.Timer(self.flush_seconds, self.flush)
                timer.daemon = True
                timer.start()
            self._lines.append(line)
            self._size += len(line)
            full = self._size > FILE_LIMIT
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered."""
        with self._lock:
            lines, begun = self._lines, self._begun
            self._lines, self._begun, self._size = [], None, 0
        if begun is None:
            return
        text = "".join(f"{line}\n" for line in lines)
        self._write(f"{self.prefix}/{file_name(begun)}", text.encode())

    def _write(self, uri: str, content: bytes) -> None:
        """Write a file, and again under the same name while S3 is out of order."""
        for pause in (*PAUSES, None):
            try:
                self.storage.put(uri, content, self.config.get("KmsKeyId"))
                return
            except (ClientError, BotoCoreError) as error:
                if pause is None or _is_final(error):  # on AWS too the caller never hears of it
                    log.warning("data capture %s is lost: %s", uri, error)
                    return
            time.sleep(pause)


def event(
    config: Mapping[str, Any], asked: Payload, answered: Payload, inference_id: str | None, moment: datetime
) -> dict[str, Any]:
    """One line's object. `inferenceId` is there when the caller gave one."""
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    both = "InputAndOutput" in modes
    captured = {}
    if both or "Input" in modes:
        captured["endpointInput"] = _side(config, asked, "INPUT")
    if both or "Output" in modes:
        captured["endpointOutput"] = _side(config, answered, "OUTPUT")
    metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if inference_id:
        metadata["inferenceId"] = inference_id
    return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}


def _is_final(error: Exception) -> bool:
    """Whether S3 will say the same again: it is denied, or there is no such bucket."""
    if not isinstance(error, ClientError):
        return False
    return error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404)


def file_name(begun: datetime) -> str:
    return f"{begun:%Y/%m/%d/%H/%M-%S}-{begun.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"


def _side(config: Mapping[str, Any], payload: Payload, mode: str) -> dict[str, str]:
    encoding = _encoding(config.get("CaptureContentTypeHeader") or {}, payload.content_type)
    try:
        data = payload.body.decode() if encoding != "BASE64" else base64.b64encode(payload.body).decode()
    except UnicodeDecodeError:  # what calls itself text is not always
        encoding, data = "BASE64", base64.b64encode(payload.body).decode()
    return {"observedContentType": payload.content_type, "mode": mode, "data": data, "encoding": encoding}


def _encoding(listed: Mapping[str, list[str]], content_type: str) -> str:
    kind = content_type.partition(";")[0].strip()
    if kind in (listed.get("CsvContentTypes") or []):
        return "CSV"
    return "JSON" if kind in (listed.get("JsonContentTypes") or []) else "BASE64"
