"""Whether two ways of asking the same model agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scones.evaluation.endpoint import Reply

TOLERANCE = 1e-5  # of a probability or a score


@dataclass(frozen=True)
class Agreement:
    """The largest absolute difference between two answers' probabilities or scores, and whose it is."""

    pictures: int
    largest_difference: float
    key: str

    @property
    def is_close(self) -> bool:
        return self.largest_difference <= TOLERANCE


def compare(keys: Iterable[str], some: Sequence[Reply], others: Sequence[Reply]) -> Agreement:
    """Compare answers to the same pictures, pair by pair; ValueError when there is none."""
    found = [(_difference(one, other), key) for key, one, other in zip(keys, some, others, strict=True)]
    if not found:
        raise ValueError("there is nothing to compare")
    largest, key = max(found)
    return Agreement(len(found), largest, key)


def reply_of(entry: Mapping[str, Any]) -> Reply:
    """Return what a training job recorded of a picture as a reply."""
    return Reply(tuple(entry["probabilities"]), entry.get("out_of_domain"), 0.0)


def _difference(one: Reply, other: Reply) -> float:
    gaps = [abs(a - b) for a, b in zip(one.probabilities, other.probabilities, strict=True)]
    if one.out_of_domain is not None and other.out_of_domain is not None:
        gaps.append(abs(one.out_of_domain - other.out_of_domain))
    return max(gaps)
