"""The rule that is chosen on validation, against a search of every rule there is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scones.evaluation.threshold import choose, choose_limit

# Few different values: ties are the rule, not the exception.
CONFIDENCES = st.integers(50, 60).map(lambda value: value / 60)
SCORES = st.integers(0, 12).map(lambda value: value / 12)


def picture(confidence: float, *, right: bool = True, score: float | None = None) -> dict[str, Any]:
    found = {
        "key": "a.png",
        "label": 0 if right else 1,
        "probabilities": [confidence, 1 - confidence],
    }
    return found if score is None else found | {"out_of_domain": score}


@given(
    st.lists(st.tuples(CONFIDENCES, st.booleans()), min_size=1), st.sampled_from([0, 0.01, 0.1, 0.25, 0.5])
)
def test_the_threshold_is_the_smallest_whose_accepted_answers_err_rarely_enough(
    answers: list[tuple[float, bool]], target: float
) -> None:
    occurring = sorted({confidence for confidence, _ in answers})
    fine = []
    for last in occurring:
        accepted = [right for confidence, right in answers if confidence >= last]
        if accepted.count(False) / len(accepted) <= target:
            fine.append(last)
    last = min(fine, default=occurring[-1])

    choice = choose({"pictures": [picture(c, right=right) for c, right in answers]}, target)

    assert choice.is_reached == bool(fine)
    lower = max((confidence for confidence in occurring if confidence < last), default=last - 1e-5)
    assert lower < choice.threshold < last
    accepted = [right for confidence, right in answers if confidence >= choice.threshold]
    assert choice.coverage.successes == len(accepted)
    assert (choice.selective_accuracy.successes, choice.selective_accuracy.total) == (
        accepted.count(True),
        len(accepted),
    )


NEAR = st.sampled_from([0.9, 0.99, 0.9999998]).flatmap(
    lambda foot: st.integers(0, 30).map(lambda step: min(1.0, foot + step / 2e7))
)


@given(
    st.lists(
        st.tuples(NEAR | st.floats(0.5, 1), NEAR | st.floats(0, 1), st.sampled_from([True, False, None])),
        min_size=1,
    ).filter(lambda answers: any(right is not None for _, _, right in answers)),
    st.sampled_from([0, 0.01, 0.1, 0.5]),
    st.floats(-9e-7, 9e-7),
)
def test_no_rounding_changes_what_becomes_of_a_picture_that_the_rule_was_chosen_on(
    answers: list[tuple[float, float, bool | None]], target: float, difference: float
) -> None:
    """An answer is recorded with 7 digits, and the endpoint's differs from it in the last ones."""
    recorded = {
        known: [
            picture(round(confidence, 7), right=bool(right), score=round(score, 7))
            for confidence, score, right in answers
            if (right is not None) == known
        ]
        for known in (True, False)
    }

    choice = choose({"pictures": recorded[True], "background": recorded[False]}, target)
    limit = choice.out_of_domain_limit

    assert limit is not None
    accepted = [
        right
        for confidence, score, right in answers
        if right is not None
        and confidence + difference >= choice.threshold
        # A score is at most 1, whatever it differs by.
        and min(1.0, score + difference) <= limit
    ]
    assert len(accepted) == choice.coverage.successes
    assert accepted.count(True) == choice.selective_accuracy.successes


def test_ten_thousand_answers_are_chosen_on_at_once() -> None:
    pictures = [picture(0.5 + i / 20_000, right=i > 5_000) for i in range(10_000)]

    assert choose({"pictures": pictures}, 0).threshold == pytest.approx(0.75005, abs=3e-5)


@given(st.lists(SCORES, min_size=1, max_size=90), st.lists(SCORES, max_size=30))
def test_no_limit_that_keeps_enough_separates_better(inside: list[float], outside: list[float]) -> None:
    def kept(limit: float) -> float:
        return sum(score <= limit for score in inside) / len(inside)

    def worth(limit: float) -> float:
        return kept(limit) + sum(score > limit for score in outside) / max(1, len(outside))

    limit = choose_limit(inside, outside)

    assert 0 <= limit <= 1
    assert kept(limit) >= 0.975
    if outside:
        others = [step / 12 for step in range(13)]
        assert worth(limit) >= max(worth(other) for other in others if kept(other) >= 0.975) - 1e-9


def test_the_limit_is_in_the_middle_between_both_sides() -> None:
    assert choose_limit([0.1] * 99 + [0.3], [0.7] * 200) == pytest.approx(0.5)


def test_one_stray_picture_of_something_else_does_not_cost_two_of_ours() -> None:
    inside = [0.1] * 98 + [0.4, 0.5]

    assert choose_limit(inside, [0.3] + [0.9] * 199) == pytest.approx(0.7)
    assert choose_limit(inside, [0.3] * 20 + [0.9] * 180) == pytest.approx(0.2)


def test_more_than_two_and_a_half_percent_are_never_given_up() -> None:
    inside = [0.1] * 90 + [0.6] * 10

    assert choose_limit(inside, [0.5] * 200) >= 0.6


def test_without_other_pictures_the_limit_keeps_just_enough() -> None:
    inside = [step / 100 for step in range(100)]

    assert choose_limit(inside, []) == pytest.approx(0.975)


def test_the_limit_comes_first_and_the_threshold_counts_what_it_lets_pass() -> None:
    pictures = [picture(0.6 + i / 1000, score=0.1) for i in range(99)]
    stray = picture(0.99, right=False, score=0.9)
    background = [{"key": "b", "probabilities": [0.9, 0.1], "out_of_domain": 0.8} for _ in range(50)]
    unsure = [{"key": "c", "probabilities": [0.55, 0.45], "out_of_domain": 0.05} for _ in range(2)]
    passing = {"key": "d", "probabilities": [0.95, 0.05], "out_of_domain": 0.05}

    choice = choose({"pictures": [*pictures, stray], "background": [*background, *unsure, passing]}, 0)

    assert choice.out_of_domain_limit == pytest.approx(0.45)
    assert 0.5999 < choice.threshold < 0.6
    assert (choice.coverage.successes, choice.coverage.total) == (99, 100)
    assert choice.selective_accuracy.share == 1
    assert (choice.background_accepted.successes, choice.background_accepted.total) == (1, 53)


def test_without_scores_there_is_no_limit() -> None:
    choice = choose({"pictures": [picture(0.9, score=0.2), picture(0.8)]})

    assert choice.out_of_domain_limit is None
    assert choice.coverage.share == 1
    assert choice.background_accepted.share is None


def test_an_evaluation_that_tells_the_likeliest_class_alone_is_enough() -> None:
    choice = choose(
        {
            "pictures": [
                {"key": "a", "label": 0, "predicted": 0, "confidence": 0.9},
                {"key": "b", "label": 0, "predicted": 1, "confidence": 0.8},
            ]
        }
    )

    assert choice.threshold == 0.85


def test_the_table_has_the_chosen_threshold_among_the_others_in_order() -> None:
    choice = choose({"pictures": [picture(0.91), picture(0.52, right=False)]})

    thresholds = [row.threshold for row in choice.table]
    assert thresholds == sorted(thresholds)
    assert choice.threshold == 0.72  # the middle of 0.52 and 0.91 is 0.715: two digits are enough
    assert choice.threshold in thresholds
    assert [row.coverage.successes for row in choice.table] == [
        sum(c >= threshold for c in (0.91, 0.52)) for threshold in thresholds
    ]


@pytest.mark.parametrize("target", [-0.1, 1, float("nan")])
def test_a_target_that_is_no_share_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="target error"):
        choose({"pictures": [picture(0.9)]}, target)


def test_nothing_to_choose_on_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        choose({"pictures": []})
