"""How often a classifier is right, class by class, and how good its probabilities are.

Everywhere: probabilities (n, k) float, a row a picture and a column a class; labels (n,) int, 0 to k - 1.
The answer is the likeliest class, the first of equals, as the workflow takes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scones.proportions import Proportion

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST = 1e-15  # probabilities below it count as it: one certain mistake must not make the mean infinite


@dataclass(frozen=True)
class ClassFigures:
    """One class. precision: right of those answered so; recall: right of those that are so.

    f1 is their harmonic mean, 2 TP / (2 TP + FP + FN); None when the class neither occurs nor is answered.
    """

    precision: Proportion
    recall: Proportion
    f1: float | None


def predictions(probabilities: Floats) -> Integers:
    """Return the answer to each picture, (n,)."""
    return np.argmax(probabilities, axis=1).astype(np.int64)


def accuracy(probabilities: Floats, labels: Integers) -> Proportion:
    """Return how many answers are right, with the interval around their share."""
    return Proportion(int((predictions(probabilities) == labels).sum()), len(labels))


def confusion_matrix(probabilities: Floats, labels: Integers) -> Integers:
    """Return counts (k, k): row the true class, column the answered one."""
    classes = probabilities.shape[1]
    pairs = labels * classes + predictions(probabilities)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes).astype(np.int64)


def per_class(confusion: Integers) -> list[ClassFigures]:
    """Return each class's figures from a confusion matrix."""
    found = []
    for index in range(len(confusion)):
        right = int(confusion[index, index])
        answered, occurring = int(confusion[:, index].sum()), int(confusion[index].sum())
        f1 = 2 * right / (answered + occurring) if answered + occurring else None
        found.append(ClassFigures(Proportion(right, answered), Proportion(right, occurring), f1))
    return found


def negative_log_likelihood(probabilities: Floats, labels: Integers) -> float:
    """Return the mean of -ln of the true class's probability, in nats."""
    chances = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(chances, LEAST, 1)).mean())


def brier_score(probabilities: Floats, labels: Integers) -> float:
    """Return the mean squared distance to the truth, summed over the classes: 0 is perfect, 2 the worst.

    G. W. Brier, "Verification of forecasts expressed in terms of probability" (1950), in his own form; the
    binary form that is common today is half of it.
    """
    truth = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - truth) ** 2).sum(axis=1).mean())


def percentiles(seconds: Sequence[float], ranks: Sequence[float] = (50, 90, 95, 99)) -> dict[str, float]:
    """Return {"p50": …} of durations: each the smallest one that so many percent do not exceed."""
    if not seconds:
        return {}
    values = np.percentile(np.asarray(seconds), ranks, method="inverted_cdf")
    return {f"p{rank:g}": float(value) for rank, value in zip(ranks, values, strict=True)}
