"""Data capture, as SageMaker writes it: what an endpoint was asked and what it answered.

A capture file holds one JSON object a line, many lines a file. A line that cannot be read is reported with
its file and line, and the others still count: a delivery that was cut off must not hide an hour of answers.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class BadRecord(ValueError):
    """A line of a capture file is no readable capture record; the message says why."""


@dataclass(frozen=True)
class Capture:
    """One inference that was captured. Its picture stays in the file: `read_image` fetches it."""

    event_id: str
    inference_id: str | None  # what the caller gave invoke_endpoint as InferenceId
    time: datetime  # aware, UTC; whole seconds, as SageMaker writes it
    inferences: tuple[float, ...]  # one probability a class, in the model's order
    content_type: str
    image_digest: str | None  # SHA-256 of the picture's bytes; None when input was not captured
    file: Path
    line: int  # from 1
    offset: int  # bytes from the start of the file
    out_of_domain: float | None = None  # 0 to 1, higher: less like the training pictures; None: not known
    statistics: tuple[tuple[str, float], ...] = ()  # name and value, 0 to 1, of the picture's brightness, ...

    @property
    def confidence(self) -> float:
        return max(self.inferences)

    @property
    def predicted(self) -> int:
        """The index of the class that the model finds the likeliest (the first one, if several are)."""
        return self.inferences.index(self.confidence)


@dataclass(frozen=True)
class Fault:
    """A line that holds no readable record."""

    file: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file.name}, line {self.line}: {self.reason}"


@dataclass(frozen=True)
class Reading:
    """What capture files hold: the captures in time order, and the lines that could not be read."""

    captures: list[Capture]
    faults: list[Fault]
    repeats: int = 0  # records left out because another line holds the same event
    files: int = 0


def read_captures(files: Iterable[Path]) -> Reading:
    """Read every record of every file."""
    captures: dict[str, Capture] = {}
    faults: list[Fault] = []
    count = records = 0
    for count, file in enumerate(sorted(files), start=1):  # noqa: B007
        offset = 0
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        capture = parse_line(line, file, number, offset)
                        captures.setdefault(capture.event_id, capture)
                        records += 1
                    except BadRecord as error:
                        faults.append(Fault(file, number, str(error)))
                offset += len(line)
    in_order = sorted(captures.values(), key=lambda capture: (capture.time, capture.file, capture.line))
    return Reading(in_order, faults, records - len(captures), count)


def read_captures_in(directory: Path) -> Reading:
    """Read every .jsonl file in a folder and the folders below it."""
    return read_captures(path for path in directory.rglob("*.jsonl") if path.is_file())


def read_image(capture: Capture) -> bytes | None:
    """Return the bytes that the endpoint was sent; None when the endpoint does not capture its input."""
    with capture.file.open("rb") as lines:
        lines.seek(capture.offset)
        return _input_bytes(_json_object(lines.readline()))


def simple_getter(record: Mapping[str, Any]) -> tuple[list[float], datetime]:
    """Return (one probability a class, the time of the inference) of a decoded capture record.

    The time is an aware datetime in UTC. BadRecord when the record lacks either.
    """
    return _answer(record).probabilities, _time(record)


def parse_line(line: bytes, file: Path, number: int = 1, offset: int = 0) -> Capture:
    """Return the capture that one line of a capture file holds; BadRecord when it holds none."""
    record = _json_object(line)
    answer, time = _answer(record), _time(record)
    image = _input_bytes(record)
    metadata = record["eventMetadata"]
    inference_id = metadata.get("inferenceId")
    return Capture(
        event_id=str(metadata.get("eventId") or f"{file}:{number}"),
        inference_id=str(inference_id) if inference_id else None,
        time=time,
        inferences=tuple(answer.probabilities),
        content_type=str(_side(record, "endpointInput").get("observedContentType", "")),
        image_digest=None if image is None else hashlib.sha256(image).hexdigest(),
        file=file,
        line=number,
        offset=offset,
        out_of_domain=answer.out_of_domain,
        statistics=tuple(answer.statistics.items()),
    )


# --- The parts of a record ---------------------------------------------------------------------------


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        ended = "" if line.endswith(b"\n") else ", and the file ends there: it was cut off"
        raise BadRecord(f"not JSON ({_shortly(error)}){ended}") from None
    if not isinstance(record, dict):
        raise BadRecord(f"a JSON object was expected, not {type(record).__name__}")
    return record


def _side(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return captureData.endpointInput or .endpointOutput, an empty one when that side is not captured."""
    data = record.get("captureData")
    side = data.get(name) if isinstance(data, dict) else None
    return side if isinstance(side, dict) else {}


def _input_bytes(record: Mapping[str, Any]) -> bytes | None:
    side = _side(record, "endpointInput")
    return _decoded(side, "endpointInput") if side else None


def _decoded(side: Mapping[str, Any], name: str) -> bytes:
    """Return one side's bytes. SageMaker writes text as JSON or CSV and anything else as BASE64."""
    data, encoding = side.get("data"), side.get("encoding")
    if not isinstance(data, str):
        raise BadRecord(f"{name} has no data")
    if encoding in ("JSON", "CSV"):
        return data.encode("utf-8", errors="surrogatepass")
    if encoding != "BASE64":
        raise BadRecord(f"{name} has the encoding {encoding!r}: expected BASE64, JSON or CSV")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadRecord(f"{name} is not base64") from None


@dataclass(frozen=True)
class _Answer:
    probabilities: list[float]
    out_of_domain: float | None
    statistics: dict[str, float]


def _answer(record: Mapping[str, Any]) -> _Answer:
    """Return what the endpoint answered, in whichever form the caller had asked for.

    A bare array, {"prediction": [...]}, a line of CSV, or {"probabilities": [...], "out_of_domain": ...,
    "statistics": {...}}. The last two fields may be missing: not every algorithm knows them.
    """
    side = _side(record, "endpointOutput")
    if not side:
        raise BadRecord("no endpointOutput: the endpoint does not capture its output")
    try:
        text = _decoded(side, "endpointOutput").decode()
        answer = _csv(text) if _is_csv(side) else json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadRecord):
            raise
        raise BadRecord(f"the endpoint's answer cannot be read ({_shortly(error)})") from None
    if not isinstance(answer, dict):
        return _Answer(_probabilities(answer), None, {})
    values = answer["probabilities"] if "probabilities" in answer else answer.get("prediction")
    return _Answer(
        _probabilities(values), _score(answer.get("out_of_domain")), _statistics(answer.get("statistics"))
    )


def _probabilities(values: object) -> list[float]:
    if not isinstance(values, list) or not values or not all(map(_is_probability, values)):
        raise BadRecord("the endpoint's answer is not a list of probabilities")
    return [float(value) for value in values]


def _score(value: Any) -> float | None:
    if value is None:
        return None
    if not _is_probability(value):
        raise BadRecord("the answer's out_of_domain is not a number from 0 to 1")
    return float(value)


def _statistics(values: Any) -> dict[str, float]:
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(map(_is_probability, values.values())):
        raise BadRecord("the answer's statistics are not numbers from 0 to 1")
    return {name: float(value) for name, value in values.items()}


def _is_csv(side: Mapping[str, Any]) -> bool:
    return side.get("encoding") == "CSV" or "csv" in str(side.get("observedContentType"))


def _csv(text: str) -> list[float]:
    return [float(value) for value in text.strip().split(",")]


def _is_probability(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= 1
    )


def _time(record: Mapping[str, Any]) -> datetime:
    metadata = record.get("eventMetadata")
    text = metadata.get("inferenceTime") if isinstance(metadata, dict) else None
    try:
        time = datetime.fromisoformat(str(text))
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadRecord(f"inferenceTime is {text!r}: expected a time such as 2024-01-28T12:09:35Z") from None


def _shortly(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:80] or type(error).__name__
