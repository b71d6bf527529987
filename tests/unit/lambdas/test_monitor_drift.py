"""monitor-drift, called with captures that lie in a store of the tests' own."""

import base64
import io
import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from .conftest import load_function

FUNCTION = load_function("monitor-drift", OUT_OF_DOMAIN_LIMIT="0.5")
CAPTURES = "data_capture/scones-test/AllTraffic"
BASELINE_KEY = "models/job/baseline.json"
HOUR = datetime(2025, 10, 4, 10, tzinfo=UTC)
NOW = HOUR + timedelta(hours=1, minutes=15)
SHADES = ("brightness", "red", "green", "blue")

Probabilities = list[float]


class Store:
    """An S3 client over a dictionary of keys, which keeps how much was open at once."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = dict(objects)
        self.refused: dict[str, str] = {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "scones-data"
        code = self.refused.get(Key) or (None if Key in self.objects else "NoSuchKey")
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")
        content = self.objects[Key]
        return {"Body": StreamingBody(io.BytesIO(content), len(content))}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: str) -> None:  # noqa: N803
        self.objects[Key] = Body

    def get_paginator(self, name: str) -> "Store":
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        found = sorted(key for key in [*self.objects, *self.refused] if key.startswith(Prefix))
        for at in range(0, max(1, len(found)), 2):
            page = found[at : at + 2]
            yield {"Contents": [{"Key": key} for key in page]} if page else {}


def folder(time: datetime) -> str:
    return f"{CAPTURES}/{time:%Y/%m/%d/%H}"


def line(answer: object, time: datetime = HOUR, encoding: str = "JSON") -> bytes:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
    output = {"observedContentType": "application/json", "mode": "OUTPUT", "data": data, "encoding": encoding}
    record = {
        "captureData": {"endpointInput": {"data": "aGk=", "encoding": "BASE64"}, "endpointOutput": output},
        "eventMetadata": {"eventId": "e", "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"},
        "eventVersion": "0",
    }
    return json.dumps(record).encode() + b"\n"


def verbose(confidence: float, label: int = 0, score: float = 0.1, shade: float = 0.5) -> dict[str, Any]:
    rest = 1 - confidence
    return {
        "probabilities": [confidence, rest] if label == 0 else [rest, confidence],
        "out_of_domain": score,
        "statistics": dict.fromkeys(SHADES, shade),
    }


def pictures(count: int, rng: random.Random, shade: float = 0.5, score: float = 0.1) -> list[dict[str, Any]]:
    return [
        verbose(
            1 - 0.4 * rng.random() ** 3,
            rng.randrange(2),
            min(1.0, abs(rng.gauss(score, 0.1))),
            min(1.0, max(0.0, rng.gauss(shade, 0.1))),
        )
        for _ in range(count)
    ]


def baseline(answers: list[dict[str, Any]]) -> bytes:
    labels = [answer["probabilities"].index(max(answer["probabilities"])) for answer in answers]
    content = {
        "pictures": len(answers),
        "confidence": sorted(max(answer["probabilities"]) for answer in answers),
        "class_share": [labels.count(label) / len(labels) for label in (0, 1)],
        "statistics": {name: sorted(answer["statistics"][name] for answer in answers) for name in SHADES},
        "out_of_domain": sorted(answer["out_of_domain"] for answer in answers),
        "out_of_domain_limit": 0.5,
    }
    return json.dumps(content).encode()


def store(lines: Iterable[bytes], base: bytes | None = None, at: datetime = HOUR) -> Store:
    known = baseline(pictures(100, random.Random(0))) if base is None else base
    return Store({BASELINE_KEY: known, f"{folder(at)}/00-00-000-a.jsonl": b"".join(lines)})


def monitor(
    objects: Store, event: object = None, function: Any = FUNCTION, now: datetime = NOW
) -> dict[str, Any]:
    return function.monitor(event, function.SETTINGS, objects, clock=now.timestamp)


def failure(event: object, objects: Store | None = None) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        monitor(objects or store([]), event)
    return type(raised.value).__name__, str(raised.value)


# --- The verdict --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [30, 100, 400])
def test_pictures_of_the_same_kind_hardly_ever_raise_an_alarm(size: int) -> None:
    """Three hundred windows against other baselines: chance alone crosses a limit once in thousands."""
    rng = random.Random(size)
    window, comparison = FUNCTION.window, FUNCTION.comparison

    def drifted() -> bool:
        seen = window.Seen(0.5)
        for answer in pictures(size, rng):
            seen.add((answer["probabilities"], answer["out_of_domain"], answer["statistics"]))
        known = comparison.Baseline.checked(json.loads(baseline(pictures(100, rng))))
        return comparison.compare(seen, known, FUNCTION.SETTINGS.limits)["drifted"]

    assert sum(drifted() for _ in range(300)) <= 1


def test_darkened_pictures_are_drift() -> None:
    report = monitor(store(line(answer) for answer in pictures(100, random.Random(1), shade=0.18)))

    assert report["drifted"] is True
    assert {"BrightnessPSI", "ColourPSI"} <= set(report["beyond"])


def test_pictures_of_another_kind_are_drift() -> None:
    report = monitor(store(line(answer) for answer in pictures(100, random.Random(1), score=0.6)))

    assert "OutOfDomainRate" in report["beyond"]
    assert report["measures"]["OutOfDomainRate"] > 0.5


def test_doubtful_answers_are_drift() -> None:
    rng = random.Random(1)
    doubtful = [{**answer, "probabilities": [0.55, 0.45]} for answer in pictures(100, rng)]

    report = monitor(store(map(line, doubtful)))

    assert {"ConfidencePSI", "ConfidenceKS", "ClassSharePSI"} <= set(report["beyond"])


def test_pictures_of_the_same_kind_are_none_and_every_measure_is_told() -> None:
    report = monitor(store(line(answer) for answer in pictures(100, random.Random(1))))

    assert (report["drifted"], report["beyond"], report["inferences"]) == (False, [], 100)
    assert all(type(value) is float for value in report["measures"].values())
    assert set(report["limits"]) == set(report["measures"])


@pytest.mark.parametrize(("count", "decided"), [(29, False), (30, True)])
def test_a_few_pictures_get_no_verdict(count: int, decided: bool) -> None:
    report = monitor(store([line(verbose(0.5, score=1.0, shade=0.0))] * count))

    assert (report["drifted"] is not None) == decided
    assert (report["measures"]["OutOfDomainRate"] is not None) == decided


def test_an_answer_as_unlike_as_the_limit_is_not_above_it() -> None:
    answers = [verbose(0.9, score=0.5)] * 30 + [verbose(0.9, score=0.500001)] * 10

    assert monitor(store(map(line, answers)))["measures"]["OutOfDomainRate"] == 0.25


def test_what_the_answers_do_not_tell_is_null() -> None:
    report = monitor(store([line([0.9, 0.1])] * 30 + [line([0.1, 0.9])] * 30))

    unknown = {name for name, value in report["measures"].items() if value is None}
    assert unknown == {"BrightnessPSI", "ColourPSI", "OutOfDomainRate"}
    assert report["drifted"] is not None


def test_without_a_baseline_there_is_no_verdict() -> None:
    lone = load_function("monitor-drift", BASELINE_S3_URI="", OUT_OF_DOMAIN_LIMIT="0.5")

    report = monitor(store([line(verbose(0.9))] * 40), function=lone)

    assert (report["drifted"], report["baseline"]) == (None, None)
    assert report["measures"]["OutOfDomainRate"] == 0.0


def test_a_baseline_of_another_kind_of_model_compares_what_both_know() -> None:
    base = json.dumps({"pictures": 100, "confidence": [0.9] * 100}).encode()

    report = monitor(store([line(verbose(0.9))] * 40, base))

    assert set(report["limits"]) == {"ConfidencePSI", "ConfidenceKS"}
    assert report["drifted"] is False


def test_an_answer_of_a_class_that_the_baseline_lacks_is_drift() -> None:
    report = monitor(store([line([0.02, 0.03, 0.95])] * 40))

    assert "ClassSharePSI" in report["beyond"]


@pytest.mark.parametrize(
    "base",
    [
        b"",
        b"[]",
        b'{"pictures": 0}',
        b'{"pictures": 1, "confidence": [2]}',
        b'{"pictures": 1, "confidence": 7}',
        b'{"pictures": 1, "class_share": [0.5, 0.1]}',
        b'{"pictures": 1, "out_of_domain": [NaN]}',
        b'{"pictures": 1, "statistics": [1]}',
    ],
)
def test_a_baseline_that_is_none_is_named(base: bytes) -> None:
    name, message = failure(None, store([], base))

    assert (name, "models/job/baseline.json" in message) == ("BaselineUnreadable", True)


def test_a_baseline_that_is_not_there_is_named() -> None:
    assert failure(None, Store({}))[0] == "BaselineUnreadable"


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
        (HOUR, HOUR + timedelta(hours=1)),
        (HOUR, HOUR + timedelta(hours=2, microseconds=-1)),
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


# --- What it leaves -----------------------------------------------------------------------------------------


def test_a_report_of_the_same_window_is_the_same() -> None:
    objects = store(line(answer) for answer in pictures(60, random.Random(1)))
    monitor(objects)
    first = objects.objects["drift/2025/10/04/10-00-00.json"]

    monitor(objects, now=NOW + timedelta(minutes=20))

    assert objects.objects["drift/2025/10/04/10-00-00.json"] == first


def test_its_measures_are_one_line_of_embedded_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    monitor(store(line(answer) for answer in pictures(60, random.Random(1))))

    printed = json.loads(capsys.readouterr().out)
    [directive] = printed["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in directive["Metrics"]]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Scones/Drift", [["Workflow"]])
    assert printed["_aws"]["Timestamp"] == NOW.timestamp() * 1000
    assert set(names) == {
        *("Inferences", "Drifted", "ConfidencePSI", "ConfidenceKS", "ClassSharePSI"),
        *("BrightnessPSI", "ColourPSI", "OutOfDomainRate"),
    }
    assert all(isinstance(printed[name], int | float) for name in names)
    assert (printed["Workflow"], printed["Drifted"], printed["Inferences"]) == ("scones-test", 0, 60)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CAPTURE_S3_URI", None),
        ("CAPTURE_S3_URI", "data_capture"),
        ("CAPTURE_S3_URI", "s3://bucket"),
        ("REPORTS_S3_URI", ""),
        ("BASELINE_S3_URI", "baseline.json"),
        ("WORKFLOW", ""),
        ("WINDOW_MINUTES", "0"),
        ("WINDOW_MINUTES", "hour"),
        ("OUT_OF_DOMAIN_LIMIT", "high"),
        ("PSI_LIMIT", "nan"),
        ("KS_LIMIT", "inf"),
        ("RISE_LIMIT", "-1"),
        ("MINIMUM_INFERENCES", None),
    ],
)
def test_a_wrong_setting_keeps_the_function_from_starting(variable: str, value: str | None) -> None:
    with pytest.raises(Exception, match=variable) as raised:
        load_function("monitor-drift", **{variable: value})

    assert type(raised.value).__name__ == "InvalidConfiguration"


# --- The formulas, by values from elsewhere -----------------------------------------------------------------


def test_the_population_stability_index_is_its_sum() -> None:
    """Shares of 0.2, 0.3, 0.5 against 0.5, 0.3, 0.2: 2 * 0.3 * ln 2.5, but for the half picture a bin."""
    found = FUNCTION.comparison.psi([200_000, 300_000, 500_000], [500_000, 300_000, 200_000])

    assert found == pytest.approx(0.549774, abs=1e-4)


@pytest.mark.parametrize(("degrees", "quantile"), [(1, 15.1367), (4, 23.5127), (9, 33.7199)])
def test_the_quantile_of_chi_squared_is_that_of_the_tables(degrees: int, quantile: float) -> None:
    assert FUNCTION.comparison.chi_squared_quantile(0.9999, degrees) == pytest.approx(quantile, rel=0.03)


def test_the_distance_of_two_samples_is_the_largest_between_their_steps() -> None:
    count = FUNCTION.comparison._counted

    assert FUNCTION.comparison.ks_distance(count([0.1, 0.2, 0.3, 0.4]), count([0.3, 0.4, 0.5, 0.6])) == 0.5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_the_deciles_part_any_sample_into_ten_bins_at_most(values: list[float]) -> None:
    counts = FUNCTION.comparison._counted(values)
    bins = FUNCTION.comparison.binned(FUNCTION.comparison.decile_edges(counts), counts)

    assert (sum(bins), len(bins) <= 10, all(bins)) == (len(values), True, True)
