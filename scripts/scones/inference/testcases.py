"""Inputs for the state machine: pictures chosen from the staged test split."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scones.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PICTURES = (".png", ".jpg", ".jpeg")


def generate_test_case(s3: S3Client, bucket: str, rng: random.Random, prefix: str = "test/") -> str:
    """Return the input of one execution, for a picture chosen by `rng`.

    SconesError when nothing is staged under the prefix.
    """
    return execution_input(bucket, choose_pictures(list_pictures(s3, bucket, prefix), 1, rng)[0])


def execution_input(bucket: str, key: str) -> str:
    """Return the state machine's input for one object: image_data (empty), s3_bucket and s3_key, as JSON."""
    return json.dumps({"image_data": "", "s3_bucket": bucket, "s3_key": key})


def list_pictures(s3: S3Client, bucket: str, prefix: str = "test/") -> list[str]:
    """Return the keys of all pictures under a prefix, sorted; SconesError when there is none."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    pictures = sorted(key for key in keys if key.lower().endswith(PICTURES))
    if not pictures:
        raise SconesError(f"there are no pictures in s3://{bucket}/{prefix}: run 'make stage'")
    return pictures


def choose_pictures(keys: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """Return `count` keys in random order: each picture once, and again only when all have been used."""
    chosen: list[str] = []
    while len(chosen) < count:
        chosen += rng.sample(keys, min(len(keys), count - len(chosen)))
    return chosen
