"""CloudWatch alarms that are evaluated, and what follows when their state changes.

Real: periods, M out of N, comparison operators, treatment of missing data, metric math, composite alarms;
state reasons, history, actions on topics and functions, the state change event. Not real: anomaly detection,
suppression of composite alarms' actions, evaluation below a minute.

An alarm looks at windows of whole minutes that end with the last full minute, once a minute, as on AWS. Two
things are quicker here: it also looks as soon as a datum arrives, and the minute that still runs counts as
soon as it breaches (AWS waits until it is over, and some more for the datum to come in). Hence a value that
breaches only for part of a minute raises an alarm here; a Sum or SampleCount that is to be *less* than the
threshold therefore does wait. An alarm is never over before its minute is.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch import models

from . import background, clock, events, metric_math, metrics, targets
from .alarm_states import ALARM, EXTRA_PERIODS, INSUFFICIENT_DATA, OK, Condition, holds

MAX_HISTORY = 1000  # items an alarm
_ACTIONS = {ALARM: "alarm_actions", OK: "ok_actions", INSUFFICIENT_DATA: "insufficient_data_actions"}
changing = threading.RLock()  # held by who evaluates, declares or sets an alarm


class Alarm(models.Alarm):  # the name is part of how moto writes its answers
    """moto's alarm: without a state at first, and telling whoever is to be told when it changes."""

    def __init__(self, account_id: str, *more: Any, **declared: Any) -> None:
        super().__init__(account_id, *more, **declared)
        self.account_id = account_id
        self.state_value = INSUFFICIENT_DATA
        self.configuration_updated_timestamp = self.state_updated_timestamp = clock.moment()
        self.state_transitioned_timestamp = self.state_updated_timestamp
        self.items: deque[dict[str, Any]] = deque(maxlen=MAX_HISTORY)  # as DescribeAlarmHistory has them
        self.evaluated = False
        self.seen: dict[str, str | None] | None = None  # of a composite alarm
        self.watches = {(each.namespace, each.name) for each in self.watched()}

    @property
    def kind(self) -> str:
        return "MetricAlarm" if self.rule is None else "CompositeAlarm"

    def follow(self, before: Alarm | None) -> None:
        """Take an earlier alarm's place under its name: the state stays."""
        if before:
            for name in ("state_value", "state_reason", "state_reason_data", "items"):
                setattr(self, name, getattr(before, name))
            self.state_updated_timestamp = before.state_updated_timestamp
            self.state_transitioned_timestamp = before.state_transitioned_timestamp
        verb = "updated" if before else "created"
        self._remember("ConfigurationUpdate", f'Alarm "{self.name}" {verb}', {"type": verb.capitalize()[:-1]})

    def update_state(self, reason: str, reason_data: str | None, state_value: str) -> None:
        with changing:
            before = (self.state_value, self.state_reason, self.state_reason_data)
            self.state_reason, self.state_reason_data = reason, reason_data or ""
            self.state_value, self.state_updated_timestamp = state_value, clock.moment()
            if before[0] == state_value:
                return
            self.state_transitioned_timestamp = self.state_updated_timestamp
        states = {"oldState": _state(*before), "newState": _state(state_value, reason, reason_data)}
        self._remember("StateUpdate", f"Alarm updated from {before[0]} to {state_value}", states)
        actions = list(getattr(self, _ACTIONS[state_value])) if self.actions_enabled else []
        text = json.dumps(self._notice(before[0]))
        for action in actions:
            background.run(self._act, action, text)
        background.run(self._announce, states)
        clock.stir()  # composite alarms

    def _act(self, action: str, text: str) -> None:
        try:
            targets.deliver(targets.Delivery(self._sender(action), action, text))
        except targets.UndeliverableError as error:
            self._remember("Action", f"Failed to execute action {action}", {"error": str(error)})
        else:
            self._remember("Action", f"Successfully executed action {action}", {"actionState": "Succeeded"})

    def _sender(self, action: str) -> targets.Sender:
        """Functions are called under a name of its own."""
        service = "lambda.alarms.cloudwatch" if action.split(":")[2] == "lambda" else "cloudwatch"
        return targets.Sender(f"{service}.amazonaws.com", self.alarm_arn)

    def _announce(self, states: dict[str, Any]) -> None:
        detail = {"alarmName": self.name, "state": states["newState"], "previousState": states["oldState"]}
        events.publish(
            self.account_id,
            self.region_name,
            source="aws.cloudwatch",
            detail_type="CloudWatch Alarm State Change",
            resources=[self.alarm_arn],
            detail={**detail, "configuration": {"description": self.description}},
        )

    def _remember(self, kind: str, summary: str, data: dict[str, Any]) -> None:
        item = {"AlarmName": self.name, "AlarmType": self.kind, "Timestamp": clock.moment()}
        told = {"HistoryItemType": kind, "HistorySummary": summary}
        self.items.append({**item, **told, "HistoryData": json.dumps({"version": "1.0", **data})})

    def _notice(self, before: str) -> dict[str, Any]:
        """What CloudWatch sends to a topic."""
        notice = {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "AWSAccountId": self.account_id,
            "AlarmArn": self.alarm_arn,
            "NewStateValue": self.state_value,
            "NewStateReason": self.state_reason,
            "OldStateValue": before,
            "StateChangeTime": self.state_updated_timestamp.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Region": self.region_name,
        }
        return {**notice, "Trigger": self._trigger()} if self.rule is None else notice

    def _trigger(self) -> dict[str, Any]:
        condition = self.condition()
        trigger: dict[str, Any] = {
            "Period": self.period,
            "EvaluationPeriods": condition.periods,
            "DatapointsToAlarm": condition.datapoints,
            "ComparisonOperator": condition.comparison,
            "Threshold": condition.threshold,
            "TreatMissingData": condition.missing,
        }
        if self.metric_data_queries:
            return {
                **trigger,
                "Metrics": [{"Id": q.id, "Expression": q.expression} for q in self.metric_data_queries],
            }
        dimensions = [{"name": each.name, "value": each.value} for each in self.dimensions]
        named = {"MetricName": self.metric_name, "Namespace": self.namespace, "Dimensions": dimensions}
        if self.extended_statistic:
            return {**trigger, **named, "ExtendedStatistic": self.extended_statistic}
        return {**trigger, **named, "StatisticType": "Statistic", "Statistic": self.statistic.upper()}

    # --- What it is about --------------------------------------------------------------------------------

    def condition(self) -> Condition:
        periods = int(self.evaluation_periods)
        if self.threshold is None:
            raise NotImplementedError("alarms without a Threshold")
        return Condition(
            self.comparison_operator,
            float(self.threshold),
            periods,
            int(self.datapoints_to_alarm or periods),
            self.treat_missing_data or "missing",
        )

    def watched(self) -> Iterator[metrics.Metric]:
        for query in self.metric_data_queries:
            if query.metric_stat:
                yield _metric(query.metric_stat.metric)
        if self.metric_name:
            yield metrics.metric(self.namespace, self.metric_name, {d.name: d.value for d in self.dimensions})  # type: ignore[misc]

    def points(self, store: metrics.Store, end: float) -> list[tuple[float, float | None]]:
        """(beginning of the period, value or None), oldest first, of the periods up to `end`.

        Raises MetricMathError, NotImplementedError.
        """
        period = self.seconds()
        times = [end - period * back for back in range(self.condition().periods + EXTRA_PERIODS, 0, -1)]
        if not self.metric_data_queries:
            (of,) = self.watched()
            series = _series(store, of, self.extended_statistic or self.statistic, times, period)
            return [(time, series.get(time)) for time in times]
        known: dict[str, metric_math.Value] = {}
        waiting = list(self.metric_data_queries)
        while waiting:
            ready = [
                q for q in waiting if q.metric_stat or metric_math.names(q.expression or "") <= known.keys()
            ]
            if not ready:
                raise metric_math.MetricMathError("expressions refer to each other or to no metric")
            for q in ready:
                if q.metric_stat:
                    known[q.id] = _series(
                        store, _metric(q.metric_stat.metric), q.metric_stat.stat, times, period
                    )
                else:
                    known[q.id] = metric_math.evaluate(q.expression or "", known, times)
                waiting.remove(q)
        told = known[next(q.id for q in self.metric_data_queries if q.return_data is not False)]
        return [(time, told.get(time) if isinstance(told, dict) else told) for time in times]

    def seconds(self) -> int:
        periods: list[Any] = [q.metric_stat.period for q in self.metric_data_queries if q.metric_stat]
        return max([60, *(int(period) for period in [self.period, *periods] if period)])

    def evaluate(self, store: metrics.Store, now: float) -> None:
        """Look at the metric, and change the state when it says so."""
        condition, minute = self.condition(), now // 60 * 60
        full, running = (self.points(store, end) for end in (minute, minute + 60))
        waits = condition.comparison.startswith("Less") and self.statistic in ("Sum", "SampleCount")
        judged, state = full, condition.state([value for _, value in full])
        if state != ALARM and any(store.between(each, minute, minute + 60).count for each in self.watched()):
            early = condition.state([value for _, value in running])
            if (early == ALARM and not waits) or (state in (None, INSUFFICIENT_DATA) and early == OK):
                judged, state = running, early
        if state is None or state == self.state_value:
            return
        reason = condition.reason(state, self.state_value, judged)
        self.update_state(reason, json.dumps(self._reason_data(judged, now)), state)

    def _reason_data(self, points: list[tuple[float, float | None]], now: float) -> dict[str, Any]:
        there = [(time, value) for time, value in points if value is not None][
            -int(self.evaluation_periods) :
        ]
        data = {
            "version": "1.0",
            "queryDate": _iso(now),
            "startDate": _iso(there[0][0] if there else now),
            "period": self.seconds(),
            "recentDatapoints": [value for _, value in there],
            "threshold": self.threshold,
            "evaluatedDatapoints": [{"timestamp": _iso(time), "value": value} for time, value in there],
        }
        return {**data, "statistic": self.extended_statistic or self.statistic} if self.metric_name else data


def _metric(declared: Any) -> metrics.Metric:
    return metrics.metric(
        declared.namespace, declared.metric_name, {d.name: d.value for d in declared.dimensions}
    )


def _series(
    store: metrics.Store, of: metrics.Metric, statistic: str, times: list[float], period: float
) -> metric_math.Series:
    values = {time: store.between(of, time, time + period).statistic(statistic) for time in times}
    return {time: value for time, value in values.items() if value is not None}


def _state(value: str, reason: str, data: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"stateValue": value, "stateReason": reason}
    return {**told, "stateReasonData": json.loads(data)} if data else told


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


# --- All of them ------------------------------------------------------------------------------------------

_evaluated: dict[tuple[str, str], float] = {}  # the minute that an account's region was last looked at


def look(now: float) -> float | None:
    """Evaluate what a datum came for, and everything once a minute; when the next minute begins."""
    any_there = False
    for account_id, regions in list(models.cloudwatch_backends.items()):
        for region, backend in list(regions.items()):
            any_there |= bool(backend.alarms)
            with changing:
                _look(metrics.stores[account_id, region], backend, now, (account_id, region))
    return now // 60 * 60 + 60 if any_there else None


def _look(store: metrics.Store, backend: Any, now: float, place: tuple[str, str]) -> None:
    fresh, store.fresh = store.fresh, set()
    minute = now // 60 * 60
    new_minute = _evaluated.get(place) != minute
    _evaluated[place] = minute
    for alarm in list(backend.alarms.values()):
        if alarm.rule is None and (new_minute or not alarm.evaluated or alarm.watches & fresh):
            alarm.evaluated = True
            alarm.evaluate(store, now)
    for _ in range(10):  # one may be made of others
        composite = [alarm for alarm in list(backend.alarms.values()) if alarm.rule]
        if not sum(look_at_composite(alarm, backend.alarms) for alarm in composite):
            break


def look_at_composite(alarm: Alarm, known: Mapping[str, Alarm]) -> bool:
    """Whether its state has changed. It is asked for only when one of its alarms has changed, as on AWS: a
    state that was set stays until then."""
    try:
        state, seen = composite_state(alarm, known)
    except ValueError as error:  # an alarm of the rule was deleted
        alarm.state_reason = str(error)
        return False
    changed = seen != alarm.seen and state != alarm.state_value
    alarm.seen = seen
    if changed:
        reason = f"{alarm.alarm_arn} transitioned to {state}: its rule {alarm.rule} is {state == ALARM}"
        alarm.update_state(reason, None, state)
    return changed


def composite_state(alarm: Alarm, known: Mapping[str, Alarm]) -> tuple[str, dict[str, str | None]]:
    """A composite alarm's state, and those of the alarms that it was made of. Raises ValueError."""
    seen: dict[str, str | None] = {}

    def state_of(name: str) -> str | None:
        found = known.get(name.rpartition(":alarm:")[2])
        seen[name] = found.state_value if found else None
        return seen[name]

    return ALARM if holds(str(alarm.rule), state_of) else OK, seen
