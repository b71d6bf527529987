"""What pictures show: the staged ones by their .lst file, others by what people said. A name tells nothing.

CIFAR-100's own names mislead: `bike_s_*` occurs among the bicycles and among the motorcycles.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scones.lists import read_labels
from scones.staging.labels import PREFIX, list_labels

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONCURRENCY = 16


def fetch_labels(s3: S3Client, bucket: str, name: str = "test.lst", prefix: str = "test/") -> dict[str, int]:
    """Return the labels of the staged test pictures; none when nothing is staged."""
    try:
        body = s3.get_object(Bucket=bucket, Key=name)["Body"]
    except s3.exceptions.NoSuchKey:
        return {}
    return read_labels(body.read().decode(), prefix)


def fetch_labels_by_people(s3: S3Client, bucket: str, digests: Collection[str]) -> dict[str, str]:
    """Return {SHA-256: class name, or "neither"} of those of some pictures that people have labelled.

    A label without a class is none: the next staging names it.
    """
    wanted = {f"{PREFIX}{digest}.lst": digest for digest in digests}
    found = [key for key in list_labels(s3, bucket) if key in wanted] if wanted else []
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        names = pool.map(lambda key: _class_of(s3, bucket, key), found)
        return {wanted[key]: name for key, name in zip(found, names, strict=True) if name}


def _class_of(s3: S3Client, bucket: str, key: str) -> str:
    try:
        return s3.head_object(Bucket=bucket, Key=key)["Metadata"].get("class", "")
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):  # taken back since it was listed
            return ""
        raise


def class_name(class_names: Sequence[str], index: int | None) -> str | None:
    """Return the name of a class, "class 7" when the workflow does not name it, None for none."""
    if index is None:
        return None
    return class_names[index] if 0 <= index < len(class_names) else f"class {index}"
