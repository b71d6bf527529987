"""The newest report on drift that the scheduled function has left in S3."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scones.errors import SconesError
from scones.s3 import split_uri
from scones.training.record import is_share

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGEST = 4 << 20  # bytes


@dataclass(frozen=True)
class Measure:
    """One comparison of a window with the baseline; None is not known."""

    name: str
    value: float | None
    limit: float | None  # above it, the measure counts as drift

    @property
    def is_beyond(self) -> bool:
        return self.value is not None and self.limit is not None and self.value > self.limit


@dataclass(frozen=True)
class Drift:
    """What a window of captures looked like beside the model's baseline."""

    key: str
    start: str  # ISO 8601
    end: str
    inferences: int
    drifted: bool | None  # None: undecided
    undecided: str  # why, if it is
    measures: Sequence[Measure]


def read_drift(s3: S3Client, reports_uri: str) -> Drift | None:
    """Return the newest report below s3://bucket/folder, None when there is none.

    SconesError when it is not of the form that the function writes.
    """
    bucket, prefix = split_uri(reports_uri.rstrip("/") + "/")
    key = _newest(s3, bucket, prefix)
    if key is None:
        return None
    answer = s3.get_object(Bucket=bucket, Key=key)
    try:
        return drift_from(key, json.loads(answer["Body"].read(LARGEST)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SconesError(f"s3://{bucket}/{key} is no report on drift ({type(error).__name__})") from None


def drift_from(key: str, content: Mapping[str, Any]) -> Drift:
    """Return what a report says. KeyError, TypeError, ValueError or AttributeError when it is none."""
    values, limits = content["measures"], content.get("limits") or {}
    names = dict.fromkeys([*values, *limits])
    drifted = content.get("drifted")
    return Drift(
        key=key,
        start=str(content["start"]),
        end=str(content["end"]),
        inferences=int(content["inferences"]),
        drifted=None if drifted is None else bool(drifted),
        undecided=str(content.get("undecided") or ""),
        measures=[Measure(str(name), _number(values.get(name)), _number(limits.get(name))) for name in names],
    )


def _newest(s3: S3Client, bucket: str, prefix: str) -> str | None:
    """Return the last key, going down the folders yyyy/mm/dd: their names are in order of time."""
    newest = None
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        newest = max([*([newest] if newest else []), *_json_keys(page)], default=None)
        folders = [item["Prefix"] for item in page.get("CommonPrefixes", [])]
        newest = max([*([newest] if newest else []), *folders], default=None)
    return _newest(s3, bucket, newest) if newest and newest.endswith("/") else newest


def _json_keys(page: Any) -> list[str]:
    return [item["Key"] for item in page.get("Contents", []) if item["Key"].endswith(".json")]


def _number(value: Any) -> float | None:
    """Return a finite number that is not negative; None for nothing, ValueError for anything else."""
    if value is None:
        return None
    if is_share(value) or (type(value) in (int, float) and 1 < value < float("inf")):
        return float(value)
    raise ValueError(f"{value!r} is no measure")
