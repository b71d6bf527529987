"""Alarms: whether they stay, watch what they watched, and tell those whom they told."""

from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.findings import Context
from scones.review.guards.destroying import Tripped, gone
from scones.review.kinds import (
    ALARM,
    BUCKET,
    COMPOSITE_ALARM,
    ENDPOINT,
    FUNCTION,
    MACHINE,
    QUEUE,
    SUBSCRIPTION,
    TOPIC,
)
from scones.review.nouns import because, title
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.values import at, both, is_empty, listed, pair, plain

# Which resource a dimension of a metric names, and by which of its attributes.
WATCHED = {
    "EndpointName": (ENDPOINT, "name"),
    "FunctionName": (FUNCTION, "function_name"),
    "QueueName": (QUEUE, "name"),
    "StateMachineArn": (MACHINE, "arn"),
    "TopicName": (TOPIC, "name"),
    "BucketName": (BUCKET, "bucket"),
}
# What an alarm watches, as Terraform has it.
WATCHES = ("namespace", "metric_name", "dimensions", "metric_query", "alarm_rule")
UP, DOWN = "Greater", "Less"


def alarms(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """Alarms that go while what they watch stays, that watch something else, or that tell somebody else."""
    for change in plan.of_type(ALARM, COMPOSITE_ALARM):
        if change.action == "delete" and not change.is_leftover:
            if not _goes_with_its_thing(change, plan):
                yield f"deletes {title(change)}{because(change)}", change.address
        elif change.before and change.after:
            yield from silenced(change)
            yield from diverted(change, plan)
    for change in plan.of_type(TOPIC, SUBSCRIPTION):
        if change.action == "delete" and _tells_of_something(change, plan):
            yield f"deletes {title(change)}: nobody hears of alarms through it", change.address


def silenced(change: Change) -> Iterator[Tripped]:
    """Yield whom an alarm that stays no longer tells."""
    before, after = change.before.get("alarm_actions"), change.after.get("alarm_actions")
    told = listed(after)
    lost = [one for one in listed(before) if one not in told]
    if lost and is_empty(after):
        yield f"{title(change)} tells nobody any more", change.address
    elif lost and after != UNKNOWN and len(told) < len(listed(before)):
        yield f"{title(change)} tells {len(told)} instead of {len(listed(before))}", change.address
    elif lost:
        others = [one for one in told if one not in listed(before)] or [UNKNOWN]
        text = f"{title(change)} tells {_topics(others)} instead of {_topics(lost)}"
        yield text, change.address
    if change.before.get("actions_enabled") is not False and change.after.get("actions_enabled") is False:
        yield f"{title(change)} is switched off", change.address


def diverted(change: Change, plan: Plan) -> Iterator[Tripped]:
    """Yield what an alarm that stays no longer watches. It may follow what gets another name."""
    for attribute in WATCHES:
        before, after = both(change, attribute)
        if before != after and not is_empty(before) and not _is_followed(before, after, _Renamed(plan)):
            yield f"{title(change)} watches something else: {_told(attribute, before, after)}", change.address
    directions = [
        next((way for way in (UP, DOWN) if str(operator).startswith(way)), "")
        for operator in both(change, "comparison_operator")
    ]
    if set(directions) == {UP, DOWN}:
        ways = {UP: "above", DOWN: "below"}
        text = f"goes off {ways[directions[1]]} its threshold instead of {ways[directions[0]]}"
        yield f"{title(change)} {text}", change.address


def _told(attribute: str, before: Any, after: Any) -> str:
    """Return how an attribute changes; of dimensions only those that do."""
    values = [(attribute, before, after)]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = sorted({*before, *after})
        values = [(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]
    return ", ".join(f"{name} {' → '.join(pair(old, new))}" for name, old, new in values)


class _Renamed:
    """What a plan replaces: the names that it has afterwards, by those that it has now."""

    def __init__(self, plan: Plan) -> None:
        self._names: list[tuple[str, Any]] = []
        for kind, key in WATCHED.values():
            for change in plan.of_type(kind):
                if change.action == "replace":
                    self._names.append((str(change.before.get(key)), change.after.get(key)))

    def leads(self, before: Any, after: Any) -> bool:
        """Say whether something is called `before` now, and `after` afterwards."""
        return (str(before), after) in self._names


def _is_followed(before: Any, after: Any, renamed: _Renamed) -> bool:
    if before == after or (is_empty(before) and is_empty(after)):
        return True
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return all(_is_followed(before.get(key), after.get(key), renamed) for key in {*before, *after})
    if isinstance(before, list) and isinstance(after, list):
        # Terraform holds queries as a set: their order means nothing.
        alike = all(any(_is_followed(one, other, renamed) for other in after) for one in before)
        return alike and len(before) == len(after)
    return renamed.leads(before, after)


def _topics(arns: list[Any]) -> str:
    """Return the names of topics, without account and region where they are known."""
    return ", ".join(
        "a topic that is not known yet" if arn == UNKNOWN else plain(str(arn).rpartition(":")[2])
        for arn in arns
    )


def _goes_with_its_thing(alarm: Change, plan: Plan) -> bool:
    found = [alarm.before.get("dimensions")]
    found += [at(query, "metric.0.dimensions") for query in listed(alarm.before.get("metric_query"))]
    named = (entry for dimensions in found if isinstance(dimensions, Mapping) for entry in dimensions.items())
    return any(key in WATCHED and str(value) in gone(plan, *WATCHED[key]) for key, value in named)


def _tells_of_something(change: Change, plan: Plan) -> bool:
    """Say whether an alarm that stays sends to a topic, or to the topic of a subscription."""
    topic = change.before.get("topic_arn") or change.before.get("arn")
    told = (alarm.after.get("alarm_actions") for alarm in plan.of_type(ALARM))
    return any(topic in actions for actions in told if isinstance(actions, list))
