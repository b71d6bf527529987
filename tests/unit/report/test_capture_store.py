"""Captures in S3: whole hours over every border, every page of a listing, and waiting by inference id."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from scones.errors import SconesError, UsageError
from scones.inference.capture_store import (
    CapturesMissing,
    CaptureStore,
    clear_local_capture_data,
    create_captured_data_directory,
    download_data_between,
    download_data_for_timestamp,
    hours_between,
    wait_for_captures,
)
from scones.inference.testcases import list_pictures
from scones.waiting import Patience
from unit.report.records import NOON, lines, record, write

HOUR = timedelta(hours=1)
BUCKET = "scones-unit"


def client() -> Any:
    return boto3.client("s3", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def store() -> Iterator[CaptureStore]:
    with mock_aws():
        s3 = client()
        s3.create_bucket(Bucket=BUCKET)
        yield CaptureStore.of(s3, f"s3://{BUCKET}/data_capture", "scones")


def put(store: CaptureStore, time: datetime, inference_id: str, name: str = "00-00-000-a.jsonl") -> str:
    key = f"data_capture/scones/AllTraffic/{time:%Y/%m/%d/%H}/{name}"
    body = lines([record(inference_id, time=time, inference_id=inference_id)])
    store.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return key


class Clock:
    """Time that passes only while somebody waits; something may happen at each pause."""

    def __init__(self, happenings: Iterable[Any] = ()) -> None:
        self.now = NOON
        self.happenings = iter(happenings)

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        next(self.happenings, None)

    def patience(self, timeout: float, interval: float) -> Patience:
        return Patience(timeout, interval, lambda: self.now.timestamp(), self.pause)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (NOON, NOON, ["01 12"]),
        (NOON, NOON + timedelta(minutes=59, seconds=59), ["01 12"]),
        (NOON + timedelta(minutes=59), NOON + HOUR, ["01 12", "01 13"]),
        (NOON + 11 * HOUR, NOON + 13 * HOUR, ["01 23", "02 00", "02 01"]),
        (NOON.astimezone(timezone(5.5 * HOUR)), NOON + HOUR, ["01 12", "01 13"]),
        (NOON + HOUR, NOON, []),
    ],
)
def test_every_hour_that_is_touched_is_looked_at(first: datetime, last: datetime, hours: list[str]) -> None:
    assert [f"{hour:%d %H}" for hour in hours_between(first, last)] == hours


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        hours_between(datetime(2026, 3, 1), NOON)


@pytest.mark.parametrize("uri", ["b/data_capture", "https://b/data_capture", "s3:///data_capture"])
def test_a_place_that_is_not_in_s3_is_refused(uri: str) -> None:
    with pytest.raises(UsageError, match="expected s3://bucket/prefix"):
        CaptureStore.of(None, uri, "scones")


def test_the_captures_of_an_hour_are_brought_and_no_others(store: CaptureStore, tmp_path: Path) -> None:
    put(store, NOON, "a")
    put(store, NOON, "b", "odd name+%41 ü.jsonl")
    put(store, NOON, "c", "notes.txt")
    put(store, NOON + HOUR, "d")

    files = download_data_for_timestamp(store, NOON.astimezone(timezone(-8 * HOUR)), tmp_path)

    names = sorted(str(file.relative_to(tmp_path)) for file in files)
    assert names == ["2026/03/01/12/00-00-000-a.jsonl", "2026/03/01/12/odd name+%41 ü.jsonl"]
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(files)


def test_a_file_that_is_here_whole_is_not_brought_again(store: CaptureStore, tmp_path: Path) -> None:
    put(store, NOON, "a")
    (file,) = store.download(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(b"X" * len(whole))
    store.download(tmp_path)
    kept = file.read_bytes()
    file.write_bytes(b"cut off")

    store.download(tmp_path)

    assert (kept, file.read_bytes()) == (b"X" * len(whole), whole)


def test_a_key_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    s3 = client()
    key = "data_capture/scones/AllTraffic/../../../evil.jsonl"
    with Stubber(s3) as stub:
        stub.add_response("list_objects_v2", {"Contents": [{"Key": key, "Size": 1}]})
        with pytest.raises(SconesError, match="outside"):
            CaptureStore.of(s3, f"s3://{BUCKET}/data_capture", "scones").download(tmp_path)


def test_a_listing_is_read_to_its_last_page(store: CaptureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")  # S3's own pages hold 1,000
    for i in range(5):
        store.s3.put_object(Bucket=BUCKET, Key=f"{store.prefix}{i:04}.jsonl", Body=b"")
        store.s3.put_object(Bucket=BUCKET, Key=f"test/{i:04}.png", Body=b"")

    assert len(list(store.keys())) == len(list_pictures(store.s3, BUCKET)) == 5


def test_a_file_that_began_in_the_hour_before_is_found(store: CaptureStore, tmp_path: Path) -> None:
    put(store, NOON - HOUR, "a")

    assert len(download_data_between(store, NOON, NOON, tmp_path)) == 1


def test_clearing_removes_captures_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "2026/03/01/12/a.jsonl", [record()])
    notes = write(tmp_path / "mine/notes.txt", [])

    assert clear_local_capture_data(tmp_path) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [notes]
    assert not (tmp_path / "2026").exists()


def test_the_folder_for_captures_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"

    assert create_captured_data_directory(folder) == create_captured_data_directory(folder) == folder
    assert folder.is_dir()


def test_nothing_to_clear_is_no_failure(tmp_path: Path) -> None:
    assert clear_local_capture_data(tmp_path / "never made") == 0


def test_captures_are_waited_for_over_the_border_of_an_hour(store: CaptureStore, tmp_path: Path) -> None:
    def deliver() -> Iterator[Any]:
        yield put(store, NOON, "a")
        yield put(store, NOON, "somebody else's", "10-00-000-x.jsonl")
        yield put(store, NOON + HOUR, "b")

    clock = Clock(deliver())

    found = wait_for_captures(
        store, ["a", "b"], NOON, tmp_path, clock.patience(7200, 1800), lambda: clock.now
    )

    assert {id_: capture.time for id_, capture in found.items()} == {"a": NOON, "b": NOON + HOUR}
    assert clock.now == NOON + timedelta(minutes=90)


def test_captures_that_do_not_arrive_are_counted(store: CaptureStore, tmp_path: Path) -> None:
    put(store, NOON, "a")
    clock = Clock()

    with pytest.raises(CapturesMissing, match="2 of 3 captures did not arrive .* within 60 s") as missing:
        wait_for_captures(store, "abc", NOON, tmp_path, clock.patience(60, 5), lambda: clock.now)

    assert list(missing.value.found) == ["a"]


def test_no_inference_needs_no_waiting(store: CaptureStore, tmp_path: Path) -> None:
    assert wait_for_captures(store, [], NOON, tmp_path, Patience(0), lambda: datetime.now(UTC)) == {}
