"""Each inference with its verdict, and the numbers that sum them up. Pure: captures in, verdicts out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scones.inference.captures import Capture
from scones.reporting.proportions import Proportion
from scones.rule import Rule


def is_accepted(confidence: float, threshold: float) -> bool:
    """Say whether a confidence passes, by the rule of the THRESHOLD_CONFIDENCE function."""
    return confidence >= threshold


@dataclass(frozen=True)
class Inference:
    """A capture with what is known about it: its picture's key, and its true class."""

    capture: Capture
    accepted: bool
    key: str | None = None  # the picture's key in S3, when it is known
    truth: int | None = None  # the true class, when the key is that of a labelled picture
    doubts: Sequence[str] = ()  # why it is refused

    @property
    def right(self) -> bool | None:
        """Whether the answer is the true class; None when that is not known."""
        return None if self.truth is None else self.capture.predicted == self.truth


@dataclass(frozen=True)
class Summary:
    """The numbers of a report. Means and times are None when there is no inference."""

    inferences: int
    coverage: Proportion  # accepted, of all
    mean_confidence: float | None
    accuracy: Proportion  # right, of the pictures whose true class is known, by their newest answers
    accepted_accuracy: Proportion  # the same of the accepted answers alone
    first: datetime | None
    last: datetime | None


def judge(
    captures: Sequence[Capture],
    rule: Rule | float,
    keys: Mapping[str, str] | None = None,
    labels: Mapping[str, int] | None = None,
) -> list[Inference]:
    """Return each capture with its verdict, in the order given. A number is a rule's only threshold.

    `keys` maps inference ids and pictures' digests to object keys, `labels` object keys to class indices.
    """
    keys, labels = keys or {}, labels or {}
    rule = rule if isinstance(rule, Rule) else Rule(rule)
    judged = []
    for capture in captures:
        known = keys_of(capture, keys)
        truth = next((labels[key] for key in known if key in labels), None)
        key = known[0] if known else None
        doubts = rule.doubts(capture)
        judged.append(Inference(capture, not doubts, key, truth, doubts))
    return judged


def keys_of(capture: Capture, keys: Mapping[str, str]) -> list[str]:
    """Return the key that is known by the inference's id, and the one known by the picture's digest.

    They differ when a labelled picture came in under another name.
    """
    return [keys[name] for name in (capture.inference_id, capture.image_digest) if name and name in keys]


def summarise(inferences: Sequence[Inference]) -> Summary:
    """Return the numbers of some inferences, which are sorted by time."""
    times = [inference.capture.time for inference in inferences]
    confidences = [inference.capture.confidence for inference in inferences]
    accepted = [inference for inference in inferences if inference.accepted]
    return Summary(
        inferences=len(inferences),
        coverage=Proportion(len(accepted), len(inferences)),
        mean_confidence=sum(confidences) / len(confidences) if confidences else None,
        accuracy=_accuracy(inferences),
        accepted_accuracy=_accuracy(accepted),
        first=min(times, default=None),
        last=max(times, default=None),
    )


def _accuracy(inferences: Sequence[Inference]) -> Proportion:
    """Return how many pictures are answered right; the interval holds for pictures, so each counts once."""
    newest = {
        inference.capture.image_digest or inference.key: inference.right
        for inference in inferences
        if inference.right is not None
    }
    return Proportion(sum(newest.values()), len(newest))
