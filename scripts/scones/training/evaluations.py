"""What a model answers on the evaluation set: fetched from its training job, kept beside the model.

The algorithm leaves evaluation.json in its output/data, which SageMaker packs as output.tar.gz beside
model.tar.gz. Its pictures are those of validation.lst, so models of the same data digest are compared on the
same pictures. AWS's built-in algorithm leaves no such file: then there is no evaluation, which is no error.
"""

from __future__ import annotations

import gzip
import json
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import ClientError

from scones.errors import SconesError
from scones.review.findings import Answer, Evaluation
from scones.s3 import split_uri
from scones.training.record import checked

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

MEMBER = "evaluation.json"
MEMBER_LIMIT = 64 << 20  # bytes: 50,000 pictures of 100 classes take some 50 MB
ARCHIVE_LIMIT = 256 << 20  # bytes unpacked, all members together
GONE = ("404", "NoSuchKey")
NOT_SO = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def evaluation_key(job_name: str) -> str:
    return f"models/{job_name}/{MEMBER}"


def publish_evaluation(s3: S3Client, bucket: str, job: dict[str, Any]) -> str | None:
    """Write what the job's model answered to models/<job>/evaluation.json; return its s3:// address.

    The file is the job's own (see scones.training.record), with the job's name and the likeliest class of
    each picture. Returns None when the job left nothing of the kind; SconesError when that is not whole.
    """
    uri = job["ModelArtifacts"]["S3ModelArtifacts"].rpartition("/")[0] + "/output.tar.gz"
    written = _fetch_member(s3, uri)
    if written is None:
        return None
    try:
        content = checked(json.loads(written), needs_probabilities=True)
    except NOT_SO as error:
        raise _Damaged(uri, f"{MEMBER} in it is not what the algorithm writes", error) from None
    name = job["TrainingJobName"]
    body = json.dumps({"training_job": name, **content})
    key = evaluation_key(name)
    s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return f"s3://{bucket}/{key}"


def fetch_content(s3: S3Client, bucket: str, job_name: str) -> dict[str, Any] | None:
    """Return a training job's evaluation as publish_evaluation wrote it, None when there is none.

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
    if answer["ContentLength"] > 2 * MEMBER_LIMIT:  # what is published says more than the member
        raise _Damaged(uri, f"it has more than {2 * MEMBER_LIMIT} bytes")
    try:
        return checked(json.loads(answer["Body"].read()))
    except NOT_SO as error:
        raise _Damaged(uri, "it is not what 'make train' writes", error) from None


def fetch_evaluation(s3: S3Client, bucket: str, job_name: str) -> Evaluation | None:
    """Return what a plan's review compares of a job's evaluation, None when there is none.

    Raises SconesError as fetch_content does.
    """
    content = fetch_content(s3, bucket, job_name)
    if content is None:
        return None
    answers = {
        entry["key"]: Answer(
            entry["confidence"],
            entry["predicted"] == entry["label"],
            entry["predicted"],
            entry.get("out_of_domain"),
        )
        for entry in content["pictures"]
    }
    return Evaluation(answers)


class _Damaged(SconesError):
    def __init__(self, uri: str, what: str, why: Exception | None = None) -> None:
        reason = f" ({type(why).__name__}: {' '.join(str(why).split())[:120]})" if why else ""
        super().__init__(f"{uri}: {what}{reason}; remove it to go on without an evaluation")


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
