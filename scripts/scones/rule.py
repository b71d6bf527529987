"""The deployed rule: which of a model's answers are trusted, as the THRESHOLD_CONFIDENCE function decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

LOW_CONFIDENCE, OUT_OF_DOMAIN = "low confidence", "out of domain"


class Answer(Protocol):
    """What the rule looks at; wherever an answer comes from, it has these."""

    @property
    def confidence(self) -> float: ...
    @property
    def predicted(self) -> int | None: ...  # the answered class's index, None where it is not known
    @property
    def out_of_domain(self) -> float | None: ...  # None where the model tells no score


@dataclass(frozen=True)
class Rule:
    """Accept a confidence of at least the answered class's threshold, and a score up to the limit.

    Equal is enough for both. A score that is not known refuses nothing.
    """

    threshold: float
    class_names: Sequence[str] = ()
    class_thresholds: Mapping[str, float] = field(default_factory=dict)  # by name; the others have threshold
    out_of_domain_limit: float | None = None  # None: no score refuses

    @classmethod
    def deployed(cls, outputs: Mapping[str, Any]) -> Rule:
        """Return the rule in the outputs of terraform/workflow."""
        return cls(
            outputs["confidence_threshold"],
            outputs["class_names"],
            outputs.get("class_thresholds") or {},
            outputs.get("out_of_domain_limit"),
        )

    def threshold_of(self, predicted: int | None) -> float:
        """Return the confidence from which on the answer of this class is accepted."""
        known = predicted is not None and 0 <= predicted < len(self.class_names)
        name = self.class_names[predicted] if known and predicted is not None else ""
        return self.class_thresholds.get(name, self.threshold)

    def doubts(self, answer: Answer) -> list[str]:
        """Return why an answer is refused: LOW_CONFIDENCE, OUT_OF_DOMAIN, both or nothing."""
        score, limit = answer.out_of_domain, self.out_of_domain_limit
        doubts = [] if answer.confidence >= self.threshold_of(answer.predicted) else [LOW_CONFIDENCE]
        return doubts if score is None or limit is None or score <= limit else [*doubts, OUT_OF_DOMAIN]

    def accepts(self, answer: Answer) -> bool:
        """Say whether an answer is trusted."""
        return not self.doubts(answer)
