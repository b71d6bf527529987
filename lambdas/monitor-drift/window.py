"""Captures of one window, read one line at a time and kept as counts, so that memory does not grow with them.

SageMaker puts a record into the folder of the hour in which its file's first record was made, and delivers it
some minutes later. So a record of this window may lie in the folder of the hour before (a file that began
there). Its own inferenceTime decides.

Some come later than that. The clock's windows follow one another, and each record belongs to one of them: to
that of its inferenceTime, or, when its file came more than GRACE after that window's end, to the later one in
which it came. S3 says when (LastModified), so that a window has the same records whenever it is looked at.
What comes more than LATEST after its hour is in none. A window that somebody asks for has what was inferred
in it and has come by now.

A record does not say which model answered. What was inferred before the present one was alone in service is
counted apart, and compared with nothing.
"""

import base64
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

# Shares are counted in this many steps: finer than what the probabilities are worth, coarse enough to be few.
STEPS = 10_000
STATISTICS = ("brightness", "red", "green", "blue")
CHUNK_BYTES = 1 << 20
# A picture of the endpoint's largest request as base64, with room to spare. More is no record.
LINE_LIMIT_BYTES = 16 << 20
HOUR = timedelta(hours=1)
# How long after its end a window still waits for files. The clock calls later than that (terraform/workflow).
GRACE = timedelta(minutes=10)
LATEST = timedelta(hours=24)


class BadRecord(Exception):
    """A line that holds no readable capture."""


class Span(NamedTuple):
    """The half-open window [start, end), and which of its records count.

    `asked` is true where somebody named it; `model_since` is when the model was alone in service, None where
    that is not known.
    """

    start: datetime
    end: datetime
    asked: bool = False
    model_since: datetime | None = None


class Seen:
    """What the captures of a window were: how often each confidence, class and statistic occurred."""

    def __init__(self, out_of_domain_limit=None):
        self.out_of_domain_limit = out_of_domain_limit
        self.files = self.lost_files = self.bad_lines = 0
        self.other_times = self.late = self.former_model = 0
        self.confidences, self.classes = Counter(), Counter()
        self.statistics = {name: Counter() for name in STATISTICS}
        self.scored = self.above_limit = 0

    @property
    def inferences(self):
        return self.classes.total()

    def add(self, answer):
        """Count one answer."""
        probabilities, score, statistics = answer
        confidence = max(probabilities)
        self.confidences[step(confidence)] += 1
        self.classes[probabilities.index(confidence)] += 1
        if score is not None:
            self.scored += 1
            self.above_limit += self.out_of_domain_limit is not None and score > self.out_of_domain_limit
        for name in STATISTICS:
            if is_share(statistics.get(name)):
                self.statistics[name][step(statistics[name])] += 1

    def summary(self):
        """What a report says of the captures themselves."""
        mean = (
            sum(value * times for value, times in self.confidences.items()) / STEPS / max(1, self.inferences)
        )
        return {
            "inferences": self.inferences,
            "files": self.files,
            "lost_files": self.lost_files,
            "bad_lines": self.bad_lines,
            "other_times": self.other_times,
            "late": self.late,
            "former_model": self.former_model,
            "classes": {str(label): times for label, times in sorted(self.classes.items())},
            "mean_confidence": round(mean, 6) if self.inferences else None,
        }


def step(share):
    """The step that a number from 0 to 1 is counted as."""
    return round(share * STEPS)


def read_window(s3, bucket, prefix, span, out_of_domain_limit=None):
    """Count every capture under `prefix` that belongs to a Span."""
    seen = Seen(out_of_domain_limit)
    for key, counts_from in _files(s3, bucket, prefix, span):
        seen.files += 1
        try:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"]
            for line in _lines(body, seen):
                _count(line, counts_from, span, seen)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
                raise
            seen.lost_files += 1  # deleted since it was listed
        except (BotoCoreError, OSError):
            seen.lost_files += 1  # the connection broke: what came before it counts
    return seen


def _files(s3, bucket, prefix, span):
    """Every capture file that may hold a record of the window, and since when it counts: None is at once.

    Those are the files of the window's hours, of the one before and of the one after; and what came late of
    the day before those.
    """
    first = span.start.replace(minute=0, second=0, microsecond=0) - HOUR
    hour = first if span.asked else first - LATEST
    while hour < span.end + HOUR:
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{prefix}{hour:%Y/%m/%d/%H}/"
        )
        for page in pages:
            for found in page.get("Contents", ()):
                counts_from = None if span.asked else found["LastModified"] - GRACE
                if found["Key"].endswith(".jsonl") and _may_hold(span, hour >= first, counts_from):
                    yield found["Key"], counts_from
        hour += HOUR


def _may_hold(span, is_near, counts_from):
    if counts_from is None:
        return True
    return counts_from < span.end and (is_near or counts_from >= span.start)


def _lines(body, seen):
    """The lines of a streamed file. One that is too long to be a record is dropped, and counted as bad."""
    rest, dropping = b"", False
    for chunk in body.iter_chunks(CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if not dropping:
                yield line
            dropping = False
        if len(rest) > LINE_LIMIT_BYTES:
            seen.bad_lines += not dropping
            rest, dropping = b"", True
    if rest and not dropping:
        yield rest


def _count(line, counts_from, span, seen):
    if not line.strip():
        return
    try:
        record = _object(line)
        time = _time(record)
        if not span.start <= (time if counts_from is None else max(time, counts_from)) < span.end:
            seen.other_times += 1
        elif span.model_since is not None and time < span.model_since:
            seen.former_model += 1
        else:
            seen.add(_answer(record))
            seen.late += time < span.start
    except BadRecord:
        seen.bad_lines += 1


# --- The parts of a record -------------------------------------------------------------------------------


def _object(text):
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRecord from error
    if not isinstance(record, dict):
        raise BadRecord
    return record


def _part(record, *names):
    for name in names:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _time(record):
    try:
        found = datetime.fromisoformat(_part(record, "eventMetadata", "inferenceTime"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRecord from error


def _answer(record):
    """The probabilities, the score (None: not known) and the statistics of what the endpoint answered.

    It may be [p, ...], {"prediction": [p, ...]}, or {"probabilities": [p, ...], "out_of_domain": x,
    "statistics": {...}}.
    """
    side = _part(record, "captureData", "endpointOutput")
    text, encoding = _part(side, "data"), _part(side, "encoding")
    try:
        content = base64.b64decode(text, validate=True) if encoding == "BASE64" else text
        answer = json.loads(content)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRecord from error
    fields = answer if isinstance(answer, dict) else {"probabilities": answer}
    probabilities = fields.get("probabilities", fields.get("prediction"))
    if not isinstance(probabilities, list) or not probabilities or not all(map(is_share, probabilities)):
        raise BadRecord
    score, statistics = fields.get("out_of_domain"), fields.get("statistics")
    return (
        probabilities,
        score if is_share(score) else None,
        statistics if isinstance(statistics, dict) else {},
    )


def is_share(value):
    """A number from 0 to 1. A comparison with NaN is false."""
    return type(value) in {int, float} and 0 <= value <= 1
