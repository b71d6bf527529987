"""EventBridge: events reach the targets of every rule that matches, after the call that caused them has been
answered.

Real: pattern matching (moto's), input, input path and input transformer, functions, state machines, queues,
topics and log groups as targets, each delivered on its own, with the rule's retry policy and dead-letter
queue; schedules (schedules.py). Not real: retries are few and quick (AWS: up to 185 within a day).
"""

from __future__ import annotations

import copy
import datetime
import json
import re
import time
import uuid
from typing import Any

from moto.events import models
from moto.events.exceptions import InvalidEventPatternException, ValidationException

from . import background, clock, schedules, targets
from .settings import Settings
from .targets import Delivery, Sender, UndeliverableError

MAX_RETRIES = 2
RETRY_SECONDS = 0.2
MATCH_TYPES = {"prefix", "suffix", "exists", "numeric", "anything-but"}
MATCH_TYPES |= {"equals-ignore-case", "cidr", "wildcard"}


class LiveRule(models.Rule):
    """moto's rule, whose matching events are delivered in the background, and whose schedule fires."""

    def __init__(self, *more: Any, **declared: Any) -> None:
        super().__init__(*more, **declared)
        _check(self.event_pattern.get_pattern())
        if self.scheduled_expression:
            try:
                self.schedule = schedules.Schedule(self.scheduled_expression)
            except ValueError as error:
                raise ValidationException("Parameter ScheduleExpression is not valid.") from error

    def enable(self) -> None:
        was_enabled = self.state == "ENABLED"
        super().enable()
        if self.scheduled_expression and not was_enabled:
            schedules.begin(self, self.schedule)

    def is_there(self) -> bool:
        bus = models.events_backends[self.account_id][self.region_name].event_buses.get(self.event_bus_name)
        return self.state == "ENABLED" and bus is not None and bus.rules.get(self.name) is self

    def fire(self, moment: datetime.datetime) -> None:
        event = _event(
            self.account_id,
            self.region_name,
            "aws.events",
            "Scheduled Event",
            [self.arn],
            {},
            moment.timestamp(),
        )
        for target in list(self.targets):
            background.run(_deliver, self.arn, dict(target), _as_delivered(event))

    def send_to_targets(self, original_event: Any, transform_input: bool = True) -> None:
        # A rule with a schedule only has no pattern; moto would match it with everything.
        if self.state == "DISABLED" or not self.event_pattern.get_pattern():
            return
        event = _as_delivered(original_event)
        if not self.event_pattern.matches_event(event):  # type: ignore[arg-type]
            return
        onward = [target for target in self.targets if target["Arn"].split(":")[2] == "events"]
        if onward:  # other buses, archives and API destinations stay moto's
            part = copy.copy(self)
            part.targets = onward
            models.Rule.send_to_targets(part, original_event, transform_input)
        for target in self.targets:
            if target not in onward:
                background.run(_deliver, self.arn, dict(target), event)


class LiveBackend(models.EventsBackend):
    """moto's backend; a rule's schedule begins when the rule is there."""

    @property
    def _url_module(self) -> Any:
        from moto.events import urls

        return urls

    def put_rule(self, *more: Any, **declared: Any) -> models.Rule:
        rule: Any = super().put_rule(*more, **declared)
        if rule.scheduled_expression and rule.state == "ENABLED":
            schedules.begin(rule, rule.schedule)
        return rule

    def put_targets(self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        for target in targets:
            if target["Arn"].split(":")[2:3] == ["states"] and not target.get("RoleArn"):
                raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
        super().put_targets(name, event_bus_arn, targets)


def _check(pattern: Any) -> None:
    """Raises InvalidEventPatternException for a match type that moto would take for a match."""
    for key, value in pattern.items():
        if isinstance(value, dict):
            _check(value)
        for each in value if isinstance(value, list) else ():
            if key == "$or":
                _check(each)
            elif isinstance(each, dict) and not set(each) <= MATCH_TYPES:
                raise InvalidEventPatternException(reason=f"Unrecognized match type {next(iter(each))}")


def publish(
    account_id: str,
    region: str,
    *,
    source: str,
    detail_type: str,
    resources: list[str],
    detail: dict[str, Any],
) -> None:
    """An AWS service's event on the default bus."""
    event = _event(account_id, region, source, detail_type, resources, detail, clock.now())
    for rule in list(models.events_backends[account_id][region].event_buses["default"].rules.values()):
        rule.send_to_targets(event)  # type: ignore[arg-type]


def _event(
    account_id: str,
    region: str,
    source: str,
    detail_type: str,
    resources: list[str],
    detail: dict[str, Any],
    moment: float,
) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": moment,
        "region": region,
        "resources": resources,
        "detail": detail,
    }


def target_text(target: dict[str, Any], event: dict[str, Any], rule_arn: str) -> str:
    """What a target receives: the event, its Input, the part at its InputPath, or its InputTransformer's
    outcome."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return _transform(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


def _as_delivered(event: dict[str, Any]) -> dict[str, Any]:
    """With an ISO time and without moto's own fields."""
    moment = event.get("time") or time.time()
    if not isinstance(moment, datetime.datetime):
        try:
            moment = datetime.datetime.fromtimestamp(float(moment), datetime.UTC)
        except ValueError:
            moment = datetime.datetime.fromisoformat(str(moment))
    stamp = moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**{key: value for key, value in event.items() if key != "ingestion-time"}, "time": stamp}


def _deliver(rule_arn: str, target: dict[str, Any], event: dict[str, Any]) -> None:
    """One target, its retries, and its dead letter when they do not help."""
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    service = Sender("events.amazonaws.com", rule_arn)
    sender = service._replace(role_arn=target.get("RoleArn"))
    delivery = Delivery(sender, target["Arn"], target_text(target, event, rule_arn), group_id=group)
    retries = min(target.get("RetryPolicy", {}).get("MaximumRetryAttempts", MAX_RETRIES), MAX_RETRIES)
    for attempt in range(retries + 1):
        try:
            return targets.deliver(delivery)
        except UndeliverableError as error:
            failure = error
        if failure.code == targets.NO_PERMISSIONS:  # which no retry would change
            break
        if attempt < retries:
            time.sleep(RETRY_SECONDS)
    dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
    if not dead_letters:
        raise failure
    attributes = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": str(failure) or failure.code,
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": str(attempt),
    }
    return targets.deliver(Delivery(service, dead_letters, json.dumps(event), attributes))


def _transform(transformer: dict[str, Any], event: dict[str, Any], rule_arn: str) -> str:
    """Fill `<name>` from InputPathsMap: bare it becomes JSON, inside a JSON string its text."""
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.event"] = values["aws.events.event.json"] = event
    values["aws.events.event.ingestion-time"] = event["time"]
    values["aws.events.rule-arn"] = rule_arn
    values["aws.events.rule-name"] = rule_arn.rsplit("/", 1)[1]
    filled, in_string = "", False
    for part in re.split(r'(<[\w.-]+>|\\.|")', transformer["InputTemplate"]):
        name = part[1:-1]
        if part.startswith("<") and name in values:
            filled += _inside(values[name]) if in_string else json.dumps(values[name])
        else:
            in_string ^= part == '"'
            filled += part
    return filled


def _inside(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def _at(event: Any, path: str) -> Any:
    """The value at a JSON path of names and indices ("$.detail.items[0]"); an empty string where there is
    none."""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        try:
            event = event[name] if name else event[int(index)]
        except (KeyError, IndexError, TypeError):
            return ""
    return event


def install(_settings: Settings) -> None:
    """Rules made from now on deliver."""
    models.Rule = LiveRule  # type: ignore[misc]  # put_rule makes this class
    models.events_backends.backend = LiveBackend
    clock.attend(schedules.fire_what_is_due)
