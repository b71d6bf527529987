"""Whether a confidence of 0.93 is right 93 % of the time.

The expected calibration error is that of C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of
Modern Neural Networks" (2017), equation 5: the mean over 15 bins of |accuracy - mean confidence|, weighted by
the pictures in each. With bins of equal width (theirs, and the one that is quoted) most pictures of a good
model fall into the last bin; with bins of equal mass each has as many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scones.evaluation.metrics import Floats, Integers
from scones.proportions import Proportion

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Pictures whose confidence is above `low` and at most `high`; of equal mass: from low to high."""

    low: float
    high: float
    mean_confidence: float
    right: Proportion


def reliability(confidences: Floats, right: Floats, bins: int = BINS) -> list[Bin]:
    """Return the bins of equal width, (low, high], that hold a picture; a confidence of 0 is in the first."""
    edges = np.linspace(0, 1, bins + 1)
    places = np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, bins - 1)
    return [
        _bin(
            float(edges[place]), float(edges[place + 1]), confidences[places == place], right[places == place]
        )
        for place in range(bins)
        if (places == place).any()
    ]


def reliability_of_equal_mass(confidences: Floats, right: Floats, bins: int = BINS) -> list[Bin]:
    """Return bins with as many pictures each, but for one, by rising confidence. Equals may be parted."""
    order = np.argsort(confidences, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [
        _bin(float(confidences[part[0]]), float(confidences[part[-1]]), confidences[part], right[part])
        for part in parts
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance between confidence and accuracy, 0 to 1, weighted by the pictures of a bin."""
    total = sum(each.right.total for each in bins)
    gaps = [
        abs(each.right.successes - each.mean_confidence * each.right.total) for each in bins
    ]  # times the weight
    return sum(gaps) / total if total else 0.0


def correct(probabilities: Floats, labels: Integers) -> tuple[Floats, Floats]:
    """Return (confidence, 1 where the answer is right else 0) of each picture."""
    return probabilities.max(axis=1), (probabilities.argmax(axis=1) == labels).astype(np.float64)


def _bin(low: float, high: float, confidences: Floats, right: Floats) -> Bin:
    return Bin(low, high, float(confidences.mean()), Proportion(int(right.sum()), len(right)))
