"""What is wired to something else: the environment of functions, layers, networks, and what starts what."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.findings import Finding, Risk
from scones.review.guards.destroying import gone
from scones.review.kinds import (
    BUCKET,
    ENDPOINT,
    EVENT_TARGET,
    FUNCTION,
    MACHINE,
    MODEL,
    NOTIFICATION,
)
from scones.review.meanings.situation import JUDGE, Situation
from scones.review.nouns import noun, title
from scones.review.permissions.holders import own_account
from scones.review.plan import UNKNOWN, Change
from scones.review.values import at, both, is_empty, listed, pair, plain

MODULE = re.compile(r'module\.function\["([^"]+)"\]')
TOLD_BY_JUDGING = ("THRESHOLD", "CLASS_THRESHOLDS", "OUT_OF_DOMAIN_LIMIT", "CLASS_NAMES", "LOADING_BAYS")
ENDPOINT_NAME = re.compile(r"(?:^|_)ENDPOINT_NAME$|^(?:SAGEMAKER_)?ENDPOINT$", re.IGNORECASE)
ACCOUNT = re.compile(r"arn:[\w-]+:[\w-]*:[\w-]*:(\d{12}):")


def wiring(now: Situation) -> Iterator[Finding]:
    """Yield what leads elsewhere than before, or nowhere any more."""
    for change in now.plan.of_type(FUNCTION):
        if change.after and change.is_change:
            yield from _environment(change, now)
            yield from _layers(change, now)
    yield from _networks(now)
    yield from _targets(now)
    yield from _uploads(now)


def function_name(change: Change) -> str:
    """Return a function's name as the code calls it, without project and environment."""
    found = MODULE.search(change.address)
    return found[1] if found else title(change).removeprefix(f"{noun(change.type)} ")


# --- Functions ---------------------------------------------------------------------------------------


def _environment(change: Change, now: Situation) -> Iterator[Finding]:
    before, after = (at(state, "environment.0.variables") or {} for state in (change.before, change.after))
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return
    skipped = TOLD_BY_JUDGING if JUDGE in change.address else ()
    for key in sorted({*before, *after} - set(skipped)):
        old, new = before.get(key), after.get(key)
        strange = _elsewhere(key, old, new, change, now) if old != new else ""
        if old != new and (change.before or strange):
            was, becomes = pair(old, new)
            said = f"{was} → {becomes}" if change.before else becomes
            text = f"function {function_name(change)}: environment {key} {said}{strange}"
            yield Finding(Risk.CARE if strange else Risk.SAFE, text, change.address)


def _elsewhere(key: str, old: Any, new: Any, change: Change, now: Situation) -> str:
    """Say where else a variable leads than to what this plan is about; empty where it does not."""
    if new == UNKNOWN:
        return ""
    if ENDPOINT_NAME.search(key):
        return _other_endpoint(new, now)
    project = _project(change, now.context.environment)
    if project and isinstance(new, str):
        own, here = f"{project}-{now.context.environment}", now.context.environment
        strangers = re.findall(rf"\b{re.escape(project)}-(?!{re.escape(here)}\b)[\w-]*", new)
        if strangers:
            return f": {strangers[0]} is not of {here}"
        if isinstance(old, str) and own in old and new and own not in new:
            return f": it no longer leads to what is of {here}"
    accounts = set(ACCOUNT.findall(str(new))) - set(ACCOUNT.findall(str(old)))
    strange = sorted(accounts - {own_account(now.plan)}) if accounts else []
    return f": account {strange[0]} is another one" if strange else ""


def _other_endpoint(asked: Any, now: Situation) -> str:
    """A function that asks another endpoint gets the answers of another model."""
    serving = [change.after for change in now.plan.of_type(ENDPOINT) if change.after]
    names = [str(one.get("name")) for one in serving]
    if asked in names:
        return ""
    return f": this environment's endpoint is {names[0]}" if names else ": no endpoint of this plan"


def _project(change: Change, environment: str) -> str:
    """Return what stands before the environment in a function's name, such as `scones`."""
    name = str(change.after.get("function_name") or "")
    found = re.match(rf"(.+?)-{re.escape(environment)}(?:-|$)", name)
    return found[1] if found else ""


def _layers(change: Change, now: Situation) -> Iterator[Finding]:
    new = [
        layer
        for layer in listed(change.after.get("layers"))
        if layer not in listed(change.before.get("layers"))
    ]
    for layer in new:
        found = ACCOUNT.match(str(layer))
        if found and found[1] != own_account(now.plan):
            code = f"code of account {found[1]} (layer {plain(layer, 120)})"
            text = f"function {function_name(change)}: runs {code}"
            yield Finding(Risk.CARE, text, change.address)


# --- What stands in a network, and what starts what ----------------------------------------------------


def _networks(now: Situation) -> Iterator[Finding]:
    for change in now.plan.of_type(FUNCTION, MODEL):
        before, after = both(change, "vpc_config.0.subnet_ids")
        if change.after and not is_empty(before) and is_empty(after):
            what = f"function {function_name(change)}" if change.type == FUNCTION else title(change)
            text = f"{what}: leaves its network, so nothing limits what it can reach"
            yield Finding(Risk.CARE, text, change.address)


def _targets(now: Situation) -> Iterator[Finding]:
    follows = any(change.action == "replace" for change in now.plan.of_type(MACHINE))
    for change in now.plan.of_type(EVENT_TARGET):
        before, after = both(change, "arn")
        if change.before and change.after and before != after and not (follows and after == UNKNOWN):
            text = f"the trigger starts {plain(after, 120)} instead of {plain(before, 120)}"
            yield Finding(Risk.CARE, text, change.address)


def _uploads(now: Situation) -> Iterator[Finding]:
    destroyed = gone(now.plan, BUCKET, "bucket")
    for change in now.plan.of_type(NOTIFICATION):
        bucket = str(change.before.get("bucket"))
        stops = change.action != "forget" and change.after.get("eventbridge") in (None, False)
        if change.before.get("eventbridge") is True and stops and bucket not in destroyed:
            text = f"bucket {bucket} tells EventBridge of no upload any more: uploads start nothing"
            yield Finding(Risk.CARE, text, change.address)
