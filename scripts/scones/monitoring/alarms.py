"""The alarms on the model's answers, as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scones.errors import SconesError

DRIFT = "drift"
WATCHED = (
    DRIFT,
    "out-of-domain",
    "review-share",
    "mean-confidence",
)  # as terraform/modules/monitoring ends them
ALARM = "ALARM"


@dataclass(frozen=True)
class Alarm:
    """One alarm's state: OK, ALARM or INSUFFICIENT_DATA, and since when."""

    name: str
    state: str
    since: datetime
    period: int  # seconds
    tells: tuple[str, ...]  # ARNs that hear of it

    @property
    def is_on(self) -> bool:
        return self.state == ALARM


def watched_alarms(cloudwatch: Any, workflow: str) -> dict[str, Alarm]:
    """Return the alarms of a workflow that are about its model's answers, by their names' ends.

    SconesError when there is none on drift.
    """
    names = {f"{workflow}-{label}": label for label in WATCHED}
    found = cloudwatch.describe_alarms(AlarmNames=list(names))["MetricAlarms"]
    alarms = {names[alarm["AlarmName"]]: _alarm(alarm) for alarm in found}
    if DRIFT not in alarms:
        raise SconesError(
            f"there is no alarm {workflow}-{DRIFT}: deploy with monitoring.drift.enabled, 'make plan apply'"
        )
    return alarms


def _alarm(found: Mapping[str, Any]) -> Alarm:
    return Alarm(
        found["AlarmName"],
        found["StateValue"],
        found["StateUpdatedTimestamp"].astimezone(UTC),
        int(found.get("Period") or 0),
        tuple(found.get("AlarmActions", ())),
    )
