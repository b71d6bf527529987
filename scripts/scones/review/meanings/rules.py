"""The rule that lets an answer pass, as THRESHOLD_CONFIDENCE reads it from its environment variables."""

from collections.abc import Mapping
from typing import Any

from scones.review.findings import Evaluation
from scones.review.plan import UNKNOWN
from scones.review.values import parsed
from scones.rule import Rule


def passing(rule: Rule, evaluation: Evaluation) -> tuple[int, int]:
    """Return how many pictures pass, and how many of those are wrong."""
    passed = [answer for answer in evaluation.answers.values() if rule.accepts(answer)]
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
