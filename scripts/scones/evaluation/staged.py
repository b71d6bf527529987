"""The staged pictures that an evaluation asks about, and what is staged at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scones.errors import NotDeployed, SconesError
from scones.lists import read_labels
from scones.s3 import read_json_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DATA_MANIFEST = "manifests/data.json"
DOWNLOADS = 8  # pictures at a time


@dataclass(frozen=True)
class Picture:
    """A picture in the data bucket; `label` is its class's index, None when it is of none of them."""

    key: str
    label: int | None
    body: bytes


def read_staged(s3: S3Client, bucket: str, class_names: Sequence[str], env: str) -> dict[str, Any]:
    """Return the manifest of the staged data.

    NotDeployed when nothing is staged, SconesError when it is staged for other classes than `class_names`.
    """
    manifest = read_json_object(s3, bucket, DATA_MANIFEST)
    if manifest is None:
        raise NotDeployed(f"no data is staged: run 'make stage ENV={env}'")
    classes = manifest["classes"]
    names = list(classes)  # a list of names, or a mapping by name
    if names != list(class_names):
        raise SconesError(
            f"the data is staged for {', '.join(names)}, the endpoint answers {', '.join(class_names)}: "
            f"stage with CLASSES={','.join(class_names)}, or run 'make train plan apply ENV={env}'"
        )
    return manifest


def read_list(s3: S3Client, bucket: str, name: str, prefix: str) -> dict[str, int]:
    """Return {key in the bucket: label} of a .lst file, an empty one when there is no such file."""
    try:
        body = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    try:
        return read_labels(body.decode(), prefix)
    except UnicodeDecodeError:
        raise SconesError(f"s3://{bucket}/{name} is no text: run 'make stage'") from None


def fetch_pictures(
    s3: S3Client,
    bucket: str,
    labels: dict[str, int | None],
    source: str,
    on_end: Callable[[], None] = lambda: None,
) -> list[Picture]:
    """Return the pictures, in the order of `labels`; SconesError when one of them is not there.

    `source` is what names them, for the error.
    """

    def fetch(key: str) -> bytes:
        try:
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            raise SconesError(
                f"{key} is in {source} and not in s3://{bucket}: run 'make stage', and train if it changes"
            ) from None
        on_end()
        return content

    pool = ThreadPoolExecutor(max_workers=DOWNLOADS)
    try:
        bodies = list(pool.map(fetch, labels))
    finally:
        pool.shutdown(cancel_futures=True)
    return [Picture(key, label, body) for (key, label), body in zip(labels.items(), bodies, strict=True)]
