"""What a score separates: right answers from wrong ones, and in-domain pictures from others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scones.evaluation.metrics import Floats
from scones.proportions import Proportion


@dataclass(frozen=True)
class Step:
    """Of the pictures at least as sure as `threshold`: how many there are, and how many are right."""

    threshold: float
    coverage: Proportion
    accuracy: Proportion


def coverage_accuracy(confidences: Floats, right: Floats) -> list[Step]:
    """Return one step a confidence that occurs, from the highest down: the last one accepts everything.

    R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective Classification" (2010).
    """
    order = np.argsort(-confidences, kind="stable")
    ordered, hits = confidences[order], np.cumsum(right[order])
    is_last_of_equals = np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]
    return [
        Step(
            float(ordered[place]),
            Proportion(int(place) + 1, len(ordered)),
            Proportion(int(hits[place]), int(place) + 1),
        )
        for place in np.flatnonzero(is_last_of_equals)
    ]


@dataclass(frozen=True)
class Roc:
    """How a score, higher = less like the training pictures, tells others from in-domain pictures.

    `others_accepted` and `inside_accepted`: shares at most each limit, from refusing all to accepting all.
    `auroc`: the chance that a picture of something else scores higher than an in-domain one, equals half.
    `others_accepted_at_95`: the smallest share of others accepted by a limit that accepts at least 95 % of
    the in-domain pictures (FPR at 95 % TPR, D. Hendrycks and K. Gimpel, 2017; in-domain is positive).
    """

    others_accepted: Sequence[float]
    inside_accepted: Sequence[float]
    auroc: float
    others_accepted_at_95: float


def roc(inside: Floats, others: Floats) -> Roc:
    """Return the curve of a score, from its values on both sides; ValueError when one side is empty."""
    if not len(inside) or not len(others):
        raise ValueError("a curve needs pictures of both sides")
    limits = np.unique(np.concatenate([inside, others]))
    accepted = np.searchsorted(np.sort(inside), limits, side="right")  # counts: exact, unlike shares
    false = np.searchsorted(np.sort(others), limits, side="right")
    enough = accepted * 100 >= 95 * len(inside)
    ours = np.append(0.0, accepted / len(inside))
    theirs = np.append(0.0, false / len(others))
    area = float(np.sum((theirs[1:] - theirs[:-1]) * (ours[1:] + ours[:-1]) / 2))
    return Roc(theirs.tolist(), ours.tolist(), area, float(false[enough].min()) / len(others))
