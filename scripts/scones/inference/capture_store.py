"""Fetch data capture from S3: the hours that were touched, and the records of given inferences.

SageMaker writes s3://<bucket>/<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl, the hour in UTC.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scones.errors import SconesError, UsageError
from scones.inference.captures import Capture, read_captures
from scones.waiting import Patience, StillWaiting, wait_until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HOUR = timedelta(hours=1)
DOWNLOADS = 8  # files at a time


class CapturesMissing(StillWaiting):
    """The time limit passed before every inference had its capture; `found` holds those that came."""

    def __init__(self, message: str, found: dict[str, Capture]) -> None:
        super().__init__(message)
        self.found = found


@dataclass(frozen=True)
class CaptureStore:
    """Where one endpoint variant's captures lie in S3, and the client that reads them."""

    s3: S3Client
    bucket: str
    prefix: str  # ends with /

    @classmethod
    def of(
        cls, s3: S3Client, capture_s3_uri: str, endpoint: str, variant: str = "AllTraffic"
    ) -> CaptureStore:
        """Return the store of an endpoint; UsageError unless the URI is s3://bucket[/prefix]."""
        parts = urlsplit(capture_s3_uri)
        if parts.scheme != "s3" or not parts.netloc:
            raise UsageError(f"{capture_s3_uri!r} is not a place in S3: expected s3://bucket/prefix")
        folders = [part for part in (parts.path.strip("/"), endpoint, variant) if part]
        return cls(s3, parts.netloc, "/".join(folders) + "/")

    def keys(self, under: str = "") -> Iterator[tuple[str, int]]:
        """Yield (key, size in bytes) of every capture file below a folder of the store."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix + under
        )
        for page in pages:
            for item in page.get("Contents", []):
                if item["Key"].endswith(".jsonl"):
                    yield item["Key"], item["Size"]

    def download(self, directory: Path, under: str = "") -> list[Path]:
        """Bring the files below a folder of the store to the same folders below `directory`.

        A capture file never changes once written, so one that is here with its full size stays.
        """
        places = [
            (key, size, _place(directory, key.removeprefix(self.prefix))) for key, size in self.keys(under)
        ]
        absent = [
            (key, file) for key, size, file in places if not file.is_file() or file.stat().st_size != size
        ]
        with ThreadPoolExecutor(max_workers=DOWNLOADS) as pool:
            list(pool.map(self._fetch, absent))
        return [file for _, _, file in places]

    def _fetch(self, absent: tuple[str, Path]) -> None:
        key, file = absent
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            self.s3.download_file(self.bucket, key, str(temporary))
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)


def _place(directory: Path, relative: str) -> Path:
    """Return where a key is kept; SconesError when it points outside the folder."""
    if relative.startswith("/") or any(part in ("", ".", "..") for part in relative.split("/")):
        raise SconesError(f"the capture {relative!r} would be written outside {directory}: remove it from S3")
    return directory / relative


# --- The folder on this machine ----------------------------------------------------------------------


def create_captured_data_directory(directory: Path) -> Path:
    """Make the folder for captures, if it is not there, and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def clear_local_capture_data(directory: Path) -> int:
    """Remove the capture files in a folder, and the folders that this empties; return how many files.

    Anything else in the folder stays: the folder is an argument, and arguments can be wrong.
    """
    files = [path for path in directory.rglob("*.jsonl") if path.is_file()]
    for file in files:
        file.unlink()
    for folder in sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return len(files)


# --- Hours -------------------------------------------------------------------------------------------


def hours_between(first: datetime, last: datetime) -> list[datetime]:
    """Return every UTC hour that the time from `first` to `last` touches, each as its start.

    >>> [f"{hour:%d %H}" for hour in hours_between(datetime(2024, 1, 31, 23, 59, tzinfo=UTC),
    ...                                            datetime(2024, 2, 1, 0, 1, tzinfo=UTC))]
    ['31 23', '01 00']
    """
    if first.tzinfo is None or last.tzinfo is None:
        raise ValueError("times must have a time zone")
    hour = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = []
    while hour <= last:
        hours.append(hour)
        hour += HOUR
    return hours


def download_data_for_timestamp(store: CaptureStore, timestamp: datetime, directory: Path) -> list[Path]:
    """Bring the captures of the UTC hour that holds `timestamp`, and return their files."""
    return store.download(directory, f"{timestamp.astimezone(UTC):%Y/%m/%d/%H}/")


def download_data_between(
    store: CaptureStore, first: datetime, last: datetime, directory: Path
) -> list[Path]:
    """Bring the captures of every hour from `first` to `last`, and return their files.

    A file lies in the hour of its first record, so the hour before `first` is looked at as well.
    """
    return [
        file
        for hour in hours_between(first - HOUR, last)
        for file in download_data_for_timestamp(store, hour, directory)
    ]


def wait_for_captures(
    store: CaptureStore,
    inference_ids: Collection[str],
    since: datetime,
    directory: Path,
    patience: Patience,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Capture]:
    """Return the capture of each inference, by its id, as soon as all of them are in S3.

    `since` is a time before the first of the inferences. CapturesMissing when the time limit passes:
    SageMaker delivers captures within some minutes.
    """
    found: dict[str, Capture] = {}
    wanted = set(inference_ids)
    read: set[Path] = set()

    def look() -> dict[str, Capture] | None:
        files = set(download_data_between(store, since, now(), directory)) if wanted else set()
        for capture in read_captures(files - read).captures:
            if capture.inference_id in wanted:
                found[str(capture.inference_id)] = capture
        read.update(files)
        return found if found.keys() >= wanted else None

    try:
        return wait_until(look, patience, "data capture")
    except StillWaiting:
        raise CapturesMissing(
            f"{len(wanted - found.keys())} of {len(wanted)} captures did not arrive in s3://{store.bucket}/"
            f"{store.prefix} within {patience.timeout:g} s: is data capture on, for all of input and output?",
            found,
        ) from None
