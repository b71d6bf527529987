"""Capture files: every record of every file is read, and what cannot be read is reported."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import real_data
from scones.inference.captures import (
    BadRecord,
    parse_line,
    read_captures,
    read_captures_in,
    read_image,
    simple_getter,
)
from unit.report.records import NOON, picture, record, series, write


def test_every_record_of_every_file_is_read_in_order_of_time(tmp_path: Path) -> None:
    late = write(tmp_path / "a.jsonl", series([0.9, 0.8], NOON + timedelta(days=1)))
    early = write(tmp_path / "2026/b.jsonl", [record("x"), record("y", time=NOON - timedelta(hours=1))])

    reading = read_captures_in(tmp_path)

    assert [(c.file, c.line) for c in reading.captures] == [(early, 2), (early, 1), (late, 1), (late, 2)]
    assert (reading.files, reading.faults, reading.repeats) == (2, [], 0)


@pytest.mark.parametrize(
    ("encoding", "content_type", "data"),
    [
        ("JSON", "application/json", "[0.25, 0.75]"),
        ("JSON", "application/jsonlines", '{"prediction": [0.25, 0.75]}\n'),
        ("CSV", "text/csv", "0.25,0.75\n"),
        ("BASE64", "application/json", base64.b64encode(b"[0.25, 0.75]").decode()),
        ("BASE64", "application/jsonlines", base64.b64encode(b'{"prediction": [0.25, 0.75]}').decode()),
        ("BASE64", "text/csv", base64.b64encode(b"0.25, 0.75").decode()),
    ],
)
def test_an_answer_is_read_in_every_encoding(encoding: str, content_type: str, data: str) -> None:
    one = record()
    one["captureData"]["endpointOutput"] |= {
        "encoding": encoding,
        "observedContentType": content_type,
        "data": data,
    }

    capture = parse_line(json.dumps(one).encode(), Path("a.jsonl"))

    assert (capture.inferences, capture.predicted, capture.confidence) == ((0.25, 0.75), 1, 0.75)


VERBOSE = {"probabilities": [0.25, 0.75], "out_of_domain": 0.125, "statistics": {"brightness": 0.5}}


def answered(answer: Any) -> bytes:
    """A record whose endpoint gave this answer, as a line."""
    return change(f"{OUTPUT}.data", json.dumps(answer))


def test_a_verbose_answer_tells_its_score_and_the_pictures_statistics() -> None:
    capture = parse_line(answered(VERBOSE), Path("a.jsonl"))

    assert (capture.inferences, capture.out_of_domain) == ((0.25, 0.75), 0.125)
    assert capture.statistics == (("brightness", 0.5),)


@pytest.mark.parametrize(
    "answer", [[0.25, 0.75], {"prediction": [0.25, 0.75]}, {"probabilities": [0.25, 0.75]}]
)
def test_an_answer_without_a_score_has_none(answer: Any) -> None:
    capture = parse_line(answered(answer), Path("a.jsonl"))

    assert (capture.inferences, capture.out_of_domain, capture.statistics) == ((0.25, 0.75), None, ())


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=5),
    st.sampled_from(["bare", "prediction", "probabilities"]),
    st.none() | st.floats(0, 1),
    st.dictionaries(st.text(), st.floats(0, 1), max_size=3),
)
def test_what_an_endpoint_wrote_is_read_back(
    probabilities: list[float], form: str, score: float | None, statistics: dict[str, float]
) -> None:
    answer = {"probabilities": probabilities, "out_of_domain": score, "statistics": statistics}
    forms = {"bare": probabilities, "prediction": {"prediction": probabilities}, "probabilities": answer}

    capture = parse_line(answered(forms[form]), Path("a.jsonl"))

    assert capture.inferences == tuple(probabilities)
    if form == "probabilities":
        assert (capture.out_of_domain, dict(capture.statistics)) == (score, statistics)


@pytest.mark.parametrize(
    ("encoding", "data", "sent"),
    [("BASE64", "AP8=", b"\x00\xff"), ("JSON", '{"a": 1}', b'{"a": 1}'), ("CSV", "1,2", b"1,2")],
)
def test_the_input_is_given_back_as_it_was_sent(
    tmp_path: Path, encoding: str, data: str, sent: bytes
) -> None:
    one = record("second")
    one["captureData"]["endpointInput"] |= {"encoding": encoding, "data": data}
    write(tmp_path / "a.jsonl", [record("first"), one])

    capture = read_captures_in(tmp_path).captures[1]

    assert read_image(capture) == sent


def test_an_endpoint_that_captures_only_its_output_has_no_picture(tmp_path: Path) -> None:
    one = record()
    del one["captureData"]["endpointInput"]
    write(tmp_path / "a.jsonl", [one])

    (capture,) = read_captures_in(tmp_path).captures

    assert (read_image(capture), capture.image_digest) == (None, None)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T14:00:00+02:00", NOON),
        ("2026-03-01T12:00:00", NOON),
    ],
)
def test_times_are_aware_and_in_utc(time: str, expected: datetime) -> None:
    one = record()
    one["eventMetadata"]["inferenceTime"] = time

    inferences, parsed = simple_getter(one)

    assert (inferences, parsed, parsed.tzinfo) == ([0.97, 0.03], expected, UTC)


def change(path: str, value: Any) -> bytes:
    """A record as a line, with one field replaced; None removes it."""
    one = record()
    *folders, name = path.split(".")
    place = one
    for folder in folders:
        place = place[folder]
    if value is None:
        del place[name]
    else:
        place[name] = value
    return json.dumps(one).encode() + b"\n"


OUTPUT, INPUT = "captureData.endpointOutput", "captureData.endpointInput"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"no json\n", "not JSON"),
        (b'{"captureData": {"endpo', "the file ends there: it was cut off"),
        (b"\xff\xfe\n", "not JSON"),
        (b"[" * 100_000 + b"\n", "not JSON"),
        (b"[]\n", "a JSON object was expected, not list"),
        (b"{}\n", "no endpointOutput"),
        (change("captureData", "text"), "no endpointOutput"),
        (change(OUTPUT, None), "no endpointOutput"),
        (change(f"{OUTPUT}.data", "oops"), "answer cannot be read"),
        (change(f"{OUTPUT}.data", 7), "endpointOutput has no data"),
        (change(f"{OUTPUT}.data", "[]"), "not a list of probabilities"),
        (change(f"{OUTPUT}.data", "[NaN, 1]"), "not a list of probabilities"),
        (change(f"{OUTPUT}.data", "[true, false]"), "not a list of probabilities"),
        (change(f"{OUTPUT}.data", "[1.5, -0.5]"), "not a list of probabilities"),
        (change(f"{OUTPUT}.data", '{"predictions": []}'), "not a list of probabilities"),
        (change(f"{OUTPUT}.data", '{"probabilities": null}'), "not a list of probabilities"),
        (
            change(f"{OUTPUT}.data", '{"probabilities": [1], "out_of_domain": 2}'),
            "out_of_domain is not a num",
        ),
        (change(f"{OUTPUT}.data", '{"probabilities": [1], "out_of_domain": "0"}'), "out_of_domain is not"),
        (change(f"{OUTPUT}.data", '{"probabilities": [1], "statistics": [1]}'), "statistics are not numbers"),
        (change(f"{OUTPUT}.data", '{"probabilities": [1], "statistics": {"a": NaN}}'), "statistics are not"),
        (change(f"{OUTPUT}.encoding", "ROT13"), "endpointOutput has the encoding 'ROT13'"),
        (change(f"{INPUT}.data", "?"), "endpointInput is not base64"),
        (change("eventMetadata", None), "inferenceTime is None"),
        (change("eventMetadata.inferenceTime", "yesterday"), "inferenceTime is 'yesterday'"),
        (change("eventMetadata.inferenceTime", "0001-01-01T00:00:00+23:00"), "inferenceTime is '0001"),
    ],
)
def test_a_bad_line_is_reported_with_its_file_and_line_and_the_others_count(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    write(tmp_path / "a.jsonl", series([0.9, 0.8]), tail=line)

    reading = read_captures_in(tmp_path)

    (fault,) = reading.faults
    assert len(reading.captures) == 2
    assert str(fault).startswith("a.jsonl, line 3: ")
    assert reason in str(fault)


def test_empty_lines_and_files_hold_nothing(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [], tail=b"\n  \n")
    write(tmp_path / "b.jsonl", [])

    assert read_captures_in(tmp_path).captures == read_captures_in(tmp_path).faults == []


def test_a_copied_file_does_not_count_twice(tmp_path: Path) -> None:
    files = [write(tmp_path / name, series([0.9, 0.8])) for name in ("a.jsonl", "copy of a.jsonl")]

    reading = read_captures(files)

    assert (len(reading.captures), reading.repeats) == (2, 2)


def test_picture_and_time_zone_do_not_change_on_the_way(tmp_path: Path) -> None:
    blue = picture("blue")
    write(tmp_path / "a.jsonl", [record(image=blue, time=NOON.astimezone(timezone(timedelta(0))))])

    (capture,) = read_captures_in(tmp_path).captures

    assert read_image(capture) == blue


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
PLACES = [
    *("captureData", OUTPUT, f"{OUTPUT}.data", f"{OUTPUT}.encoding", INPUT, f"{INPUT}.data"),
    *("eventMetadata", "eventMetadata.inferenceTime", "eventMetadata.eventId"),
]


@given(
    JSON_VALUES
    | st.fixed_dictionaries(
        {"probabilities": JSON_VALUES, "out_of_domain": JSON_VALUES, "statistics": JSON_VALUES}
    )
)
def test_any_answer_is_read_or_refused(answer: Any) -> None:
    try:
        capture = parse_line(answered(answer), Path("a.jsonl"))
    except BadRecord as error:
        assert str(error)
    else:
        assert 0 <= capture.confidence <= 1
        assert capture.out_of_domain is None or 0 <= capture.out_of_domain <= 1
        assert hash(capture)


@given(st.sampled_from(PLACES), JSON_VALUES)
def test_any_content_of_a_record_is_read_or_refused(place: str, value: Any) -> None:
    try:
        capture = parse_line(change(place, value), Path("a.jsonl"))
    except BadRecord as error:
        assert str(error)
    else:
        assert 0 <= capture.confidence <= 1
        assert hash(capture)


@real_data.needs_real_captures
def test_files_that_real_endpoints_wrote_are_read_whole() -> None:
    reading = read_captures_in(real_data.CAPTURES)

    assert (len(reading.captures), reading.files, reading.faults) == (13, 2, [])
    assert reading.captures[0].time == datetime(2023, 6, 16, 20, 30, 39, tzinfo=UTC)
    assert reading.captures[-1].inferences == (0.9974895715713501, 0.0025104605592787266)
