"""CloudWatch's API over metrics that are kept (metrics.py) and alarms that are evaluated (alarms.py).

Real: PutMetricData, GetMetricData with metric math, GetMetricStatistics, ListMetrics, alarms, their history.
Not real: Metrics Insights (SELECT), metric streams, anomaly detectors, paging of answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import models, responses, urls
from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.core.responses import ActionResult, EmptyResult

from . import alarms, clock, metric_math, metrics
from .settings import Settings

OLDEST_SECONDS, NEWEST_SECONDS = 14 * 86400, 2 * 3600
MAX_POINTS = 100_800


class LiveResponse(responses.CloudWatchResponse):
    @property
    def _store(self) -> metrics.Store:
        return metrics.stores[self.current_account, self.region]

    def put_metric_data(self) -> ActionResult:
        data = self._get_param("MetricData", [])
        for number, datum in enumerate(data, 1):
            self.cloudwatch_backend._validate_parameters_put_metric_data(datum, number)
            if not -NEWEST_SECONDS <= clock.now() - _seconds(datum.get("Timestamp")) <= OLDEST_SECONDS:
                raise InvalidParameterValue(
                    f"The parameter MetricData.member.{number}.Timestamp must specify a time no more than "
                    "two weeks in the past and two hours in the future."
                )
        for datum in data:
            to = metrics.metric(self._get_param("Namespace"), datum["MetricName"], _dimensions(datum))
            for summary in _summaries(datum):
                self._store.put(to, summary, _seconds(datum.get("Timestamp")))
        return EmptyResult()

    def get_metric_statistics(self) -> ActionResult:
        plain, extended = self._get_param("Statistics", []), self._get_param("ExtendedStatistics", [])
        if not plain and not extended:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        of = metrics.metric(
            self._get_param("Namespace"), self._get_param("MetricName"), _dimensions(self._get_params())
        )
        points = []
        for time, summary in self._summaries(of, *self._window(int(self._get_param("Period")))):
            point: dict[str, Any] = {name: summary.statistic(name) for name in plain}
            point |= {"Timestamp": _moment(time), "Unit": summary.unit or "None"}
            if extended:
                point["ExtendedStatistics"] = {name: summary.statistic(name) for name in extended}
            points.append(point)
        return ActionResult({"Label": of.name, "Datapoints": points})

    def get_metric_data(self) -> ActionResult:
        queries = self._get_param("MetricDataQueries", [])
        if any("MetricStat" not in query and "Expression" not in query for query in queries):
            raise ValidationError("The parameter MetricDataQueries.member.1.MetricStat is required.\n")
        known: dict[str, metric_math.Value] = {}
        periods = [int(query["MetricStat"]["Period"]) for query in queries if "MetricStat" in query]
        start, end, period = self._window(max([60, *periods]))
        times = [float(time) for time in range(int(start), math.ceil(end), period)]
        for query in queries:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                declared = stat["Metric"]
                of = metrics.metric(declared["Namespace"], declared["MetricName"], _dimensions(declared))
                window = self._window(int(stat["Period"]))
                series = {time: each.statistic(stat["Stat"]) for time, each in self._summaries(of, *window)}
                known[query["Id"]] = {time: value for time, value in series.items() if value is not None}
        self._compute([query for query in queries if "MetricStat" not in query], known, times)
        newest_first = (self._get_param("ScanBy") or "TimestampDescending") == "TimestampDescending"
        shown = [query for query in queries if query.get("ReturnData") is not False]
        results = [_result(query, known[query["Id"]], times, newest_first) for query in shown]
        return ActionResult({"MetricDataResults": results, "Messages": []})

    def _compute(self, queries: list[Any], known: dict[str, metric_math.Value], times: list[float]) -> None:
        """Add the expressions' values, each after those that it refers to."""
        while queries:
            query = next(
                (q for q in queries if metric_math.names(_expression(q)) <= known.keys()), queries[0]
            )
            try:
                known[query["Id"]] = metric_math.evaluate(_expression(query), known, times)
            except metric_math.MetricMathError as error:
                raise ValidationError(str(error)) from error
            queries.remove(query)

    def _window(self, period: int) -> tuple[float, float, int]:
        """(start, end, period) of the call, the start rounded down to the period."""
        start, end = _seconds(self._get_param("StartTime")), _seconds(self._get_param("EndTime"))
        if start >= end:
            raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
        if period % 60 or period < 60:
            raise ValidationError(f"local AWS keeps metrics by the minute; a period of {period} s is none")
        if (end - start) / period > MAX_POINTS:
            raise ValidationError(f"more than {MAX_POINTS} datapoints: take a longer Period")
        return start // period * period, end, period

    def _summaries(
        self, of: metrics.Metric, start: float, end: float, period: int
    ) -> list[tuple[float, metrics.Summary]]:
        times = range(int(start), math.ceil(end), period)
        found = [(time, self._store.between(of, time, min(time + period, end))) for time in times]
        return [(time, summary) for time, summary in found if summary.count]

    def list_metrics(self) -> ActionResult:
        namespace, name = self._get_param("Namespace"), self._get_param("MetricName")
        asked = self._get_params().get("Dimensions", [])
        found = [
            {
                "Namespace": each.namespace,
                "MetricName": each.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in each.dimensions],
            }
            for each in self._store.metrics()
            if namespace in (None, each.namespace) and name in (None, each.name) and _has(each, asked)
        ]
        return ActionResult({"Metrics": found})

    # --- Alarms ------------------------------------------------------------------------------------------

    def put_metric_alarm(self) -> ActionResult:
        name = self._get_param("AlarmName")
        with alarms.changing:
            known: dict[str, Any] = self.cloudwatch_backend.alarms
            before = known.get(name)
            answer = super().put_metric_alarm()
            try:
                self._try(known[name])
            except BaseException:
                del known[name]
                known |= {name: before} if before else {}
                raise
            known[name].follow(before)
            if known[name].rule is not None:
                alarms.look_at_composite(known[name], known)
        self._watch()
        return answer

    def put_composite_alarm(self) -> ActionResult:
        return self.put_metric_alarm()  # moto's understands AlarmRule

    def delete_alarms(self) -> ActionResult:
        answer = super().delete_alarms()
        self._watch()
        return answer

    def describe_alarm_history(self) -> ActionResult:
        name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
        start, end = self._get_param("StartDate"), self._get_param("EndDate")
        found = [
            item
            for alarm in self.cloudwatch_backend.alarms.values()
            for item in list(alarm.items)  # type: ignore[attr-defined]
            if name in (None, item["AlarmName"])
            and kind in (None, item["HistoryItemType"])
            and (start is None or _seconds(start) <= item["Timestamp"].timestamp())
            and (end is None or item["Timestamp"].timestamp() <= _seconds(end))
        ]
        newest_first = self._get_param("ScanBy") != "TimestampAscending"
        found.sort(key=lambda item: item["Timestamp"], reverse=newest_first)
        return ActionResult({"AlarmHistoryItems": found[: self._get_int_param("MaxRecords") or 100]})

    def _try(self, alarm: Any) -> None:
        """Raises ValidationError, NotImplementedError for what could not be evaluated."""
        known: dict[str, Any] = self.cloudwatch_backend.alarms
        try:
            if alarm.rule is None:
                alarm.condition()
                alarm.points(self._store, clock.now())
            else:
                alarms.composite_state(alarm, known)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def _watch(self) -> None:
        watched = [alarm.watches for alarm in list(self.cloudwatch_backend.alarms.values())]  # type: ignore[attr-defined]
        self._store.watched = frozenset().union(*watched)
        clock.stir()


def _expression(query: Mapping[str, Any]) -> str:
    expression = str(query["Expression"])
    if expression.lstrip().upper().startswith("SELECT"):
        raise NotImplementedError("Metrics Insights queries")
    return expression


def _result(
    query: Mapping[str, Any], value: metric_math.Value, times: list[float], newest_first: bool
) -> dict[str, Any]:
    series = value if isinstance(value, dict) else dict.fromkeys(times, value)
    ordered = sorted(series.items(), reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label")
        or (query.get("MetricStat") or {}).get("Metric", {}).get("MetricName")
        or query["Id"],
        "Timestamps": [_moment(time) for time, _ in ordered],
        "Values": [point for _, point in ordered],
        "StatusCode": "Complete",
    }


def _summaries(datum: Mapping[str, Any]) -> list[metrics.Summary]:
    unit = datum.get("Unit")
    if datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(datum["Values"])
        return [
            metrics.single(float(v), float(n), unit) for v, n in zip(datum["Values"], counts, strict=True)
        ]
    if told := datum.get("StatisticValues"):
        count, total, low, high = (float(told[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum"))
        values = {low: count} if low == high else {}  # else no percentile can be told
        return [metrics.Summary(count, total, low, high, unit, values)]
    return [metrics.single(float(datum.get("Value", 0)), unit=unit)]


def _dimensions(of: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in of.get("Dimensions") or []}


def _has(metric: metrics.Metric, asked: list[Mapping[str, str]]) -> bool:
    there = dict(metric.dimensions)
    return all(each["Name"] in there and each.get("Value") in (None, there[each["Name"]]) for each in asked)


def _seconds(moment: datetime | None) -> float:
    if moment is None:
        return clock.now()
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _moment(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)


def install(_settings: Settings) -> None:
    urls.url_paths = {"{0}/$": LiveResponse.dispatch}
    models.Alarm = alarms.Alarm  # type: ignore[misc]  # put_metric_alarm makes this class
    clock.attend(alarms.look)
