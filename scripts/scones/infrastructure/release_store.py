"""Where releases are kept: the folder releases/ of the data bucket, and the mark of the one that runs."""

import hashlib
import json
import re
from typing import Any

from botocore.exceptions import ClientError

from scones.errors import SconesError
from scones.s3 import read_json_object
from scones.settings import Environment

PREFIX = "releases/"
APPLIED = f"{PREFIX}applied.json"
ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")  # when it was applied, and the plan's digest


class ReleaseStore:
    """The releases/ folder of an environment's data bucket. Keys begin with it."""

    def __init__(self, environment: Environment) -> None:
        self.s3 = environment.client("s3")
        self._bucket = environment.foundation.data_bucket

    def uri(self, key: str) -> str:
        """Return the s3:// address of a key, for messages."""
        return f"s3://{self._bucket}/{key}"

    def get(self, key: str) -> bytes:
        """Return an object's content. Raises botocore's ClientError."""
        return bytes(self.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self._bucket, Key=key, Body=content)

    def put_json(self, key: str, content: Any) -> None:
        self.put(key, json.dumps(content, indent=2, sort_keys=True).encode())

    def delete(self, keys: list[str]) -> None:
        for key in keys:
            self.s3.delete_object(Bucket=self._bucket, Key=key)

    def applied(self) -> str | None:
        """Return the id of the release that runs, None when that is not known."""
        try:
            found = (read_json_object(self.s3, self._bucket, APPLIED) or {}).get("id")
        except (ValueError, AttributeError):
            raise SconesError(f"{self.uri(APPLIED)} is damaged: remove it, and apply again") from None
        return found if isinstance(found, str) and ID.fullmatch(found) else None

    def found(self) -> dict[str, list[str]]:
        """Return the names that lie under each id, the newest id first."""
        names: dict[str, list[str]] = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX):
            for entry in page.get("Contents", []):
                release, _, name = entry["Key"].removeprefix(PREFIX).partition("/")
                if ID.fullmatch(release) and name:
                    names.setdefault(release, []).append(name)
        return dict(sorted(names.items(), reverse=True))


def is_missing(error: ClientError) -> bool:
    """Say whether AWS means that the object, or its bucket, is not there."""
    return error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
