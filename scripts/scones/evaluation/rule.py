"""The deployed rule, as the THRESHOLD_CONFIDENCE function decides by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scones.evaluation.endpoint import Reply


@dataclass(frozen=True)
class Rule:
    """Accept a confidence of at least the answered class's threshold, and a score up to the limit."""

    class_names: Sequence[str]
    threshold: float
    class_thresholds: Mapping[str, float] = field(default_factory=dict)  # exceptions, by class name
    out_of_domain_limit: float | None = None

    @classmethod
    def deployed(cls, outputs: Mapping[str, Any]) -> Rule:
        """Return the rule in the outputs of terraform/workflow."""
        return cls(
            outputs["class_names"],
            outputs["confidence_threshold"],
            outputs.get("class_thresholds") or {},
            outputs.get("out_of_domain_limit"),
        )

    def accepts(self, reply: Reply) -> bool:
        limit, score = self.out_of_domain_limit, reply.out_of_domain
        if limit is not None and score is not None and score > limit:
            return False
        name = self.class_names[reply.predicted]
        return reply.confidence >= self.class_thresholds.get(name, self.threshold)
