"""Verdicts and the numbers of a report."""

import runpy
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scones.inference.captures import Capture, parse_line, read_captures_in
from scones.proportions import Proportion
from scones.reporting.verdicts import is_accepted, judge, summarise
from scones.rule import Rule
from scones.settings import REPOSITORY
from unit.report.records import lines, record, series, write

NAMES = ["bicycle", "motorcycle"]


@pytest.fixture
def captures(tmp_path: Path) -> list[Capture]:
    """Three accepted (the last as a motorcycle: class 1) and one for review."""
    write(tmp_path / "a.jsonl", series([0.99, 0.93, 0.60, 0.05]))
    return read_captures_in(tmp_path).captures


@pytest.mark.parametrize(
    ("confidence", "accepted"), [(0.93, True), (0.9300001, True), (0.9299999, False), (1.0, True)]
)
def test_a_confidence_passes_at_the_threshold(confidence: float, accepted: bool) -> None:
    assert is_accepted(confidence, 0.93) is accepted


@pytest.mark.parametrize(
    ("rule", "score", "doubts"),
    [
        (Rule(0.93), None, []),
        (Rule(0.93), 1.0, []),
        (Rule(0.93, out_of_domain_limit=0.5), None, []),
        (Rule(0.93, out_of_domain_limit=0.5), 0.5, []),
        (Rule(0.93, out_of_domain_limit=0.5), 0.51, ["out of domain"]),
        (Rule(0.995, out_of_domain_limit=0.5), 0.51, ["low confidence", "out of domain"]),
        (Rule(0.93, ["bicycle", "motorcycle"], {"bicycle": 0.995}), None, ["low confidence"]),
        (Rule(0.995, ["bicycle", "motorcycle"], {"bicycle": 0.93}), None, []),
        (Rule(0.93, ["bicycle", "motorcycle"], {"motorcycle": 0.995}), None, []),
    ],
)
def test_class_thresholds_and_the_scores_limit_count_as_in_the_filter(
    captures: list[Capture], rule: Rule, score: float | None, doubts: list[str]
) -> None:
    capture = replace(captures[0], out_of_domain=score)  # a bicycle with 0.99

    (inference,) = judge([capture], rule)

    assert (inference.accepted, inference.doubts) == (not doubts, doubts)


@pytest.fixture(scope="module")
def decide() -> Callable[..., Any]:
    """What the deployed function decides."""
    environment = {
        "THRESHOLD": "0.9",
        "CLASS_NAMES": '["bicycle", "motorcycle"]',
        "LOADING_BAYS": '{"bicycle": "a", "motorcycle": "b"}',
        "WORKFLOW": "scones-unit",
    }
    source = REPOSITORY / "lambdas" / "THRESHOLD_CONFIDENCE" / "handler.py"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        module = runpy.run_path(str(source))

    def ask(rule: Rule, inferences: Sequence[float], score: float | None) -> bool:
        settings = module["SETTINGS"]._replace(
            threshold=rule.threshold,
            class_thresholds=rule.class_thresholds,
            out_of_domain_limit=rule.out_of_domain_limit,
        )
        try:
            module["decide"]({"inferences": list(inferences), "out_of_domain": score}, settings)
        except module["THRESHOLD_CONFIDENCE_NOT_MET"]:
            return False
        return True

    return ask


SHARES = st.sampled_from([0.0, 0.4, 0.5, 0.6, 0.93, 0.9300001, 1.0])


@given(
    SHARES, SHARES.filter(bool), st.dictionaries(st.sampled_from(NAMES), SHARES.filter(bool)), SHARES, SHARES
)
def test_a_report_judges_as_the_deployed_function_does(
    decide: Callable[..., Any],
    first: float,
    threshold: float,
    exceptions: dict[str, float],
    score: float,
    limit: float,
) -> None:
    one = record(answer=(first, 1 - first))
    capture = replace(parse_line(lines([one]), Path("a.jsonl")), out_of_domain=score)
    rule = Rule(threshold, NAMES, exceptions, limit)

    (inference,) = judge([capture], rule)

    assert inference.accepted is decide(rule, capture.inferences, score)


def test_a_label_is_known_when_an_execution_tells_the_key(captures: list[Capture]) -> None:
    keys = {"i0": "test/bike_1.png", "i1": "incoming/x.png", "i3": "test/bike_2.png"}
    labels = {"test/bike_1.png": 0, "test/bike_2.png": 0, "test/other.png": 1}

    judged = judge(captures, 0.93, keys, labels)

    assert [inference.right for inference in judged] == [True, None, None, False]


def test_a_picture_is_known_by_its_bytes_when_no_execution_tells_its_key(captures: list[Capture]) -> None:
    digest = captures[0].image_digest or ""

    judged = judge(captures, 0.93, {digest: "by digest", "i1": "by id"})

    assert [inference.key for inference in judged] == ["by digest", "by id", None, None]


def test_a_labelled_picture_that_came_in_under_another_name_keeps_its_label(captures: list[Capture]) -> None:
    keys = {"i0": "incoming/x.png", captures[0].image_digest or "": "test/bike.png"}

    first = judge(captures, 0.93, keys, {"test/bike.png": 1})[0]

    assert (first.key, first.truth, first.right) == ("incoming/x.png", 1, False)


def test_a_picture_that_was_asked_twice_counts_once_with_its_newest_answer(captures: list[Capture]) -> None:
    again = replace(captures[0], event_id="again", inferences=(0.01, 0.99))
    keys = {captures[0].image_digest or "": "test/bike.png"}

    summary = summarise(judge([*captures, again], 0.93, keys, {"test/bike.png": 0}))

    assert (summary.inferences, summary.accuracy) == (5, Proportion(0, 1))


def test_the_summary_counts_the_accepted_and_the_right_ones(captures: list[Capture]) -> None:
    keys = {f"i{i}": f"{i}" for i in range(4)}
    summary = summarise(judge(captures, 0.93, keys, {"0": 0, "1": 0, "2": 1, "3": 1}))

    assert summary.coverage == Proportion(3, 4)
    assert summary.accuracy == Proportion(3, 4)
    assert summary.accepted_accuracy == Proportion(3, 3)
    assert summary.mean_confidence == pytest.approx((0.99 + 0.93 + 0.60 + 0.95) / 4)
    assert (summary.first, summary.last) == (captures[0].time, captures[3].time)


def test_what_people_said_counts_and_neither_is_never_right(captures: list[Capture]) -> None:
    pictures = [replace(one, image_digest=f"digest {place}") for place, one in enumerate(captures)]
    said = {"digest 0": "motorcycle", "digest 1": "neither", "digest 2": "neither", "digest 3": "motorcycle"}

    judged = judge(pictures, Rule(0.93, NAMES), labels_by_people=said)  # the third is refused

    assert [(one.labelled_as, one.right, one.is_neither) for one in judged] == [
        ("motorcycle", False, False), ("neither", False, True), ("neither", False, True),
        ("motorcycle", True, False),
    ]  # fmt: skip
    summary = summarise(judged)
    assert (summary.accuracy, summary.neither, summary.by_people) == (Proportion(1, 2), Proportion(1, 2), 4)
    assert summary.accepted_accuracy == Proportion(1, 3)  # the accepted picture of neither is a wrong answer


def test_a_class_that_the_workflow_does_not_have_is_neither(captures: list[Capture]) -> None:
    digest = captures[0].image_digest or ""

    first = judge(captures, Rule(0.93, NAMES), labels_by_people={digest: "bus"})[0]

    assert (first.labelled_as, first.is_neither) == ("bus", True)


def test_a_picture_of_the_data_set_stays_what_its_list_says(captures: list[Capture]) -> None:
    digest = captures[0].image_digest or ""

    first = judge(
        captures, Rule(0.93, NAMES), {digest: "test/a.png"}, {"test/a.png": 0}, {digest: "neither"}
    )[0]

    assert (first.truth, first.labelled_as) == (0, None)


def test_no_inference_has_no_numbers() -> None:
    summary = summarise([])

    assert (summary.inferences, summary.mean_confidence, summary.first) == (0, None, None)
    assert summary.accuracy == summary.coverage == Proportion(0, 0)
