"""What a model answers on the evaluation set: fetched from its training job, kept beside the model.

The algorithm leaves evaluation.json in its output/data, which SageMaker packs as output.tar.gz beside
model.tar.gz. Its pictures are those of validation.lst, so models of the same data digest are compared on the
same pictures. AWS's built-in algorithm leaves no such file: then there is no evaluation, which is no error.
"""

from __future__ import annotations

import gzip
import json
import math
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from scones.errors import SconesError
from scones.review.findings import Answer, Evaluation
from scones.training.models import split_uri

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

MEMBER = "evaluation.json"
MEMBER_LIMIT = 64 << 20  # bytes: 50,000 pictures of 100 classes take some 50 MB
ARCHIVE_LIMIT = 256 << 20  # bytes unpacked, all members together
GONE = ("404", "NoSuchKey")


def evaluation_key(job_name: str) -> str:
    return f"models/{job_name}/{MEMBER}"


def publish_evaluation(s3: S3Client, bucket: str, job: dict[str, Any]) -> str | None:
    """Write what the job's model answered to models/<job>/evaluation.json; return its s3:// address.

    {"training_job": ..., "classes": 2,
     "pictures": [{"key": "a.png", "label": 0, "predicted": 0, "confidence": 0.91}, ...]}

    Returns None when the job left nothing of the kind. Raises SconesError when what it left is not whole.
    """
    uri = job["ModelArtifacts"]["S3ModelArtifacts"].rpartition("/")[0] + "/output.tar.gz"
    content = _fetch_member(s3, uri)
    if content is None:
        return None
    try:
        pictures, classes = _summarised(json.loads(content))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Damaged(uri, f"{MEMBER} in it is not what the algorithm writes", error) from None
    name = job["TrainingJobName"]
    body = json.dumps({"training_job": name, "classes": classes, "pictures": pictures})
    key = evaluation_key(name)
    s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return f"s3://{bucket}/{key}"


def fetch_evaluation(s3: S3Client, bucket: str, job_name: str) -> Evaluation | None:
    """Return what a training job's model answered, None when that is not known.

    Raises SconesError when the file is not what publish_evaluation writes.
    """
    key = evaluation_key(job_name)
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise
    uri = f"s3://{bucket}/{key}"
    if answer["ContentLength"] > MEMBER_LIMIT:
        raise _Damaged(uri, f"it has more than {MEMBER_LIMIT} bytes")
    try:
        content = json.loads(answer["Body"].read())
        pictures = [_Picture.checked(entry, content["classes"]) for entry in content["pictures"]]
        return Evaluation({key: picture.answer for key, picture in _by_key(pictures).items()})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _Damaged(uri, "it is not what 'make train' writes", error) from None


class _Damaged(SconesError):
    def __init__(self, uri: str, what: str, why: Exception | None = None) -> None:
        reason = f" ({type(why).__name__}: {' '.join(str(why).split())[:120]})" if why else ""
        super().__init__(f"{uri}: {what}{reason}; remove it to go on without an evaluation")


# --- Its content -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Picture:
    """One picture's answer: its class, the most likely class, and that one's confidence from 0 to 1."""

    key: str
    label: int
    predicted: int
    confidence: float

    @classmethod
    def checked(cls, entry: dict[str, Any], classes: int) -> _Picture:
        """Return an entry whose values are what they say; ValueError otherwise."""
        picture = cls(**entry)
        if not isinstance(picture.key, str) or not picture.key:
            raise ValueError("a picture has no key")
        for index in (picture.label, picture.predicted):
            if type(index) is not int or not 0 <= index < classes:
                raise ValueError(f"{picture.key} has class {index!r} of {classes}")
        if not _is_share(picture.confidence):
            raise ValueError(f"{picture.key} has confidence {picture.confidence!r}")
        return picture

    @property
    def answer(self) -> Answer:
        return Answer(self.confidence, self.predicted == self.label)


def _summarised(content: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Reduce each picture's probabilities to the most likely class; ValueError when they are none."""
    classes = content["classes"]
    pictures = [_most_likely(entry, classes) for entry in content["pictures"]]
    return [vars(picture) for picture in _by_key(pictures).values()], classes


def _most_likely(entry: dict[str, Any], classes: int) -> _Picture:
    values = entry["probabilities"]
    if len(values) != classes or not all(_is_share(value) for value in values):
        raise ValueError(f"{entry['key']} has no {classes} probabilities")
    if not math.isclose(sum(values), 1, abs_tol=classes * 1e-6 + 1e-4):  # each is rounded to six digits
        raise ValueError(f"the probabilities of {entry['key']} add up to {sum(values):.4f}")
    highest = max(values)
    found = {
        "key": entry["key"],
        "label": entry["label"],
        "predicted": values.index(highest),
        "confidence": highest,
    }
    return _Picture.checked(found, classes)


def _by_key(pictures: list[_Picture]) -> dict[str, _Picture]:
    found = {picture.key: picture for picture in pictures}
    if not found:
        raise ValueError("there is no picture in it")
    if len(found) != len(pictures):
        raise ValueError("a picture is in it more than once")
    return found


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


# --- The archive -------------------------------------------------------------------------------------


def _fetch_member(s3: S3Client, uri: str) -> bytes | None:
    """Return evaluation.json out of an output.tar.gz, None when either is not there."""
    bucket, key = split_uri(uri)
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise
    try:
        return _read_member(body)
    except _TooLarge as error:
        raise _Damaged(uri, str(error)) from None
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise _Damaged(uri, "it is not a gzipped tar archive", error) from None


def _read_member(packed: BinaryIO | StreamingBody) -> bytes | None:
    """Read one member in passing: nothing is written, links are not followed, a bomb is left early."""
    with (
        gzip.GzipFile(fileobj=packed) as unpacked,
        tarfile.open(fileobj=_Limited(unpacked, ARCHIVE_LIMIT), mode="r|") as tar,  # type: ignore[call-overload]
    ):
        for member in tar:
            if not member.isreg() or PurePosixPath(member.name) != PurePosixPath(MEMBER):
                continue
            if member.size > MEMBER_LIMIT:
                raise _TooLarge(f"{MEMBER} in it has more than {MEMBER_LIMIT} bytes")
            content = tar.extractfile(member)
            return content.read() if content else None
    return None


class _TooLarge(Exception):
    """More bytes than such a file ever has."""


class _Limited:
    """A stream that breaks off after so many bytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise _TooLarge("it unpacks to more bytes than an evaluation ever has")
        return content
