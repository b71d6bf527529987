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
