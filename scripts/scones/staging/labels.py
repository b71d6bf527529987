"""Labels by people: what somebody said a picture shows, read from the bucket.

A label is an object labels/<SHA-256 of the picture's bytes>.lst. Its one line is index, label and the key of
the picture, tab-separated; its metadata `class` is the name of the class, or `neither`. The name counts: the
numbers change with the classes that are asked for.

A picture whose object is gone, or holds another picture by now, is taken from its staged copy when there is
one, so that what was learnt once is not forgotten.

Nothing here is fatal: a label that cannot be used is left out, with its reason.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from botocore.exceptions import ClientError

from scones.staging.decoding import LARGEST_BYTES, UnusablePicture, decode
from scones.staging.objects import BACKGROUND_TEST, BACKGROUND_TRAIN, TEST, TRAIN

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "labels/"
# Test pictures, and what the drift demo makes of them: darkened, they have pixels that no comparison finds.
TEST_FOLDERS = (TEST, BACKGROUND_TEST, "drift-demo/")
NEITHER = "neither"
FOLDER = "labelled/"  # below train/ and background/train/; an archive's file names have no slash

LARGEST_LABEL = 4096  # bytes; a key has at most 1,024
_NAME = re.compile(re.escape(PREFIX) + r"([0-9a-f]{64})\.lst")


@dataclass(frozen=True)
class LabelledPicture:
    """A picture that can be learnt from: `pixels` (32, 32, 3) uint8 RGB, and what it is said to show."""

    sha256: str
    class_name: str
    key: str
    pixels: np.ndarray

    @property
    def filename(self) -> str:
        """Its path below train/ or background/train/, which no other picture has."""
        return filename(self.sha256)


@dataclass(frozen=True)
class LeftOut:
    """A label that is not used, its picture's key if that is known, and why."""

    label: str
    key: str
    reason: str
    is_test: bool = False  # the picture belongs to the test split, where it has to stay


class Unusable(ValueError):
    """A label that cannot be used; str() says why."""


def filename(sha256: str) -> str:
    return f"{FOLDER}{sha256}.png"


def list_labels(s3: S3Client, bucket: str) -> list[str]:
    """Return the keys of all labels, in order."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    keys = (entry["Key"] for page in pages for entry in page.get("Contents", []))
    return sorted(key for key in keys if key.endswith(".lst"))


def read_labels(
    s3: S3Client, bucket: str, keys: Sequence[str], workers: int, advance: Callable[[], None] = lambda: None
) -> list[LabelledPicture | LeftOut]:
    """Read these labels and fetch their pictures, in the order of `keys`; `advance` is called after each."""

    def read(key: str) -> LabelledPicture | LeftOut:
        result = _read_label(s3, bucket, key)
        advance()
        return result

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(read, keys))


def _read_label(s3: S3Client, bucket: str, label: str) -> LabelledPicture | LeftOut:
    key = ""
    try:
        sha256, class_name, key = _parse(s3, bucket, label)
        if key.startswith(TEST_FOLDERS):
            return LeftOut(label, key, "it is a test picture", is_test=True)
        if key.startswith((TRAIN, BACKGROUND_TRAIN)):
            raise Unusable("its picture is staged already")
        return LabelledPicture(sha256, class_name, key, decode(_fetch_picture(s3, bucket, key, sha256)))
    except (Unusable, UnusablePicture) as error:
        return LeftOut(label, key, str(error))


def _parse(s3: S3Client, bucket: str, label: str) -> tuple[str, str, str]:
    """Return a label's SHA-256, class name and picture key."""
    name = _NAME.fullmatch(label)
    if not name:
        raise Unusable("it is not named after a picture's SHA-256")
    try:
        answer = s3.get_object(Bucket=bucket, Key=label)
    except ClientError as error:
        raise Unusable(f"S3 does not give it ({error.response['Error']['Code']})") from None
    if answer["ContentLength"] > LARGEST_LABEL:
        raise Unusable(f"it is damaged: {answer['ContentLength']:,} bytes are no label")
    try:
        _index, _label, key = answer["Body"].read().decode().removesuffix("\n").split("\t")
        int(_index), int(_label)
    except ValueError:
        raise Unusable("it is damaged: it must be one line of index, label and key") from None
    if not key or not key.isprintable():
        raise Unusable("it is damaged: it names no picture")
    class_name = answer["Metadata"].get("class", "")
    if not class_name:
        raise Unusable("it is damaged: it has no class")
    return name[1], class_name, key


def _fetch_picture(s3: S3Client, bucket: str, key: str, sha256: str) -> bytes:
    """Return the picture's bytes: those that were labelled, or the staged copy when they are gone."""
    try:
        content = _fetch(s3, bucket, key)
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
        reason = "its picture has changed since it was labelled"
    except Unusable as error:
        reason = str(error)
    for folder in (TRAIN, BACKGROUND_TRAIN):
        try:
            return _fetch(s3, bucket, folder + filename(sha256))
        except Unusable:
            continue
    raise Unusable(reason)


def _fetch(s3: S3Client, bucket: str, key: str) -> bytes:
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        raise Unusable("its picture is gone") from None
    except ClientError as error:
        raise Unusable(f"S3 does not give its picture ({error.response['Error']['Code']})") from None
    if answer["ContentLength"] > LARGEST_BYTES:
        raise Unusable(f"its picture has {answer['ContentLength']:,} bytes, more than {LARGEST_BYTES:,}")
    return answer["Body"].read()
