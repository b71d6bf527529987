"""All figures of an evaluation as one JSON object: what the page, the card and the terminal are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from scones.evaluation import calibration, metrics, separation
from scones.evaluation.agreement import TOLERANCE, Agreement
from scones.evaluation.endpoint import Reply
from scones.proportions import Proportion
from scones.rule import Rule

MOST_MISTAKES = 10
MOST_POINTS = 500  # of a curve
SCORE, CONFIDENCE = "out_of_domain", "confidence"


@dataclass(frozen=True)
class Answered:
    """A picture, its class (None: none of the classes), and the endpoint's answer."""

    key: str
    label: int | None
    reply: Reply

    @property
    def is_right(self) -> bool:
        return self.label == self.reply.predicted


@dataclass(frozen=True)
class Measured:
    """Everything that was asked. `made`: kind of generated picture to the answers."""

    test: Sequence[Answered]
    background: Sequence[Answered]
    made: Mapping[str, Sequence[Answered]]
    seconds: Sequence[float]  # of calls one after another
    with_training: Agreement | None = None  # None: there is no record to compare with
    with_offline: Agreement | None = None  # None: the model does not run in a process of ours
    notes: Sequence[str] = field(default=())


def figures(measured: Measured, rule: Rule) -> dict[str, Any]:
    """Return the figures; shares are {successes, total, share, interval}, differences and scores 0 to 1.

    ValueError when there is no test picture.
    """
    if not measured.test:
        raise ValueError("there is no test picture to measure on")
    probabilities = np.array([each.reply.probabilities for each in measured.test])
    labels = np.array([each.label for each in measured.test], dtype=np.int64)
    confusion = metrics.confusion_matrix(probabilities, labels)
    accepted = [each for each in measured.test if rule.accepts(each.reply)]
    return {
        "class_names": list(rule.class_names),
        "rule": {
            "confidence_threshold": rule.threshold,
            "class_thresholds": dict(rule.class_thresholds),
            "out_of_domain_limit": rule.out_of_domain_limit,
        },
        "accuracy": share(metrics.accuracy(probabilities, labels)),
        "confusion_matrix": confusion.tolist(),
        "per_class": _per_class(confusion, rule.class_names),
        "calibration": _calibration(probabilities, labels),
        "negative_log_likelihood": metrics.negative_log_likelihood(probabilities, labels),
        "brier_score": metrics.brier_score(probabilities, labels),
        "selective": {
            "coverage": share(Proportion(len(accepted), len(measured.test))),
            "accuracy": share(Proportion(sum(each.is_right for each in accepted), len(accepted))),
            "curve": _curve(probabilities, labels),
        },
        "out_of_domain": _out_of_domain(measured),
        "accepted": {
            kind: share(Proportion(sum(rule.accepts(each.reply) for each in answers), len(answers)))
            for kind, answers in (("background", measured.background), *measured.made.items())
        },
        "latency": {"calls": len(measured.seconds), "seconds": metrics.percentiles(measured.seconds)},
        "agreement": {
            "tolerance": TOLERANCE,
            "training": _agreement(measured.with_training),
            "offline": _agreement(measured.with_offline),
        },
        "mistakes": [
            _entry(each) | {"accepted": rule.accepts(each.reply)} for each in mistakes(measured.test)
        ],
        "notes": list(measured.notes),
        "answers": {
            "test": [_entry(each) for each in measured.test],
            "background": [_entry(each) for each in measured.background],
            **{kind: [_entry(each) for each in answers] for kind, answers in measured.made.items()},
        },
    }


def mistakes(answered: Sequence[Answered], most: int = MOST_MISTAKES) -> list[Answered]:
    """Return the wrong answers, the surest first."""
    wrong = [each for each in answered if not each.is_right]
    return sorted(wrong, key=lambda each: (-each.reply.confidence, each.key))[:most]


def share(proportion: Proportion) -> dict[str, Any]:
    """Return a proportion as JSON; share and interval are None when nothing was counted."""
    return {
        "successes": proportion.successes,
        "total": proportion.total,
        "share": proportion.share,
        "interval": [proportion.low, proportion.high] if proportion.total else None,
    }


def _per_class(confusion: metrics.Integers, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "precision": share(found.precision),
            "recall": share(found.recall),
            "f1": found.f1,
        }
        for name, found in zip(names, metrics.per_class(confusion), strict=True)
    ]


def _calibration(probabilities: metrics.Floats, labels: metrics.Integers) -> dict[str, Any]:
    confidences, right = calibration.correct(probabilities, labels)
    width = calibration.reliability(confidences, right)
    mass = calibration.reliability_of_equal_mass(confidences, right)
    return {
        "bins": calibration.BINS,
        "expected_calibration_error": calibration.expected_calibration_error(width),
        "expected_calibration_error_equal_mass": calibration.expected_calibration_error(mass),
        "mean_confidence": float(confidences.mean()),
        "reliability": [_bin(each) for each in width],
        "reliability_equal_mass": [_bin(each) for each in mass],
    }


def _bin(each: calibration.Bin) -> dict[str, Any]:
    return {
        "low": each.low,
        "high": each.high,
        "mean_confidence": each.mean_confidence,
        "right": share(each.right),
    }


def _curve(probabilities: metrics.Floats, labels: metrics.Integers) -> list[dict[str, Any]]:
    steps = separation.coverage_accuracy(*calibration.correct(probabilities, labels))
    return [
        {"threshold": step.threshold, "coverage": step.coverage.share, "accuracy": share(step.accuracy)}
        for step in thinned(steps)
    ]


def _out_of_domain(measured: Measured) -> dict[str, Any] | None:
    """Tell how well others are told apart: by the score, or by low confidence where there is no score."""
    if not measured.background:
        return None
    sides = (measured.test, measured.background)
    by = SCORE if all(each.reply.out_of_domain is not None for side in sides for each in side) else CONFIDENCE
    inside, others = (
        np.array(
            [each.reply.out_of_domain if by == SCORE else 1 - each.reply.confidence for each in side],
            dtype=np.float64,
        )
        for side in sides
    )
    found = separation.roc(inside, others)
    points = list(zip(found.others_accepted, found.inside_accepted, strict=True))
    return {
        "by": by,
        "auroc": found.auroc,
        "others_accepted_at_95": found.others_accepted_at_95,
        "roc": [list(point) for point in thinned(points)],
    }


def thinned(items: Sequence[Any], most: int = MOST_POINTS) -> list[Any]:
    """Return at most so many of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def _agreement(agreement: Agreement | None) -> dict[str, Any] | None:
    return None if agreement is None else asdict(agreement)


def _entry(each: Answered) -> dict[str, Any]:
    found = {
        "key": each.key,
        "label": each.label,
        "probabilities": list(each.reply.probabilities),
        "out_of_domain": each.reply.out_of_domain,
    }
    return {name: value for name, value in found.items() if value is not None}
