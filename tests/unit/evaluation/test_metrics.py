"""The figures, against counting by hand, and against values that others published or computed."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from scones.evaluation import calibration, metrics, separation
from scones.evaluation.metrics import Floats, Integers


@st.composite
def classified(draw: st.DrawFn) -> tuple[Floats, Integers]:
    """Probabilities with many ties, and labels, of 1 to 30 pictures of 2 to 6 classes."""
    count, classes = draw(st.integers(1, 30)), draw(st.integers(2, 6))
    weights = draw(arrays.arrays(np.int64, (count, classes), elements=st.integers(0, 4)))
    weights[:, 0] += weights.sum(axis=1) == 0
    labels = draw(arrays.arrays(np.int64, count, elements=st.integers(0, classes - 1)))
    return weights / weights.sum(axis=1, keepdims=True), labels


@given(classified())
def test_confusion_and_its_figures_are_counts_of_pictures(drawn: tuple[Floats, Integers]) -> None:
    probabilities, labels = drawn
    answers = [row.index(max(row)) for row in probabilities.tolist()]
    pairs = list(zip(labels.tolist(), answers, strict=True))

    confusion = metrics.confusion_matrix(probabilities, labels)

    for truth in range(probabilities.shape[1]):
        for answer in range(probabilities.shape[1]):
            assert confusion[truth, answer] == pairs.count((truth, answer))
    assert metrics.accuracy(probabilities, labels).successes == sum(a == b for a, b in pairs)
    for index, figures in enumerate(metrics.per_class(confusion)):
        assert figures.precision.total == answers.count(index)
        assert figures.recall.total == labels.tolist().count(index)
        assert figures.precision.successes == figures.recall.successes == pairs.count((index, index))
        if figures.precision.share and figures.recall.share:
            precision, recall = figures.precision.share, figures.recall.share
            assert figures.f1 == pytest.approx(2 * precision * recall / (precision + recall))


@given(classified())
def test_likelihood_and_brier_score_follow_their_definitions(drawn: tuple[Floats, Integers]) -> None:
    probabilities, labels = drawn
    rows = list(zip(probabilities.tolist(), labels.tolist(), strict=True))
    nll = sum(-math.log(max(row[label], 1e-15)) for row, label in rows) / len(rows)
    brier = sum(sum((p - (c == label)) ** 2 for c, p in enumerate(row)) for row, label in rows) / len(rows)

    assert metrics.negative_log_likelihood(probabilities, labels) == pytest.approx(nll)
    assert metrics.brier_score(probabilities, labels) == pytest.approx(brier)


def test_the_figures_of_a_known_answer_sheet() -> None:
    probabilities = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1]])
    labels = np.array([0, 1, 1, 0])

    assert metrics.confusion_matrix(probabilities, labels).tolist() == [[2, 0], [1, 1]]
    assert metrics.per_class(np.array([[2, 0], [1, 1]]))[1].f1 == pytest.approx(2 / 3)
    # 2 x (0.04 + 0.36 + 0.09 + 0.01) / 4: Brier's own form sums both classes
    assert metrics.brier_score(probabilities, labels) == pytest.approx(0.25)
    expected = -(math.log(0.8) + math.log(0.4) + math.log(0.7) + math.log(0.9)) / 4
    assert metrics.negative_log_likelihood(probabilities, labels) == pytest.approx(expected)


def test_a_class_that_is_nowhere_has_no_figures() -> None:
    figures = metrics.per_class(np.array([[3, 0], [0, 0]]))[1]

    assert (figures.precision.share, figures.recall.share, figures.f1) == (None, None, None)


# --- Calibration -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_of_equal_width_hold_what_is_above_their_low_and_at_most_their_high(
    answers: list[tuple[float, bool]],
) -> None:
    confidences = np.array([confidence for confidence, _ in answers])
    right = np.array([float(is_right) for _, is_right in answers])

    bins = calibration.reliability(confidences, right)

    error = 0.0
    for each in bins:
        inside = [(c, r) for c, r in answers if each.low < c <= each.high or (c == 0 == each.low)]
        assert each.right.total == len(inside)
        assert each.right.successes == sum(r for _, r in inside)
        gap = sum(r for _, r in inside) / len(inside) - sum(c for c, _ in inside) / len(inside)
        error += abs(gap) * len(inside) / len(answers)
    assert sum(each.right.total for each in bins) == len(answers)
    assert calibration.expected_calibration_error(bins) == pytest.approx(error, abs=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_of_equal_mass_have_as_many_pictures_but_for_one(answers: list[tuple[float, bool]]) -> None:
    confidences = np.array([confidence for confidence, _ in answers])
    right = np.array([float(is_right) for _, is_right in answers])

    bins = calibration.reliability_of_equal_mass(confidences, right)

    sizes = [each.right.total for each in bins]
    assert sum(sizes) == len(answers)
    assert max(sizes) - min(sizes) <= 1
    assert all(before.high <= after.low for before, after in pairwise(bins))


def test_the_calibration_error_of_a_model_that_is_too_sure() -> None:
    confidences = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([1.0] * 8 + [0.0] * 2 + [1.0] * 5 + [0.0] * 5)

    bins = calibration.reliability(confidences, right)

    assert calibration.expected_calibration_error(bins) == pytest.approx(0.5 * 0.15 + 0.5 * 0.05)


# --- Separation --------------------------------------------------------------------------------------

SCORES = st.lists(st.integers(0, 8).map(lambda value: value / 8), min_size=1, max_size=25)


@given(SCORES, SCORES)
def test_the_area_is_the_chance_that_a_strange_picture_scores_higher(
    inside: list[float], others: list[float]
) -> None:
    higher = sum((other > own) + 0.5 * (other == own) for own in inside for other in others)
    limits = [-1.0, *inside, *others]
    enough = [v for v in limits if 100 * sum(score <= v for score in inside) >= 95 * len(inside)]

    curve = separation.roc(np.array(inside), np.array(others))

    assert curve.auroc == pytest.approx(higher / len(inside) / len(others))
    lowest = min(sum(score <= limit for score in others) for limit in enough)
    assert curve.others_accepted_at_95 == pytest.approx(lowest / len(others))
    assert (curve.others_accepted[0], curve.inside_accepted[0]) == (0, 0)
    assert (curve.others_accepted[-1], curve.inside_accepted[-1]) == (1, 1)


def test_a_score_that_separates_all_has_an_area_of_one_and_the_same_score_a_half() -> None:
    assert separation.roc(np.array([0.1, 0.2]), np.array([0.3])).auroc == 1
    assert separation.roc(np.array([0.4, 0.4]), np.array([0.4])).auroc == 0.5
    assert separation.roc(np.array([0.4]), np.array([0.1])).others_accepted_at_95 == 1


def test_a_curve_needs_both_sides() -> None:
    with pytest.raises(ValueError, match="both sides"):
        separation.roc(np.array([0.1]), np.array([]))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_each_step_of_the_coverage_curve_counts_what_is_at_least_as_sure(
    answers: list[tuple[int, bool]],
) -> None:
    confidences = np.array([value / 5 for value, _ in answers])
    steps = separation.coverage_accuracy(confidences, np.array([float(r) for _, r in answers]))

    assert [step.threshold for step in steps] == sorted(set(confidences.tolist()), reverse=True)
    for step in steps:
        accepted = [is_right for value, is_right in answers if value / 5 >= step.threshold]
        assert step.coverage.successes == step.accuracy.total == len(accepted)
        assert step.accuracy.successes == sum(accepted)


# --- Latency -----------------------------------------------------------------------------------------


def test_a_percentile_is_a_duration_that_occurred() -> None:
    found = metrics.percentiles([value / 100 for value in range(1, 101)])

    assert found == {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
    assert metrics.percentiles([0.3]) == {"p50": 0.3, "p90": 0.3, "p95": 0.3, "p99": 0.3}
    assert metrics.percentiles([]) == {}
