"""Objects in S3 by their s3:// address, and the JSON in them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK = 1 << 20  # bytes


def split_uri(uri: str) -> tuple[str, str]:
    """Return (bucket, key) of an s3:// address."""
    parts = urlsplit(uri)
    return parts.netloc, parts.path.removeprefix("/")


def read_json_object(s3: S3Client, bucket: str, key: str) -> dict[str, Any] | None:
    """Return the JSON object at a key, None when there is nothing."""
    try:
        found: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None
    return found


def digest_of_object(s3: S3Client, uri: str) -> str:
    """Return the SHA-256 of an object, in hexadecimal digits."""
    bucket, key = split_uri(uri)
    digest = hashlib.sha256()
    for chunk in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
