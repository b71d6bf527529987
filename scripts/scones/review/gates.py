"""The gates: what a plan may not do unless somebody who may say so has named it.

Each gate looks at the plan alone, and says where it trips. Whether that stops anything is decided elsewhere.
"""

from dataclasses import dataclass

from scones.review.findings import Context
from scones.review.plan import Plan


@dataclass(frozen=True)
class Gate:
    """What is guarded, in one sentence. `name` is what ALLOW takes; `approver` is who has to agree."""

    name: str
    guards: str
    approver: str


@dataclass(frozen=True)
class Trip:
    """One thing for which a gate trips; `what` is a finding's text, `address` the resource in the plan."""

    gate: Gate
    what: str
    address: str


GATES: tuple[Gate, ...] = ()


def trips(plan: Plan, context: Context) -> tuple[Trip, ...]:  # noqa: ARG001
    """Return everything for which a gate trips, in the order of the gates."""
    return ()
