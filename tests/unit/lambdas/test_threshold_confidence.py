"""THRESHOLD_CONFIDENCE, called with events and settings."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .conftest import error_classes, load_function

FUNCTION = load_function("THRESHOLD_CONFIDENCE")
EVENT = {
    "image_data": "iVBORw0KGgo=",
    "s3_bucket": "scones-data",
    "s3_key": "test/bicycle_s_000513.png",
    "inferences": [0.97, 0.03],
    "inference_id": "0b5b4f0e",
}


def failure(event: object) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        FUNCTION.handler(event, None)
    return type(raised.value).__name__, str(raised.value)


def decision(event: object) -> dict[str, Any]:
    answer = FUNCTION.handler(event, None)
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])


def test_a_confident_answer_names_the_vehicle_and_its_bay() -> None:
    assert decision(EVENT) == {
        **EVENT,
        "vehicle": "bicycle",
        "confidence": 0.97,
        "loading_bay": "bay 1",
        "threshold": 0.93,
    }


def test_the_other_class_gets_the_other_bay() -> None:
    passed = decision({**EVENT, "inferences": [0.01, 0.99]})

    assert (passed["vehicle"], passed["loading_bay"]) == ("motorcycle", "bay 2")


@pytest.mark.parametrize(
    "event",
    [
        {"body": EVENT},
        {"statusCode": 200, "body": EVENT},
        {"body": json.dumps(EVENT)},
        {**EVENT, "inferences": "[0.97, 0.03]"},
        {"body": json.dumps({**EVENT, "inferences": "[0.97, 0.03]"})},
    ],
)
def test_the_older_shapes_of_the_body_are_understood(event: object) -> None:
    assert decision(event) == decision(EVENT)


def test_a_confidence_equal_to_the_threshold_passes() -> None:
    assert decision({**EVENT, "inferences": [0.93, 0.07]})["confidence"] == 0.93


def test_a_confidence_below_the_threshold_is_refused_in_one_line() -> None:
    assert failure({**EVENT, "inferences": [0.0701, 0.9299]}) == (
        "THRESHOLD_CONFIDENCE_NOT_MET",
        "confidence 0.9299 for motorcycle is below the threshold 0.93 for "
        "'s3://scones-data/test/bicycle_s_000513.png': a person has to look at the picture",
    )


@pytest.mark.parametrize(("score", "passes"), [(0.0, True), (0.4, True), (0.4000001, False), (1, False)])
def test_a_picture_as_unlike_as_the_limit_passes_and_no_other(score: float, passes: bool) -> None:
    limited = load_function("THRESHOLD_CONFIDENCE", OUT_OF_DOMAIN_LIMIT="0.4")
    event = {**EVENT, "out_of_domain": score}
    if passes:
        assert json.loads(limited.handler(event, None)["body"])["out_of_domain"] == score
        return
    with pytest.raises(limited.THRESHOLD_CONFIDENCE_NOT_MET) as raised:
        limited.handler(event, None)
    assert str(raised.value) == (
        f"out-of-domain score {score} is above the limit 0.4 for "
        "'s3://scones-data/test/bicycle_s_000513.png': a person has to look at the picture"
    )


def test_both_rules_are_named_when_both_refuse() -> None:
    limited = load_function("THRESHOLD_CONFIDENCE", OUT_OF_DOMAIN_LIMIT="0.4")

    with pytest.raises(limited.THRESHOLD_CONFIDENCE_NOT_MET) as raised:
        limited.handler({**EVENT, "inferences": [0.6, 0.4], "out_of_domain": 0.5}, None)

    assert "below the threshold 0.93 and out-of-domain score 0.5 is above the limit 0.4" in str(raised.value)


def test_without_a_score_or_a_limit_the_confidence_decides() -> None:
    limited = load_function("THRESHOLD_CONFIDENCE", OUT_OF_DOMAIN_LIMIT="0")

    assert json.loads(limited.handler(EVENT, None)["body"])["vehicle"] == "bicycle"
    assert decision({**EVENT, "out_of_domain": 1.0})["vehicle"] == "bicycle"


@pytest.mark.parametrize("score", ["0.1", True, float("nan"), -0.1, 1.1, [0.1]])
def test_a_score_that_is_none_is_named(score: object) -> None:
    assert failure({**EVENT, "out_of_domain": score})[0] == "InvalidInferences"


def test_a_class_may_have_a_threshold_of_its_own() -> None:
    started = load_function("THRESHOLD_CONFIDENCE", CLASS_THRESHOLDS='{"motorcycle": 0.6}')

    body = json.loads(started.handler({**EVENT, "inferences": [0.4, 0.6]}, None)["body"])
    with pytest.raises(
        started.THRESHOLD_CONFIDENCE_NOT_MET, match=r"for bicycle is below the threshold 0\.93"
    ):
        started.handler({**EVENT, "inferences": [0.9, 0.1]}, None)

    assert (body["vehicle"], body["threshold"]) == ("motorcycle", 0.6)


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_every_decision_is_one_line_of_embedded_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    FUNCTION.decide({**EVENT, "out_of_domain": 0.25}, FUNCTION.SETTINGS, clock=lambda: 1_764_000_000.5)

    assert metrics(capsys) == {
        "_aws": {
            "Timestamp": 1_764_000_000_500,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Scones/Classification",
                    "Dimensions": [["Workflow"], ["Workflow", "Class"]],
                    "Metrics": [
                        {"Name": "Confidence", "Unit": "None"},
                        {"Name": "Accepted", "Unit": "Count"},
                        {"Name": "Refused", "Unit": "Count"},
                        {"Name": "OutOfDomain", "Unit": "None"},
                    ],
                }
            ],
        },
        "Workflow": "scones-test",
        "Class": "bicycle",
        "Confidence": 0.97,
        "Accepted": 1,
        "Refused": 0,
        "OutOfDomain": 0.25,
    }


def test_a_refusal_is_counted_as_one_without_picture_or_name(capsys: pytest.CaptureFixture[str]) -> None:
    failure({**EVENT, "inferences": [0.5, 0.5]})
    found = metrics(capsys)

    assert (found["Accepted"], found["Refused"], "OutOfDomain" in found) == (0, 1, False)
    assert not {EVENT["image_data"], EVENT["s3_key"]} & {str(value) for value in found.values()}


def test_what_is_no_decision_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    failure({"inferences": None})

    assert capsys.readouterr().out == ""


def test_a_key_of_several_lines_stays_in_one() -> None:
    assert "\n" not in failure({**EVENT, "s3_key": "a\nb", "inferences": [0.5, 0.5]})[1]


@pytest.mark.parametrize("event", [None, 1, "text", "{}", [], {}, {"body": None}, {"body": "no JSON"}])
def test_an_event_that_is_no_body_is_named(event: object) -> None:
    assert failure(event)[0] == "InvalidInput"


@pytest.mark.parametrize(
    "inferences",
    [
        None,
        [],
        [1.0],
        "",
        "no JSON",
        "[NaN, 1]",
        "[" * 100_000,
        {"bicycle": 1},
        [None, 1],
        [True, False],
        ["0.97", "0.03"],
        [1.5, -0.5],
        [0.9, 0.9],
        [float("nan"), 1.0],
        [10**400, 0],
    ],
)
def test_inferences_that_are_no_probabilities_are_named(inferences: object) -> None:
    assert failure({**EVENT, "inferences": inferences})[0] == "InvalidInferences"


def test_a_model_of_other_classes_is_named() -> None:
    name, message = failure({**EVENT, "inferences": [0.98, 0.01, 0.01]})

    assert name == "ClassCountMismatch"
    assert "3 probabilities" in message and "['bicycle', 'motorcycle']" in message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("THRESHOLD", None),
        ("THRESHOLD", ""),
        ("THRESHOLD", "high"),
        ("THRESHOLD", "0"),
        ("THRESHOLD", "1.01"),
        ("THRESHOLD", "NaN"),
        ("THRESHOLD", "true"),
        ("THRESHOLD", "[0.9]"),
        ("CLASS_NAMES", None),
        ("CLASS_NAMES", "bicycle,motorcycle"),
        ("CLASS_NAMES", '["bicycle"]'),
        ("CLASS_NAMES", '["bicycle", "bicycle"]'),
        ("CLASS_NAMES", '["bicycle", 2]'),
        ("CLASS_NAMES", '["bicycle", ["motorcycle"]]'),
        ("CLASS_THRESHOLDS", "0.9"),
        ("CLASS_THRESHOLDS", '{"lorry": 0.9}'),
        ("CLASS_THRESHOLDS", '{"bicycle": 0}'),
        ("CLASS_THRESHOLDS", '{"bicycle": "0.9"}'),
        ("OUT_OF_DOMAIN_LIMIT", "high"),
        ("OUT_OF_DOMAIN_LIMIT", "NaN"),
        ("OUT_OF_DOMAIN_LIMIT", "-0.1"),
        ("OUT_OF_DOMAIN_LIMIT", "1.1"),
        ("OUT_OF_DOMAIN_LIMIT", "null"),
        ("WORKFLOW", None),
        ("WORKFLOW", " "),
        ("LOADING_BAYS", None),
        ("LOADING_BAYS", "bay 1"),
        ("LOADING_BAYS", '{"bicycle": "bay 1"}'),
        ("LOADING_BAYS", '{"bicycle": "bay 1", "motorcycle": ""}'),
    ],
)
def test_a_wrong_setting_keeps_the_function_from_starting(variable: str, value: str | None) -> None:
    with pytest.raises(Exception, match=variable) as raised:
        load_function("THRESHOLD_CONFIDENCE", **{variable: value})

    assert type(raised.value).__name__ == "InvalidConfiguration"


@pytest.mark.parametrize("threshold", ["1", "1.0", "0.5", "9.3e-1"])
def test_a_threshold_is_any_json_number_up_to_one(threshold: str) -> None:
    started = load_function("THRESHOLD_CONFIDENCE", THRESHOLD=threshold)

    assert float(threshold) == started.SETTINGS.threshold


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
probabilities = st.floats(0, 1).map(lambda p: [p, 1 - p])
bodies = st.dictionaries(st.text(max_size=5), json_values, max_size=2).flatmap(
    lambda fields: (probabilities | probabilities.map(json.dumps) | json_values).map(
        lambda inferences: {**fields, "inferences": inferences}
    )
)
events = json_values | bodies | bodies.map(lambda body: {"body": body}) | bodies.map(json.dumps)


@given(events)
def test_any_event_ends_in_a_result_or_a_named_error(event: object) -> None:
    try:
        passed = decision(event)
    except tuple(error_classes(FUNCTION)):
        return
    assert passed["confidence"] >= 0.93
    assert passed["vehicle"] in {"bicycle", "motorcycle"}
