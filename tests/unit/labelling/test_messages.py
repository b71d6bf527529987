"""What a message of the review queue says, whoever wrote it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scones.labelling.messages import CAUSE_LENGTH, NotAReview, read_review

MESSAGE = {
    "s3_bucket": "data",
    "s3_key": "test/a.png",
    "inferences": [0.61, 0.39],
    "inference_id": "1",
    "execution_id": "arn:aws:states:::execution",
    "error": "THRESHOLD_CONFIDENCE_NOT_MET",
    "cause": json.dumps({"errorMessage": "not\n sure", "errorType": "E", "stackTrace": []}),
}


def said(**fields: Any) -> str:
    return json.dumps(MESSAGE | fields)


def test_a_message_of_the_state_machine_says_all_of_it() -> None:
    review = read_review(said(out_of_domain=0.25))

    assert review.uri == "s3://data/test/a.png"
    assert (review.confidences, review.out_of_domain) == ((0.61, 0.39), 0.25)
    assert (review.cause, review.execution) == ("not sure", "arn:aws:states:::execution")


def test_a_message_may_hold_the_place_of_the_picture_alone() -> None:
    review = read_review('{"s3_bucket": "data", "s3_key": "a.png"}')

    assert (review.confidences, review.out_of_domain, review.cause, review.execution) == ((), None, "", None)


@pytest.mark.parametrize(
    ("body", "lack"),
    [
        ("", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ('{"s3_key": "a"}', "no s3_bucket"),
        (said(s3_key=7), "no s3_key"),
        (said(s3_key=" "), "no s3_key"),
        ('{"s3_bucket": "data", "s3_key": "\\ud800"}', "s3_key is no text"),
    ],
)
def test_what_names_no_picture_is_no_review(body: str, lack: str) -> None:
    with pytest.raises(NotAReview, match=lack):
        read_review(body)


@pytest.mark.parametrize("inferences", ["x", [2, 0], [None], [True, False], {"a": 1}, "[0.5, NaN]", [[0.5]]])
def test_what_are_no_confidences_is_left_out(inferences: Any) -> None:
    assert read_review(said(inferences=inferences)).confidences == ()


def test_confidences_may_come_as_text() -> None:
    assert read_review(said(inferences="[0.25, 0.75]")).confidences == (0.25, 0.75)


def test_nothing_of_a_message_moves_the_cursor() -> None:
    review = read_review(said(s3_key="a\x1b[2J\n.png", cause="\x1b]0;title\x07 doubt", execution_id="\x9b1m"))

    assert (review.name, review.cause, review.execution) == ("a [2J .png", "]0;title doubt", "1m")
    assert review.key == "a\x1b[2J\n.png"


def test_a_long_cause_is_cut() -> None:
    assert len(read_review(said(cause="x" * 10_000)).cause) == CAUSE_LENGTH


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.text()
    | JSON.map(json.dumps)
    | st.fixed_dictionaries({}, optional=dict.fromkeys([*MESSAGE, "out_of_domain"], JSON)).map(json.dumps)
    | st.fixed_dictionaries(
        {"s3_bucket": st.text(), "s3_key": st.text()}, optional={"inferences": JSON, "cause": JSON}
    ).map(json.dumps)
)
def test_any_text_is_a_review_that_can_be_shown_or_none_at_all(body: str) -> None:
    try:
        review = read_review(body)
    except NotAReview:
        return
    assert review.bucket.strip() and review.key.strip()
    assert all(0 <= confidence <= 1 for confidence in review.confidences)
    assert f"{review.name}{review.cause}{review.execution}".isprintable()
