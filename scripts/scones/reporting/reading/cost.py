"""What the environment has cost so far, estimated from list prices: its hours, its captures, its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scones.errors import NotDeployed
from scones.infrastructure.terraform import ROOTS, Root
from scones.reporting.reading.unread import Unread, attempt
from scones.review.money import bill
from scones.review.money.cost import Cost, monthly
from scones.review.money.prices import Prices
from scones.review.money.standing import Line

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

    from scones.settings import Environment

MOST_JOBS = 50  # training jobs, the newest
NOT_ASKED = Unread("training jobs were not asked for")


@dataclass(frozen=True)
class TrainingJob:
    """A job that has ended; `amount` is None where its instance has no price in the table."""

    name: str
    how: str  # seconds, instances, price
    amount: float | None


@dataclass(frozen=True)
class Training:
    """The training jobs of an environment, the newest first."""

    jobs: Sequence[TrainingJob]
    running: int = 0  # billed when they have ended
    are_all: bool = True  # False when there are older ones, which were not asked

    @property
    def amount(self) -> float:
        """What is known of their cost, in US dollars."""
        return sum(job.amount or 0 for job in self.jobs)


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
    training: Training | Unread = NOT_ASKED


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
    cost = monthly(resources)
    jobs = attempt(
        lambda: read_training(environment.client("sagemaker"), f"scones-{environment.name}-", cost.table)
    )
    return replace(estimate(cost, created, now, classifications, environment.is_local), training=jobs)


def read_training(sagemaker: SageMakerClient, prefix: str, table: Prices, most: int = MOST_JOBS) -> Training:
    """Return what the training jobs whose names begin so have cost, failed and stopped ones too."""
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains=prefix, SortBy="CreationTime", SortOrder="Descending"
    )
    names = [
        job["TrainingJobName"]
        for page in pages
        for job in page["TrainingJobSummaries"]
        if job["TrainingJobName"].startswith(prefix)
    ]
    found = [sagemaker.describe_training_job(TrainingJobName=name) for name in names[:most]]
    ended = [job for job in found if job["TrainingJobStatus"] not in ("InProgress", "Stopping")]
    return Training([training_cost(job, table) for job in ended], len(found) - len(ended), len(names) <= most)


def training_cost(job: Mapping[str, Any], table: Prices) -> TrainingJob:
    """Return what a described job has cost: its billable seconds, on each of its instances.

    What managed spot training saves is in the billable seconds. The table has prices of endpoints' instances;
    a training instance is taken to cost as much.
    """
    resources, seconds = job["ResourceConfig"], job.get("BillableTimeInSeconds", 0)
    kind, number = resources.get("InstanceType", "?"), resources.get("InstanceCount", 1)
    price = table.instance(kind)
    what = f"{seconds:,} billable s × {number} × {kind}"
    if price is None and seconds:
        return TrainingJob(job["TrainingJobName"], f"{what}: no price is known", None)
    at = "" if price is None else f" at ${price:g} an hour"
    return TrainingJob(job["TrainingJobName"], f"{what}{at}", seconds / 3600 * number * (price or 0))


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
