"""The true class of the staged pictures, from their .lst file. A file name does not tell it.

CIFAR-100's own names mislead: `bike_s_*` occurs among the bicycles and among the motorcycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scones.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_labels(text: str, prefix: str = "test/") -> dict[str, int]:
    """Return {object key: class index} of a .lst file: index, label and path, separated by tabs.

    SconesError, with the line, when a line is not of that form.
    """
    labels = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            _, label, path = line.split("\t")
            labels[prefix + path] = int(float(label))
        except ValueError:
            raise SconesError(
                f"line {number} of the .lst file is {line!r}: expected index, label and path, tab-separated"
            ) from None
    return labels


def fetch_labels(s3: S3Client, bucket: str, name: str = "test.lst", prefix: str = "test/") -> dict[str, int]:
    """Return the labels of the staged test pictures; none when nothing is staged."""
    try:
        body = s3.get_object(Bucket=bucket, Key=name)["Body"]
    except s3.exceptions.NoSuchKey:
        return {}
    return read_labels(body.read().decode(), prefix)


def class_name(class_names: Sequence[str], index: int | None) -> str | None:
    """Return the name of a class, "class 7" when the workflow does not name it, None for none."""
    if index is None:
        return None
    return class_names[index] if 0 <= index < len(class_names) else f"class {index}"
