"""What an endpoint serves with: the variants of a configuration, and which of them an invocation gets.

Real: weights, TargetVariant, shares of the traffic while one fleet takes over from another, MaxConcurrency
of serverless variants. Not real: instances; their numbers are kept, shown and scaled, and one process
serves them.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from moto.core.utils import utcnow

from .capture import Capture
from .serving import Model, ModelServer

Fleet = Mapping[str, "Variant"]  # by name
Thing = TypeVar("Thing")


class Variant:
    """One production variant at work."""

    def __init__(
        self, declared: Mapping[str, Any], model: Model, capture: Capture | None, server: ModelServer
    ) -> None:
        self.name: str = declared["VariantName"]
        self.model, self.capture, self.server = model, capture, server
        self._resolved = utcnow()
        self.weight = self.desired_weight = float(declared.get("InitialVariantWeight", 1.0))
        self.serverless: dict[str, Any] | None = declared.get("ServerlessConfig")
        self.instances = self.desired_instances = int(declared.get("InitialInstanceCount", 1))
        self._also = {
            name: declared[name] for name in ("ManagedInstanceScaling", "RoutingConfig") if name in declared
        }
        self._type = declared.get("InstanceType")
        self.stage("Creating")

    def stage(self, status: str | None) -> None:
        """Where in a deployment it is: Creating, ActivatingTraffic, Baking, Deleting, or in none."""
        self._status = [{"Status": status, "StartTime": utcnow()}] if status else None

    def take_over(self, other: Variant) -> None:
        """RetainAllVariantProperties: have another's weight and number of instances."""
        self.weight = self.desired_weight = other.desired_weight
        self.instances = self.desired_instances = other.desired_instances

    def summary(self) -> dict[str, Any]:
        """A ProductionVariantSummary."""
        image = {
            "SpecifiedImage": self.model.image,
            "ResolvedImage": self.model.image,
            "ResolutionTime": self._resolved,
        }
        told: dict[str, Any] = {
            "VariantName": self.name,
            "DeployedImages": [image],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.desired_weight,
            **self._also,
        }
        if self.serverless:
            told |= {"CurrentServerlessConfig": self.serverless, "DesiredServerlessConfig": self.serverless}
        else:
            told |= {"CurrentInstanceCount": self.instances, "DesiredInstanceCount": self.desired_instances}
        return {**told, "VariantStatus": self._status} if self._status else told

    def pending(self) -> dict[str, Any]:
        """A PendingProductionVariantSummary."""
        return {**self.summary(), **({"InstanceType": self._type} if self._type else {})}


class Traffic:
    """Who gets an endpoint's invocations: one fleet, or two of which each has its share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fleets: list[tuple[float, Fleet]] = []

    def __bool__(self) -> bool:
        return bool(self._fleets)

    def shift(self, *fleets: tuple[float, Fleet]) -> None:
        """From now on each fleet gets its share of the traffic, which add up to 1."""
        with self._lock:
            self._fleets = [(share, fleet) for share, fleet in fleets if share and fleet]

    @contextmanager
    def variant(self, name: str | None) -> Iterator[Variant]:
        """The variant for one invocation, held until the block ends.

        Raises KeyError for an unknown name, ThrottledError when it is at what it can do at once.
        """
        with self._lock:
            variant = self._draw(name)
            variant.server.acquire()
        try:
            yield variant
        finally:
            variant.server.release()

    def _draw(self, name: str | None) -> Variant:
        fleets = [(share, fleet) for share, fleet in self._fleets if name is None or name in fleet]
        fleet = _drawn(fleets) if fleets else {}
        if name is None and fleet:
            weights = [variant.weight for variant in fleet.values()]
            return _drawn(zip(weights if any(weights) else [1.0] * len(weights), fleet.values(), strict=True))
        return fleet[name or ""]


def _drawn(shares: Iterable[tuple[float, Thing]]) -> Thing:
    shares = list(shares)
    if len(shares) == 1:
        return shares[0][1]
    return random.choices([thing for _, thing in shares], [share for share, _ in shares])[0]  # noqa: S311
