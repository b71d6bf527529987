"""What the rest of the workflow does differently: functions, trigger, queues, notifications, alarms, logs."""

from collections.abc import Iterator
from typing import Any

from scones.review.findings import Finding, Risk
from scones.review.guards.alarming import diverted, silenced
from scones.review.kinds import (
    ALARM,
    COMPOSITE_ALARM,
    EVENT_TARGET,
    FUNCTION,
    LOG_GROUP,
    MACHINE,
    QUEUE,
    RULE,
    SUBSCRIPTION,
)
from scones.review.meanings.situation import Situation
from scones.review.meanings.wiring import function_name
from scones.review.nouns import because, title
from scones.review.plan import Change
from scones.review.values import at, both, is_empty, plain

CODE = ("source_code_hash", "code_sha256", "image_uri", "s3_key", "s3_object_version")
SETTINGS = {
    "memory_size": "memory {} → {} MB",
    "timeout": "timeout {} → {} s",
    "runtime": "runtime {} → {}",
    "handler": "handler {} → {}",
    "reserved_concurrent_executions": "reserved concurrency {} → {}",
}
# Of an alarm: a larger number makes it later.
LATER = ("evaluation_periods", "datapoints_to_alarm")
# What of a metric it looks at: nobody can tell from the plan whether another one is reached later.
MEASURES = ("statistic", "extended_statistic", "unit")
TOLD_OF_ALARMS = ("threshold", "comparison_operator", *LATER, "treat_missing_data", "period", *MEASURES)
SECONDS_A_DAY = 86_400


def working(now: Situation) -> Iterator[Finding]:
    """Yield what changes in what stands before and after; what comes or goes is told elsewhere."""
    yield from _functions(now)
    yield from _trigger(now)
    yield from _queues(now)
    yield from _notifications(now)
    yield from _alarms(now)
    yield from _logs(now)


# --- Functions ---------------------------------------------------------------------------------------


def _functions(now: Situation) -> Iterator[Finding]:
    for change in now.plan.of_type(FUNCTION):
        if change.action != "update":
            continue
        what = f"function {function_name(change)}"
        if any(old != new for old, new in (both(change, path) for path in CODE)):
            yield Finding(Risk.SAFE, f"{what}: new code", change.address)
        for path, words in SETTINGS.items():
            old, new = both(change, path)
            if old != new:
                stops = path.startswith("reserved") and new == 0
                more = ", so it answers no call" if stops else ""
                risk = Risk.CARE if stops or path == "runtime" else Risk.SAFE
                yield Finding(risk, f"{what}: {words.format(plain(old), plain(new))}{more}", change.address)


# --- The way in, and the way to people ----------------------------------------------------------------


def _trigger(now: Situation) -> Iterator[Finding]:
    if now.pauses or now.resumes:
        return
    for change in now.plan.of_type(RULE):
        if not (change.before and change.after):
            continue
        was, stays = is_open(change.before), is_open(change.after)
        if was and not stays:
            text = f"the trigger {title(change)} closes: new pictures start nothing until it opens again"
            yield Finding(Risk.CARE, text, change.address)
        elif stays and not was:
            text = f"the trigger {title(change)} opens: new pictures are classified by themselves"
            yield Finding(Risk.SAFE, text, change.address)
        if at(change.before, "event_pattern") != at(change.after, "event_pattern"):
            text = f"the trigger {title(change)} listens to other events"
            yield Finding(Risk.CARE, text, change.address)
    for change in now.plan.of_type(EVENT_TARGET):
        if change.action == "delete":
            text = f"the trigger starts nothing any more: its target goes{because(change)}"
            yield Finding(Risk.CARE, text, change.address)


def is_open(rule: Any) -> bool:
    """Say whether an event rule lets events through; one that says nothing does."""
    return at(rule, "state") != "DISABLED" and at(rule, "is_enabled") is not False


def _queues(now: Situation) -> Iterator[Finding]:
    for change in now.plan.of_type(QUEUE):
        old, new = both(change, "message_retention_seconds")
        if change.before and change.after and old != new:
            shorter = isinstance(old, int | float) and isinstance(new, int | float) and new < old
            text = f"{title(change)}: what waits in it is kept for {_days(old)} → {_days(new)} days"
            yield Finding(Risk.CARE if shorter else Risk.SAFE, text, change.address)


def _days(seconds: Any) -> str:
    return f"{seconds / SECONDS_A_DAY:g}" if isinstance(seconds, int | float) else plain(seconds)


def _notifications(now: Situation) -> Iterator[Finding]:
    for change in now.plan.of_type(SUBSCRIPTION):
        old, new = both(change, "endpoint")
        if change.action == "create" and not now.is_fresh:
            text = f"failures and alarms go to {plain(new)} from now on, once it has agreed"
            yield Finding(Risk.SAFE, text, change.address)
        elif change.action == "delete":
            yield Finding(Risk.CARE, f"failures and alarms no longer go to {plain(old)}", change.address)
        elif old != new:
            text = f"failures and alarms go to {plain(new)} instead of {plain(old)}, once it has agreed"
            yield Finding(Risk.CARE, text, change.address)


# --- What watches and what is kept -------------------------------------------------------------------


def _alarms(now: Situation) -> Iterator[Finding]:
    for change in now.plan.of_type(ALARM, COMPOSITE_ALARM):
        if not (change.before and change.after):
            continue
        turned = list(diverted(change, now.plan))
        for what, address in (*silenced(change), *turned):
            yield Finding(Risk.CARE, what, address)
        changed = [
            (path, old, new)
            for path in TOLD_OF_ALARMS
            if (old := at(change.before, path)) != (new := at(change.after, path))
        ]
        if turned:  # told already, and its threshold means something else now
            changed = [(path, old, new) for path, old, new in changed if path != "comparison_operator"]
        said = [f"{path} {plain(old)} → {plain(new)}" for path, old, new in changed]
        if said:
            later = any(_is_later(path, old, new, change) for path, old, new in changed)
            other = any(path in MEASURES for path, _, _ in changed)
            text = f"{title(change)}: {', '.join(said)}" + (": it goes off later" if later else "")
            yield Finding(Risk.CARE if later or other else Risk.SAFE, text, change.address)


def _is_later(path: str, old: Any, new: Any, change: Change) -> bool:
    """Say whether an alarm goes off later than before, or not at all, for what it watches."""
    if old == new or not all(isinstance(value, int | float) for value in (old, new)):
        if path == "comparison_operator":
            return "OrEqual" in str(old) and "OrEqual" not in str(new)
        return path == "treat_missing_data" and new == "notBreaching" and old == "breaching"
    falls = str(at(change.after, "comparison_operator")).startswith("Less")
    return (new < old) if path == "threshold" and falls else (new > old and path != "period")


def _logs(now: Situation) -> Iterator[Finding]:
    """Yield one finding for all log groups whose retention changes alike."""
    alike: dict[tuple[float, float], list[Change]] = {}
    for change in now.plan.of_type(LOG_GROUP):
        old, new = (days or 0 for days in both(change, "retention_in_days"))
        known = isinstance(old, int | float) and isinstance(new, int | float)
        if change.before and change.after and known and old != new:
            alike.setdefault((old, new), []).append(change)
    for (old, new), changed in alike.items():
        shorter = 0 in (old, new) or new < old
        what = title(changed[0]) if len(changed) == 1 else f"{len(changed)} log groups"
        text = f"{what}: lines are kept for {_kept(new)} (before: {_kept(old)})"
        yield Finding(Risk.CARE if shorter else Risk.SAFE, text, changed[0].address)
    path = "logging_configuration.0"
    for change in now.plan.of_type(MACHINE):
        if not (change.before and change.after):
            continue
        old, new = both(change, f"{path}.level")
        if old != new:
            risk = Risk.CARE if new == "OFF" or is_empty(new) else Risk.SAFE
            yield Finding(risk, f"{title(change)}: logs {plain(old)} → {plain(new)}", change.address)
        if both(change, f"{path}.include_execution_data") == (False, True):
            text = f"{title(change)}: inputs and outputs, and so pictures, are logged from now on"
            yield Finding(Risk.CARE, text, change.address)


def _kept(days: Any) -> str:
    return "ever" if days == 0 else f"{plain(days)} {'day' if days == 1 else 'days'}"
