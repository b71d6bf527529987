"""The rule that lets an answer pass, as THRESHOLD_CONFIDENCE reads it from its environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scones.review.findings import Answer, Evaluation
from scones.review.plan import UNKNOWN
from scones.review.values import parsed


@dataclass(frozen=True)
class Rule:
    """A threshold, exceptions from it by class, and a limit on the out-of-domain score; equal passes."""

    threshold: float
    exceptions: Mapping[str, float] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    limit: float | None = None

    def lets_pass(self, answer: Answer) -> bool:
        """Say whether an answer is trusted. A score that is not known refuses nothing."""
        if self.limit is not None and answer.out_of_domain is not None and answer.out_of_domain > self.limit:
            return False
        known = answer.predicted is not None and answer.predicted < len(self.classes)
        name = self.classes[answer.predicted] if known and answer.predicted is not None else ""
        return answer.confidence >= self.exceptions.get(name, self.threshold)

    def passing(self, evaluation: Evaluation) -> tuple[int, int]:
        """Return how many pictures pass, and how many of those are wrong."""
        passed = [answer for answer in evaluation.answers.values() if self.lets_pass(answer)]
        return len(passed), sum(not answer.is_right for answer in passed)


def exceptions(value: Any) -> Mapping[str, float]:
    """Return the thresholds by class that a function's variable holds; none where it holds nothing else."""
    found = parsed(value)
    if not isinstance(found, Mapping):
        return {}
    known = {str(name): number(threshold) for name, threshold in found.items()}
    return {name: threshold for name, threshold in known.items() if threshold is not None}


def class_names(value: Any) -> tuple[str, ...]:
    found = parsed(value)
    return tuple(map(str, found)) if isinstance(found, list) else ()


def number(value: Any) -> float | None:
    """Return a number that a plan may hold as text, None where it holds none or does not know it yet."""
    if isinstance(value, bool) or value in (None, UNKNOWN):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
