"""What the environment has cost so far, estimated from list prices, its running time and its captures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from scones.errors import NotDeployed
from scones.infrastructure.terraform import ROOTS, Root
from scones.review.money import bill
from scones.review.money.cost import Cost, monthly
from scones.review.money.standing import Line

if TYPE_CHECKING:
    from scones.settings import Environment


@dataclass(frozen=True)
class Spent:
    """Estimates in US dollars. `lines` are what stands there, `unknown` what has no price in the table."""

    hours: float | None  # since the endpoint was made; None: there is none, or it cannot be read
    standing: tuple[float, float] | None  # until now, at minimum and at maximum capacity
    classifications: int
    used: float  # for these
    month: str  # in words
    thousand: str
    lines: Sequence[Line]
    unknown: Sequence[str]
    region: str
    notes: str
    is_local: bool


def read_cost(
    environment: Environment, created: datetime | None, now: datetime, classifications: int
) -> Spent:
    """Return what has been spent since the endpoint was made. NotDeployed when no state is at hand.

    Reads the state of the roots that this machine has initialised; it initialises none.
    """
    here = [name for name in ROOTS if (environment.home / f"{name}.terraform").is_dir()]
    resources = [found for name in here for found in Root(name, environment).state().resources]
    if not resources:
        raise NotDeployed(
            "Terraform's state is not at hand on this machine, and prices hang on what is in it"
        )
    return estimate(monthly(resources), created, now, classifications, environment.is_local)


def estimate(
    cost: Cost, created: datetime | None, now: datetime, classifications: int, is_local: bool
) -> Spent:
    """Return the estimate: the monthly sums by the hour, and each classification's share."""
    hours = None if created is None else max(0.0, (now - created).total_seconds() / 3600)
    share = None if hours is None else hours / cost.table.hours
    return Spent(
        hours=hours,
        standing=None if share is None else (cost.minimum * share, cost.maximum * share),
        classifications=classifications,
        used=cost.per_thousand * classifications / 1000,
        month=bill.month(cost),
        thousand=bill.thousand(cost),
        lines=cost.lines,
        unknown=[*cost.unknown, *cost.unknown_shares],
        region=cost.region,
        notes=bill.notes(cost),
        is_local=is_local,
    )
