"""Performing a staging plan: uploads in parallel, removals, index and manifest."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from scones.errors import SconesError
from scones.staging.objects import Item
from scones.staging.plan import INDEX_KEY, MANIFEST_KEY, Entry, Plan, index_body

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

WORKERS = 8
REMOVED_AT_ONCE = 1000  # DeleteObjects' limit


def perform(
    plan: Plan, s3: S3Client, bucket: str, workers: int = WORKERS, advance: Callable[[], None] = lambda: None
) -> None:
    """Make the bucket what `plan` says; `advance` is called after each upload.

    When it is interrupted, the index still notes what has been uploaded, so that the next run goes on from
    there; the data manifest is then missing.
    """
    if plan.changes_nothing:
        return
    s3.delete_object(Bucket=bucket, Key=MANIFEST_KEY)
    entries = dict(plan.keep)
    try:
        for item, etag in _upload_all(plan.upload, s3, bucket, workers):
            entries[item.key] = Entry(item.sha256.hex(), etag)
            advance()
        _remove(plan.remove, s3, bucket)
    finally:
        _put(s3, bucket, Item(INDEX_KEY, index_body(entries), "application/json"))
    body = json.dumps(plan.manifest, indent=2, sort_keys=True).encode() + b"\n"
    _put(s3, bucket, Item(MANIFEST_KEY, body, "application/json"))


def _upload_all(items: Sequence[Item], s3: S3Client, bucket: str, workers: int) -> Iterator[tuple[Item, str]]:
    """Upload in parallel; yield each item, as it arrives, with its ETag. The first failure ends it."""
    pool = ThreadPoolExecutor(workers)
    try:
        running: dict[Future[str], Item] = {pool.submit(_put, s3, bucket, item): item for item in items}
        for done in as_completed(running):
            yield running[done], done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _put(s3: S3Client, bucket: str, item: Item) -> str:
    """Upload one object and return its ETag. S3 compares the checksum with what it received."""
    answer = s3.put_object(
        Bucket=bucket,
        Key=item.key,
        Body=item.body,
        ContentType=item.content_type,
        ChecksumSHA256=base64.b64encode(item.sha256).decode(),
    )
    return str(answer["ETag"]).strip('"')


def _remove(keys: Sequence[str], s3: S3Client, bucket: str) -> None:
    for start in range(0, len(keys), REMOVED_AT_ONCE):
        objects: list[ObjectIdentifierTypeDef] = [
            {"Key": key} for key in keys[start : start + REMOVED_AT_ONCE]
        ]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for refused in answer.get("Errors", []):
            raise SconesError(
                f"S3 does not remove {refused['Key']}: {refused.get('Message', refused['Code'])}"
            )
