"""The embedded metric format: metrics inside log lines.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Real: namespaces, dimension sets, single values and lists, units, timestamps, the specification's limits; a
line that breaks them makes no metric and counts in EMFValidationErrors of AWS/Logs. A metric or a dimension
set whose member the line lacks is left out alone. Not real: high resolution.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from . import clock, metrics

OLDEST_SECONDS, NEWEST_SECONDS = 14 * 86400, 2 * 3600
MAX_METRICS, MAX_VALUES, MAX_DIMENSIONS = 100, 100, 30


def extract(account_id: str, region: str, group: str, messages: Iterable[str]) -> None:
    """Put the metrics of every message of a log group that carries some."""
    for message in messages:
        if '"_aws"' not in message or '"CloudWatchMetrics"' not in message:
            continue
        try:
            line = json.loads(message)
        except ValueError:  # other text before or after it, so it is no embedded metric
            continue
        if not isinstance(line, dict) or not isinstance(line.get("_aws"), dict):
            continue
        try:
            timestamp, found = parse(line)
        except (ValueError, TypeError, KeyError):
            metrics.put(account_id, region, "AWS/Logs", {"LogGroupName": group}, {"EMFValidationErrors": 1})
            continue
        store = metrics.stores[account_id, region]
        for metric, summary in found:
            store.put(metric, summary, timestamp)


def parse(line: Mapping[str, Any]) -> tuple[float, list[tuple[metrics.Metric, metrics.Summary]]]:
    """(seconds since the epoch, what to put). ValueError, TypeError or KeyError for an invalid line."""
    stamp = line["_aws"]["Timestamp"]
    _require(_is_number(stamp))
    age = clock.now() - stamp / 1000
    _require(-NEWEST_SECONDS <= age <= OLDEST_SECONDS)
    directives = line["_aws"]["CloudWatchMetrics"]
    _require(isinstance(directives, list))
    return stamp / 1000, [each for directive in directives for each in _directive(line, directive)]


def _directive(
    line: Mapping[str, Any], directive: Mapping[str, Any]
) -> list[tuple[metrics.Metric, metrics.Summary]]:
    namespace, sets, definitions = (directive[name] for name in ("Namespace", "Dimensions", "Metrics"))
    _require(_is_text(namespace) and isinstance(sets, list) and isinstance(definitions, list))
    _require(len(definitions) <= MAX_METRICS)
    dimensions = [each for names in sets if (each := _dimensions(line, names)) is not None]
    found = []
    for definition in definitions:
        _require(_is_text(definition["Name"]) and isinstance(definition.get("Unit", ""), str))
        summary = _summary(line.get(definition["Name"]), definition.get("Unit"))
        if summary is not None:
            found += [(metrics.metric(namespace, definition["Name"], each), summary) for each in dimensions]
    return found


def _dimensions(line: Mapping[str, Any], names: Any) -> dict[str, str] | None:
    """A set's names and values; None when the line lacks one."""
    _require(
        isinstance(names, list) and len(names) <= MAX_DIMENSIONS and all(_is_text(name) for name in names)
    )
    if any(name not in line for name in names):
        return None
    _require(all(_is_text(line[name]) for name in names))
    return {name: line[name] for name in names}


def _summary(target: Any, unit: str | None) -> metrics.Summary | None:
    if target is None:
        return None
    values = target if isinstance(target, list) else [target]
    _require(0 < len(values) <= MAX_VALUES and all(_is_number(value) for value in values))
    whole = metrics.Summary()
    for value in values:
        whole.add(metrics.single(float(value), unit=unit))
    return whole


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 1024


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError
