"""Metrics, kept by the minute: who puts them, and what their statistics are.

Real: statistics over any whole number of minutes, percentiles, dimension sets as identities of metrics. Not
real: storage below a minute, units as part of a metric's identity, trimmed means, metrics of services besides
the few that call `put`. A metric keeps its last 4,320 minutes that have data (AWS: 15 months, coarser with
age); percentiles come from values rounded to four digits, so a minute's size is bounded however much is put.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from . import clock

STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
MINUTES_KEPT = 4320  # three days of every minute
_UNITS = {
    "Duration": "Milliseconds",
    "ExecutionTime": "Milliseconds",
    "ApproximateAgeOfOldestMessage": "Seconds",
}
_UNITS |= {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}


class Metric(NamedTuple):
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]  # sorted


def metric(namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
    return Metric(namespace, name, tuple(sorted(dimensions.items())))


@dataclass
class Summary:
    """What is known of the values of a minute, or of several."""

    count: float = 0.0
    sum: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")
    unit: str | None = None
    values: dict[float, float] = field(default_factory=dict)  # rounded value: how often

    def add(self, other: Summary) -> None:
        self.count += other.count
        self.sum += other.sum
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.unit = other.unit or self.unit
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0) + count

    def statistic(self, name: str) -> float | None:
        """Sum, Average, Minimum, Maximum, SampleCount or pNN; None when nothing is known."""
        percentile = re.fullmatch(r"p(\d+(\.\d+)?)", name)
        if not percentile and name not in STATISTICS:
            raise NotImplementedError(f"the statistic {name}")
        if not self.count:
            return None
        if percentile:
            return self._percentile(float(percentile[1]))
        known = (self.count, self.sum, self.sum / self.count, self.minimum, self.maximum)
        return dict(zip(STATISTICS, known, strict=True))[name]

    def _percentile(self, percent: float) -> float | None:
        rank = percent / 100 * sum(self.values.values())
        for value in sorted(self.values):
            rank -= self.values[value]
            if rank <= 1e-9:
                return value
        return None


def single(value: float, count: float = 1.0, unit: str | None = None) -> Summary:
    return Summary(count, value * count, value, value, unit, {float(f"{value:.4g}"): count})


class Store:
    """The metrics of one account in one region."""

    def __init__(self) -> None:
        self._series: dict[Metric, dict[int, Summary]] = {}
        self._lock = threading.Lock()
        self.watched: frozenset[tuple[str, str]] = frozenset()  # namespace and name, by alarms
        self.fresh: set[tuple[str, str]] = set()  # those of them that something was put to

    def put(self, to: Metric, summary: Summary, timestamp: float | None = None) -> None:
        minute = int(clock.now() if timestamp is None else timestamp) // 60 * 60
        with self._lock:
            series = self._series.setdefault(to, {})
            known = series.get(minute)
            if known is None:
                series[minute] = known = Summary()
                if len(series) > MINUTES_KEPT:
                    del series[min(series)]
            known.add(summary)
        if (to.namespace, to.name) in self.watched:
            self.fresh.add((to.namespace, to.name))
            clock.stir()

    def between(self, of: Metric, start: float, end: float) -> Summary:
        """Everything from `start` (included) to `end` (not included), by whole minutes."""
        whole = Summary()
        with self._lock:
            series = self._series.get(of, {})
            minutes: Iterable[int] = range(-(-int(start) // 60) * 60, int(end), 60)
            if len(series) < (end - start) / 60:
                minutes = [minute for minute in series if start <= minute < end]
            for minute in minutes:
                if minute in series:
                    whole.add(series[minute])
        return whole

    def metrics(self) -> list[Metric]:
        with self._lock:
            return sorted(self._series)


stores: dict[tuple[str, str], Store] = defaultdict(Store)  # by account and region


def put(
    account_id: str, region: str, namespace: str, dimensions: Mapping[str, str], values: Mapping[str, float]
) -> None:
    """A service's own metrics, dated now: `values` by metric name."""
    store = stores[account_id, region]
    for name, value in values.items():
        store.put(metric(namespace, name, dimensions), single(value, unit=_UNITS.get(name, "Count")))
