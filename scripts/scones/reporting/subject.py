"""What a report is about, and what is known beyond the captures themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scones.reporting.reading.unread import Unread
from scones.rule import Rule

if TYPE_CHECKING:
    from scones.reporting.reading.calibration import Calibration
    from scones.reporting.reading.cost import Spent
    from scones.reporting.reading.deployment import Deployment
    from scones.reporting.reading.drift import Drift
    from scones.reporting.reading.executions import Executions

FOLDER = Unread("a folder of captures does not tell; --env reads a deployed workflow")


@dataclass(frozen=True)
class Surroundings:
    """What the environment tells beside the captures; each part, or why it is not there."""

    executions: Executions | Unread = FOLDER
    calibration: Calibration | Unread | None = None  # None: measured on the labelled captures
    drift: Drift | Unread | None = FOLDER  # None: there is no report yet
    cost: Spent | Unread = FOLDER
    deployment: Deployment | Unread = FOLDER


@dataclass(frozen=True)
class Subject:
    """Which captures, under what rule, and what the environment says."""

    title: str
    threshold: float
    class_names: Sequence[str]
    facts: Mapping[str, str]
    keys: Mapping[str, str] = field(default_factory=dict)  # inference id or digest -> object key
    labels: Mapping[str, int] = field(default_factory=dict)  # object key -> class index
    labels_by_people: Mapping[str, str] = field(default_factory=dict)  # digest -> class name or "neither"
    notes: Sequence[str] = ()
    class_thresholds: Mapping[str, float] = field(default_factory=dict)  # by class name
    out_of_domain_limit: float | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)

    @property
    def rule(self) -> Rule:
        return Rule(self.threshold, self.class_names, self.class_thresholds, self.out_of_domain_limit)
