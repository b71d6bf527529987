"""Each inference with its verdict, and the numbers that sum them up. Pure: captures in, verdicts out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scones.inference.captures import Capture
from scones.proportions import Proportion
from scones.rule import Rule

NEITHER = -1  # the truth of a picture that shows none of the classes


def is_accepted(confidence: float, threshold: float) -> bool:
    """Say whether a confidence passes, by the rule of the THRESHOLD_CONFIDENCE function."""
    return confidence >= threshold


@dataclass(frozen=True)
class Inference:
    """A capture with what is known about it: its picture's key, and its true class."""

    capture: Capture
    accepted: bool
    key: str | None = None  # the picture's key in S3, when it is known
    truth: int | None = None  # the true class or NEITHER, when the picture is labelled
    doubts: Sequence[str] = ()  # why it is refused
    labelled_as: str | None = None  # what a person said that it shows, where the truth is that

    @property
    def right(self) -> bool | None:
        """Whether the answer is the true class, which it never is for NEITHER; None when not known."""
        return None if self.truth is None else self.capture.predicted == self.truth

    @property
    def is_neither(self) -> bool:
        """Whether the picture is known to show none of the classes."""
        return self.truth == NEITHER


@dataclass(frozen=True)
class Summary:
    """The numbers of a report. Means and times are None when there is no inference."""

    inferences: int
    coverage: Proportion  # accepted, of all
    mean_confidence: float | None
    accuracy: Proportion  # right, of the pictures known to show a class, by their newest answers
    accepted_accuracy: Proportion  # right, of the accepted ones; those that show neither are wrong
    neither: Proportion  # accepted, of the pictures known to show none of the classes
    by_people: int  # pictures whose truth is what a person said
    first: datetime | None
    last: datetime | None


def judge(
    captures: Sequence[Capture],
    rule: Rule | float,
    keys: Mapping[str, str] | None = None,
    labels: Mapping[str, int] | None = None,
    labels_by_people: Mapping[str, str] | None = None,
) -> list[Inference]:
    """Return each capture with its verdict, in the order given. A number is a rule's only threshold.

    `keys` maps inference ids and pictures' digests to object keys, `labels` object keys to class indices,
    `labels_by_people` digests to names. A picture of the data set is what its list says, whoever labelled it.
    """
    keys, labels, said = keys or {}, labels or {}, labels_by_people or {}
    rule = rule if isinstance(rule, Rule) else Rule(rule)
    judged = []
    for capture in captures:
        known = keys_of(capture, keys)
        truth = next((labels[key] for key in known if key in labels), None)
        name = said.get(capture.image_digest or "") if truth is None else None
        if name is not None:
            truth = rule.class_names.index(name) if name in rule.class_names else NEITHER
        key = known[0] if known else None
        doubts = rule.doubts(capture)
        judged.append(Inference(capture, not doubts, key, truth, doubts, name))
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
    newest = _newest_of_each_picture(inferences)
    neither = [inference for inference in newest if inference.is_neither]
    return Summary(
        inferences=len(inferences),
        coverage=Proportion(len(accepted), len(inferences)),
        mean_confidence=sum(confidences) / len(confidences) if confidences else None,
        accuracy=_accuracy([inference for inference in newest if not inference.is_neither]),
        accepted_accuracy=_accuracy(_newest_of_each_picture(accepted)),
        neither=Proportion(sum(inference.accepted for inference in neither), len(neither)),
        by_people=sum(inference.labelled_as is not None for inference in newest),
        first=min(times, default=None),
        last=max(times, default=None),
    )


def _newest_of_each_picture(inferences: Sequence[Inference]) -> list[Inference]:
    """Return the newest inference of each picture whose truth is known: an interval holds for pictures."""
    return list(
        {
            inference.capture.image_digest or inference.key: inference
            for inference in inferences
            if inference.truth is not None
        }.values()
    )


def _accuracy(inferences: Sequence[Inference]) -> Proportion:
    return Proportion(sum(bool(inference.right) for inference in inferences), len(inferences))
