"""Deployment guardrails: how the traffic moves from an old fleet to a new one, and what moves it back.

Real: ALL_AT_ONCE, CANARY and LINEAR routing by share of the traffic, WaitIntervalInSeconds after each step,
in which the alarms are watched as the models' role, TerminationWaitInSeconds,
MaximumExecutionTimeoutInSeconds. An alarm that is in ALARM already when a bake begins rolls back too.
Without a wait nothing is watched, as there is no bake. Not real: rolling updates, which are refused by
name; the words of FailureReason, which AWS does not publish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.exceptions import ValidationError

from .. import clock
from ..permissions import enforcement
from ..settings import Settings
from .timing import Stretch

AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
SIZES = {
    "CANARY": ("CanarySize", 0.0, 0.5),
    "LINEAR": ("LinearStepSize", 0.1, 0.5),
}  # smallest and largest share


class RollbackError(Exception):
    """Why a deployment is taken back, as FailureReason says it."""


class Deployment:
    """A DeploymentConfig at work: `steps` of traffic, a `bake` after each, and a `farewell` to the old fleet.

    Raises ValidationError for one that SageMaker would refuse, NotImplementedError for a rolling update.
    """

    def __init__(
        self, declared: Mapping[str, Any] | None, instances: int, roles: Iterable[str], settings: Settings
    ) -> None:
        declared, self._roles = declared or {}, set(roles)
        if "RollingUpdatePolicy" in declared:
            raise NotImplementedError("rolling updates; use BlueGreenUpdatePolicy")
        policy = declared.get("BlueGreenUpdatePolicy") or {}
        routing: Mapping[str, Any] = policy.get("TrafficRoutingConfiguration") or AT_ONCE
        self.steps = _steps(routing, instances)
        self._wait = float(routing["WaitIntervalInSeconds"])
        self._termination_wait = float(policy.get("TerminationWaitInSeconds", 0))
        self._limit = policy.get("MaximumExecutionTimeoutInSeconds")
        watched = (declared.get("AutoRollbackConfiguration") or {}).get("Alarms") or []
        self._names = [alarm["AlarmName"] for alarm in watched]
        self._alarms: Mapping[str, Any] = cloudwatch_backends[settings.account_id][settings.region].alarms
        if missing := [name for name in self._names if name not in self._alarms]:
            raise ValidationError(f"The alarms {missing} of AutoRollbackConfiguration do not exist.")
        waits = self._wait * len(self.steps) + self._termination_wait
        if self._limit is not None and self._limit <= waits:
            raise ValidationError(
                f"MaximumExecutionTimeoutInSeconds must be larger than the total waiting time, {waits:.0f} s."
            )
        self._begun = clock.now()

    def bake(self) -> None:
        """The wait after a step. Raises RollbackError."""
        if self._names and self._wait:
            self._check_roles()
        Stretch(self._wait).pass_by(self._look)

    def farewell(self) -> None:
        """The wait before the old fleet goes."""
        Stretch(self._termination_wait).pass_by()

    def check_time(self) -> None:
        """Once the new fleet has come up. Raises RollbackError when that took all of the time there was."""
        if self._limit is not None and clock.now() - self._begun > self._limit:
            raise RollbackError(f"The deployment took longer than its maximum of {self._limit} seconds.")

    def _check_roles(self) -> None:
        """The models' roles have to be allowed to see the alarms, on AWS as here."""
        for role in self._roles:
            for name in self._names:
                arn = self._alarms[name].alarm_arn
                if refused := enforcement.as_role(role, "SageMaker", "cloudwatch:DescribeAlarms", arn):
                    raise RollbackError(f"The alarm {name} cannot be watched: {refused}")

    def _look(self) -> None:
        fired = [n for n in self._names if n in self._alarms and self._alarms[n].state_value == "ALARM"]
        if fired:
            raise RollbackError(
                "One or more configured alarm(s) for automatic rollback deployment have gone into ALARM "
                f"status: [{', '.join(fired)}]."
            )


def _steps(routing: Mapping[str, Any], instances: int) -> list[float]:
    """The new fleet's share of the traffic after each step; the last is 1."""
    if routing["Type"] not in SIZES:
        return [1.0]
    name, smallest, largest = SIZES[routing["Type"]]
    size = routing.get(name)
    if size is None:
        raise ValidationError(f"{name} is required for traffic routing of type {routing['Type']}.")
    share = size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else instances)
    if not smallest <= share <= largest or not share:
        raise ValidationError(
            f"{name} must be between {smallest:.0%} and {largest:.0%} of the {instances} instance(s)."
        )
    if routing["Type"] == "CANARY":
        return [share, 1.0]
    count = int(1 / share + 1e-9)
    steps = [share * number for number in range(1, count + 1)]
    return [*steps[:-1], 1.0] if steps[-1] > 1 - 1e-9 else [*steps, 1.0]
