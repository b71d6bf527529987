"""Which captures monitor-drift looks at, and what it makes of files and lines that are not whole."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from .conftest import load_function
from .drift_captures import FUNCTION, HOUR, NOW, Store, failure, folder, line, monitor, store

# --- The window ---------------------------------------------------------------------------------------------


def test_an_empty_window_is_reported_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    objects = store([])
    del objects.objects[f"{folder(HOUR)}/00-00-000-a.jsonl"]

    report = monitor(objects)

    assert (report["inferences"], report["drifted"], report["files"]) == (0, None, 0)
    assert json.loads(objects.objects["drift/2025/10/04/10-00-00.json"])["inferences"] == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["Inferences"] == 0
    assert "Drifted" not in printed


@pytest.mark.parametrize(
    ("start", "now"),
    [
        (HOUR, NOW),
        (HOUR, HOUR + timedelta(hours=1, minutes=10)),
        (HOUR, HOUR + timedelta(hours=2, minutes=10, microseconds=-1)),
        (datetime(2025, 10, 4, 23, tzinfo=UTC), datetime(2025, 10, 5, 0, 15, tzinfo=UTC)),
        (datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, 0, 15, tzinfo=UTC)),
        (datetime(2024, 2, 29, 23, tzinfo=UTC), datetime(2024, 3, 1, 0, 15, tzinfo=UTC)),
    ],
)
def test_the_last_full_hour_is_looked_at(start: datetime, now: datetime) -> None:
    end = start + timedelta(hours=1)
    seconds = [start - timedelta(seconds=1), start, end - timedelta(seconds=1), end]

    report = monitor(store((line([0.9, 0.1], time) for time in seconds), at=start), now=now)

    assert (report["start"], report["end"]) == (start.isoformat(), end.isoformat())
    assert (report["inferences"], report["other_times"]) == (2, 2)


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_record_counts_by_its_own_time_in_whichever_folder_it_lies(hours: int) -> None:
    assert monitor(store([line([0.9, 0.1])], at=HOUR + timedelta(hours=hours)))["inferences"] == 1


def test_a_call_of_the_clock_that_comes_late_is_about_its_own_hour() -> None:
    event = {"source": "aws.events", "time": "2025-10-04T11:15:00Z"}

    report = monitor(store([line([0.9, 0.1])]), event, now=NOW + timedelta(hours=2))

    assert (report["start"], report["inferences"]) == (HOUR.isoformat(), 1)


# --- What comes late ----------------------------------------------------------------------------------------


def delivered(*pairs: tuple[datetime, datetime]) -> Store:
    """Captures of one inference each, by when it was made and when its file came."""
    objects = store([])
    for number, (made, came) in enumerate(pairs):
        key = f"{folder(made)}/{number:05}.jsonl"
        objects.objects[key] = line([0.9, 0.1], made)
        objects.delivered[key] = came
    return objects


@pytest.mark.parametrize(("minutes", "on_time"), [(1, 1), (69, 1), (70, 0), (90, 0)])
def test_what_comes_ten_minutes_after_its_hour_waits_for_the_next_report(minutes: int, on_time: int) -> None:
    objects = delivered((HOUR, HOUR + timedelta(minutes=minutes)))

    [first, second, again] = [
        monitor(objects, now=now) for now in (NOW, NOW + timedelta(hours=1), NOW + timedelta(minutes=20))
    ]

    assert (first["inferences"], first["late"]) == (on_time, 0)
    assert (second["inferences"], second["late"]) == (1 - on_time, 1 - on_time)
    assert again == first, "also when it has come by the time the report is made again"


def test_a_window_that_was_asked_for_has_all_that_has_come() -> None:
    objects = delivered((HOUR, HOUR + timedelta(hours=5)))

    report = monitor(objects, {"start": "2025-10-04T10:00:00Z", "end": "2025-10-04T11:00:00Z"})

    assert (report["inferences"], report["late"]) == (1, 0)


def test_what_comes_more_than_a_day_late_is_in_no_report() -> None:
    objects = delivered((HOUR, HOUR + timedelta(hours=26, minutes=20)))

    assert monitor(objects, now=NOW + timedelta(hours=26))["inferences"] == 0


@given(st.lists(st.tuples(st.integers(0, 2 * 3600), st.integers(0, 3 * 3600)), max_size=8))
def test_each_capture_is_in_one_report_however_late_it_comes(seconds: list[tuple[int, int]]) -> None:
    times = [(HOUR + timedelta(seconds=made), timedelta(seconds=delay)) for made, delay in seconds]
    objects = delivered(*((made, made + delay) for made, delay in times))

    reports = [monitor(objects, now=NOW + timedelta(hours=hours)) for hours in range(6)]

    assert sum(report["inferences"] for report in reports) == len(times)


# --- A model that was replaced ------------------------------------------------------------------------------


def test_only_what_the_model_itself_answered_is_compared_with_its_baseline() -> None:
    since = HOUR + timedelta(minutes=40)
    new = load_function("monitor-drift", MODEL_SINCE=f"{since:%Y-%m-%dT%H:%M:%SZ}")
    minutes = [0, 39, 40, 59]

    report = monitor(
        store(line([0.9, 0.1], HOUR + timedelta(minutes=minute)) for minute in minutes), function=new
    )

    assert (report["inferences"], report["former_model"]) == (2, 2)
    assert report["model_since"] == since.isoformat()


def test_a_window_from_before_the_model_has_no_verdict() -> None:
    new = load_function("monitor-drift", MODEL_SINCE="2025-10-04T12:00:00+01:00")

    report = monitor(store([line([0.9, 0.1])] * 40), function=new)

    assert (report["inferences"], report["former_model"], report["drifted"]) == (0, 40, None)


def test_a_window_may_be_asked_for() -> None:
    objects = store(line([0.9, 0.1], HOUR + timedelta(minutes=minute)) for minute in range(60))

    report = monitor(objects, {"start": "2025-10-04T10:10:00Z", "end": "2025-10-04T12:20:00+02:00"})

    assert report["inferences"] == 10
    assert report["report"] == "drift/2025/10/04/10-10-00.json"


@pytest.mark.parametrize(
    "event",
    [
        {"start": "2025-10-04T10:00:00Z"},
        {"end": "2025-10-04T10:00:00Z"},
        {"start": 1, "end": 2},
        {"start": "today", "end": "tomorrow"},
        {"start": "2025-10-04T10:00:00", "end": "2025-10-04T11:00:00"},
        {"start": "2025-10-04T10:00:00Z", "end": "2025-10-04T10:00:00Z"},
        {"start": "2025-10-04T11:00:00Z", "end": "2025-10-04T10:00:00Z"},
        {"start": "2025-10-04T10:00:00Z", "end": "2026-10-04T10:00:00Z"},
        {"start": "0001-01-01T00:00:00+14:00", "end": "0001-01-02T00:00:00Z"},
    ],
)
def test_a_window_that_is_none_is_named(event: object) -> None:
    assert failure(event)[0] == "InvalidInput"


# --- The files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [[0.9, 0.1], {"prediction": [0.9, 0.1]}, {"probabilities": [0.9, 0.1], "out_of_domain": 0.1}]
)
@pytest.mark.parametrize("encoding", ["JSON", "BASE64"])
def test_every_form_of_an_answer_is_understood(answer: object, encoding: str) -> None:
    report = monitor(store([line(answer, encoding=encoding)]))

    assert (report["inferences"], report["classes"], report["mean_confidence"]) == (1, {"0": 1}, 0.9)


@pytest.mark.parametrize(
    "bad",
    [
        b"{\n",
        b"[]\n",
        b"\xff\xfe\n",
        b"null\n",
        line("no JSON"),
        line("[]"),
        line([0.9, 2]),
        line("[NaN, 1]"),
        line([True, False]),
        line({"prediction": "0.9"}),
        line("%", encoding="BASE64")[:-20] + b"\n",
        line([0.9, 0.1]).replace(b"2025-10-04T", b"yesterday "),
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_cannot_be_read_is_counted_and_the_others_still_count(bad: bytes) -> None:
    report = monitor(store([line([0.9, 0.1]), bad, b"\n", line([0.1, 0.9])]))

    assert (report["inferences"], report["bad_lines"]) == (2, 1)


def test_a_file_that_was_cut_off_costs_its_last_line_only() -> None:
    report = monitor(store([line([0.9, 0.1]), line([0.9, 0.1])[:50]]))

    assert (report["inferences"], report["bad_lines"]) == (1, 1)


def test_a_last_line_without_an_end_counts() -> None:
    assert monitor(store([line([0.9, 0.1]).rstrip()]))["inferences"] == 1


def test_a_line_too_long_for_a_record_is_dropped_without_being_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FUNCTION.window, "LINE_LIMIT_BYTES", 4000)
    monkeypatch.setattr(FUNCTION.window, "CHUNK_BYTES", 1000)

    report = monitor(store([line([0.9, 0.1]), b"x" * 20_000 + b"\n", line([0.1, 0.9])]))

    assert (report["inferences"], report["bad_lines"]) == (2, 1)


def test_a_file_that_is_gone_or_breaks_off_is_counted() -> None:
    objects = store([line([0.9, 0.1])])
    objects.refused[f"{folder(HOUR)}/gone.jsonl"] = "NoSuchKey"
    whole = objects.get_object

    def cut(Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key.endswith("cut.jsonl"):
            return {"Body": StreamingBody(io.BytesIO(line([0.9, 0.1])), 10_000)}
        return whole(Bucket, Key)

    objects.objects[f"{folder(HOUR)}/cut.jsonl"] = b""
    objects.get_object = cut  # type: ignore[method-assign]

    report = monitor(objects)

    assert (report["files"], report["lost_files"], report["inferences"]) == (3, 2, 2)


def test_a_refusal_of_s3_fails_the_call_so_that_it_is_tried_again() -> None:
    objects = store([line([0.9, 0.1])])
    objects.refused[f"{folder(HOUR)}/b.jsonl"] = "SlowDown"

    assert failure(None, objects)[0] == "ClientError"


def test_thousands_of_files_are_read_one_at_a_time() -> None:
    objects = store([])
    for number in range(3000):
        objects.objects[f"{folder(HOUR)}/{number:05}.jsonl"] = line([0.9, 0.1])

    assert monitor(objects)["inferences"] == 3000


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_end_in_a_report(contents: list[bytes]) -> None:
    report = monitor(store([line([0.9, 0.1]), *(content + b"\n" for content in contents)]))

    assert report["inferences"] == 1
