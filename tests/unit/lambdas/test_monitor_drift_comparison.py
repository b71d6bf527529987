"""monitor-drift's verdict: which captures differ from the baseline, and by what measure."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .conftest import load_function
from .drift_captures import FUNCTION, Store, baseline, failure, line, monitor, pictures, store, verbose

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


def of_classes(first: int, second: int) -> list[dict[str, Any]]:
    """Pictures of the baseline's kind, so many of each class."""
    answers = pictures(first + second, random.Random(1))
    sure = [max(answer["probabilities"]) for answer in answers]
    return [
        {**answer, "probabilities": [top, 1 - top] if number < first else [1 - top, top]}
        for number, (answer, top) in enumerate(zip(answers, sure, strict=True))
    ]


EQUAL_PARTS = baseline(of_classes(50, 50))


@pytest.mark.parametrize("shares", [(300, 100), (100, 300), (360, 40)])
def test_customers_who_prefer_one_class_are_measured_and_no_drift(shares: tuple[int, int]) -> None:
    """A validation split is cut in equal parts; what people ride is not."""
    report = monitor(store(map(line, of_classes(*shares)), EQUAL_PARTS))

    assert report["measures"]["ClassSharePSI"] > 0.25
    assert (report["drifted"], report["beyond"]) == (False, [])


def test_a_class_that_is_hardly_ever_the_answer_is_drift() -> None:
    report = monitor(store(map(line, of_classes(390, 10)), EQUAL_PARTS))

    assert report["beyond"] == ["ClassSharePSI"]


def test_class_share_may_be_left_to_be_looked_at() -> None:
    lone = load_function("monitor-drift", CLASS_SHARE_LIMIT="", OUT_OF_DOMAIN_LIMIT="0.5")

    report = monitor(store(map(line, of_classes(400, 0))), function=lone)

    assert report["measures"]["ClassSharePSI"] > 1
    assert (report["drifted"], "ClassSharePSI" in report["limits"]) == (False, False)


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


# --- The formulas, by values from elsewhere -----------------------------------------------------------------


@pytest.mark.parametrize(("share", "value"), [(0.5, 0), (0.75, 0.2747), (0.9, 0.8789), (0.917, 1.0016)])
def test_the_limit_of_class_share_is_where_one_of_two_classes_is_one_in_twelve(
    share: float, value: float
) -> None:
    many = 1_000_000
    found = FUNCTION.comparison.psi([many, many], [round(share * many), round((1 - share) * many)])

    assert found == pytest.approx(value, abs=1e-3)


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
