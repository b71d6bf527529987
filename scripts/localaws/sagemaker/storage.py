"""S3 as an execution role sees it: a job's and an endpoint's reads and writes need the role's permissions.

Real: every write, the question whether there is anything to list, and the first object of each channel go
through the front door with the role's credentials, so a role that may not list, read or write is refused. Not
real: a channel's other objects are read straight from this process (seconds less for 2,000 pictures), so a
policy that denies single keys goes unnoticed there.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.s3.models import FakeKey, s3_backends

from .. import credentials
from ..settings import Settings

__all__ = ["ClientError", "Storage", "reason", "split"]

_clients: dict[str, Any] = {}  # by role; making one takes longer than most of what it is for
_clients_lock = threading.Lock()


class Storage:
    """S3 in the hands of one role."""

    def __init__(self, settings: Settings, role_arn: str) -> None:
        self.settings = settings
        self.client = _client_as(settings, role_arn)

    def exists(self, uri: str) -> bool:
        """Whether any object's key begins with the URI's. Raises ClientError."""
        bucket, prefix = split(uri)
        return bool(self.client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("Contents"))

    def check(self, uri: str) -> None:
        """Raise ClientError when the object is not there or may not be read."""
        bucket, key = split(uri)
        self.client.head_object(Bucket=bucket, Key=key)

    def fetch(self, uri: str, path: Path) -> None:
        """One object into a file. Raises ClientError."""
        bucket, key = split(uri)
        body = self.client.get_object(Bucket=bucket, Key=key)["Body"]
        with path.open("wb") as output:
            for chunk in body.iter_chunks(1 << 20):
                output.write(chunk)

    def fetch_prefix(self, uri: str, folder: Path) -> int:
        """All objects under a prefix into `folder`, as SageMaker's S3Prefix lays them out; returns how many.

        Raises ClientError.
        """
        bucket, prefix = split(uri)
        names = {key.name: key for key in self._stored(uri) if not key.name.endswith("/")}
        for number, name in enumerate(names):
            target = (folder / name_in_channel(name, prefix)).resolve()
            if not target.is_relative_to(folder.resolve()):
                raise ValueError(f"the key {name!r} would leave the channel's folder")
            target.parent.mkdir(parents=True, exist_ok=True)
            if number == 0:
                self.fetch(f"s3://{bucket}/{name}", target)
            else:
                target.write_bytes(names[name].value)
        return len(names)

    def put(self, uri: str, body: bytes, kms_key_id: str | None = None) -> None:
        """One object, encrypted with the key where there is one. Raises ClientError."""
        bucket, key = split(uri)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id} if kms_key_id else {}
        self.client.put_object(Bucket=bucket, Key=key, Body=body, **encryption)

    def _stored(self, uri: str) -> list[FakeKey]:
        """moto's own objects under a prefix, once the front door has let the role list them."""
        if not self.exists(uri):
            return []
        bucket, prefix = split(uri)
        backend = s3_backends[self.settings.account_id]["aws"]
        return list(backend.list_objects(backend.get_bucket(bucket), prefix, None, None, None)[0])


def reason(error: ClientError) -> str:
    """S3's own words."""
    return str(error.response["Error"].get("Message", error))


def split(uri: str) -> tuple[str, str]:
    """`s3://bucket/key` as (bucket, key)."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def name_in_channel(key: str, prefix: str) -> str:
    """Where an object lies in its channel: its path below the prefix, or its base name when that is it."""
    folder = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
    if key.startswith(folder):
        return key[len(folder) :]
    return key[prefix.rfind("/") + 1 :]


def _client_as(settings: Settings, role_arn: str) -> Any:
    with _clients_lock:
        if role_arn not in _clients:  # a session of its own: threads may not share one
            _clients[role_arn] = boto3.session.Session().client(
                "s3",
                endpoint_url=settings.endpoint_url,
                region_name=settings.region,
                config=Config(retries={"max_attempts": 1}),
                **credentials.assume(role_arn, "SageMaker", settings.region).client_arguments(),
            )
        return _clients[role_arn]
