"""Wilson intervals, against values computed elsewhere (R: prop.test(x, n, correct = FALSE))."""

import pytest

from scones.proportions import Proportion, wilson_interval


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        (8, 10, 0.4901625, 0.9433178),
        (0, 10, 0, 0.2775328),
        (10, 10, 0.7224672, 1),
        (1, 2, 0.0945312, 0.9054688),
    ],
)
def test_the_interval_is_wilsons(successes: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(successes, total) == pytest.approx((low, high), abs=1e-7)


def test_nothing_counted_has_no_share_and_no_interval() -> None:
    nothing = Proportion(0, 0)

    assert (nothing.share, nothing.low, nothing.high) == (None, None, None)


@pytest.mark.parametrize(("successes", "total"), [(2, 1), (-1, 5)])
def test_more_than_all_is_no_proportion(successes: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not a proportion"):
        Proportion(successes, total)
