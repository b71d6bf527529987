"""Pictures that the model was not made for: of other classes, and in the dark."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL import Image, ImageEnhance

from scones.inference.testcases import PICTURES, choose_pictures

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = "drift-demo/"  # the functions may read it, and no rule starts anything for what lies there
OTHER_CLASSES = "background/test/"
BRIGHTNESS = 0.35  # of what it was


@contextmanager
def strange_pictures(
    s3: S3Client, bucket: str, clean: Sequence[str], run: str, rng: random.Random
) -> Iterator[list[str]]:
    """Put as many strange pictures as `clean` ones into a folder of this run, and remove them afterwards.

    Half of them are of other classes, where such are staged; the rest are `clean` ones in the dark.
    """
    others = _others(s3, bucket)
    count = min(len(clean) // 2, len(others))
    made: list[str] = []
    try:
        for key in choose_pictures(others, count, rng) if count else []:
            target = _place(run, "other", len(made), key)
            made.append(target)
            s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
        for key in clean[: len(clean) - count]:
            target = _place(run, "dark", len(made), key).rsplit(".", 1)[0] + ".png"
            made.append(target)
            picture = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            s3.put_object(Bucket=bucket, Key=target, Body=darkened(picture), ContentType="image/png")
        yield list(made)
    finally:
        for key in made:
            s3.delete_object(Bucket=bucket, Key=key)


def darkened(picture: bytes) -> bytes:
    """Return a picture as PNG, each of its channels at 0.35 of its brightness."""
    with Image.open(io.BytesIO(picture)) as image:
        dark = ImageEnhance.Brightness(image.convert("RGB")).enhance(BRIGHTNESS)
    content = io.BytesIO()
    dark.save(content, "PNG")
    return content.getvalue()


def _others(s3: S3Client, bucket: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=OTHER_CLASSES)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return sorted(key for key in keys if key.lower().endswith(PICTURES))


def _place(run: str, kind: str, number: int, key: str) -> str:
    return f"{FOLDER}{run}/{kind}-{number:04}-{key.rsplit('/', maxsplit=1)[-1]}"
