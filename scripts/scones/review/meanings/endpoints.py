"""What happens to the endpoint: whether it keeps serving, on what, and how much of it is recorded."""

from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.findings import Finding, Risk
from scones.review.guards import watching
from scones.review.kinds import SCALING_POLICY, SCALING_TARGET
from scones.review.meanings.situation import Situation
from scones.review.nouns import because, title
from scones.review.plan import Change
from scones.review.values import at, both, is_empty, plain

POLICIES = "deployment_config.0.blue_green_update_policy.0.traffic_routing_configuration.0"
# What a deployment waits for; the longer, the more likely an alarm goes off in time.
WAITS = {
    f"{POLICIES}.wait_interval_in_seconds": "a deployment waits between its steps",
    "deployment_config.0.blue_green_update_policy.0.termination_wait_in_seconds": (
        "the old instances stay after a deployment"
    ),
    "deployment_config.0.rolling_update_policy.0.wait_interval_in_seconds": (
        "a deployment waits between its batches"
    ),
}
WEAKER = ("ALL_AT_ONCE", "")
CAPTURE = "data_capture_config.0"


def endpoints(now: Situation) -> Iterator[Finding]:
    """Yield what happens to the endpoint itself, then to what it runs on, scales to and records."""
    change = now.endpoint
    if change and change.is_change:
        yield from _of_endpoint(change, now)
    if now.is_fresh or now.pauses or now.resumes:
        return
    yield from _of_instances(now)
    yield from _of_scaling(now)
    yield from _of_captures(now)


def _of_endpoint(change: Change, now: Situation) -> Iterator[Finding]:
    if change.action == "create":
        yield _comes(change, now)
    elif change.action == "delete":
        text = f"DESTROYS {title(change)}: nothing is classified any more{because(change)}"
        if now.pauses:
            text = f"PAUSES {title(change)}: nothing is classified until make resume"
        yield Finding(Risk.DESTRUCTIVE, text, change.address)
    elif change.action == "replace":
        yield Finding(Risk.DESTRUCTIVE, f"REPLACES {title(change)}: outage{because(change)}", change.address)
    elif change.action == "update":
        yield from _moves(change)


def _comes(change: Change, now: Situation) -> Finding:
    verb = "RESUMES" if now.resumes else "creates"
    parts = [instances(now.configuration.after)] if now.configuration else []
    parts += [scaled for target in now.plan.of_type(SCALING_TARGET) if (scaled := _range(target.after))]
    text = f"{verb} {title(change)}: {', '.join(parts) or 'on what is unknown'}"
    if now.resumes:
        text += "; new pictures are classified again"
    return Finding(Risk.SAFE, text, change.address)


def _moves(change: Change) -> Iterator[Finding]:
    """Tell a deployment, which keeps the endpoint, from a change of how later ones will go."""
    before, after = both(change, "endpoint_config_name")
    moves = before != after
    yield from _haste(change)
    old, new = strategy(change.before), strategy(change.after)
    alarms = len(watching.rollback_alarms(change.after))
    roll = f"{alarms or 'no'} {'alarm' if alarms == 1 else 'alarms'} can roll"
    is_weaker = not alarms or (old != new and at(change.after, f"{POLICIES}.type") in WEAKER)
    risk = Risk.CARE if is_weaker else Risk.SAFE
    if moves:
        yield Finding(risk, f"{title(change)}: in place, {new}, {roll} it back", change.address)
    elif at(change.before, "deployment_config") != at(change.after, "deployment_config"):
        was = f" (before: {old})" if old != new else ""
        text = f"{title(change)}: later deployments {new}{was}, {roll} them back"
        yield Finding(risk, text, change.address)


def _haste(change: Change) -> Iterator[Finding]:
    """Yield how much less time an alarm has to go off before there is no way back."""
    for path, words in WAITS.items():
        old, new = both(change, path)
        new = 0 if is_empty(new) else new
        if _falls(old, new):
            text = f"{title(change)}: {words} for {new:g} s instead of {old:g} s"
            yield Finding(Risk.CARE, text, change.address)


def strategy(endpoint: Mapping[str, Any]) -> str:
    """Return how traffic moves to a new configuration, such as `canary 50 % then all`."""
    routing = at(endpoint, POLICIES) or {}
    kind = at(routing, "type")
    if kind == "CANARY":
        return f"canary {_step(at(routing, 'canary_size.0'))} then all"
    if kind == "LINEAR":
        return f"in steps of {_step(at(routing, 'linear_step_size.0'))}"
    if at(endpoint, "deployment_config.0.rolling_update_policy.0"):
        batch = at(endpoint, "deployment_config.0.rolling_update_policy.0.maximum_batch_size.0")
        return f"rolling by {_step(batch)}"
    return "all at once"


def _step(size: Any) -> str:
    unit = "%" if at(size, "type") == "CAPACITY_PERCENT" else "instances"
    return f"{plain(at(size, 'value'))} {unit}"


def instances(configuration: Mapping[str, Any]) -> str:
    """Return what an endpoint configuration runs on, such as `2 × ml.m5.large`."""
    variants = at(configuration, "production_variants")
    if not isinstance(variants, list) or not variants:
        return "on what is unknown"
    return " + ".join(_variant(variant) for variant in variants)


def _variant(variant: Any) -> str:
    serverless = at(variant, "serverless_config.0")
    if serverless:
        memory, most = at(serverless, "memory_size_in_mb"), at(serverless, "max_concurrency")
        return f"serverless ({plain(memory)} MB, at most {plain(most)} at once)"
    return f"{plain(at(variant, 'initial_instance_count'))} × {plain(at(variant, 'instance_type'))}"


def _of_instances(now: Situation) -> Iterator[Finding]:
    change = now.configuration
    if change is None or not (change.before and change.after):
        return
    before, after = instances(change.before), instances(change.after)
    if before != after:
        fewer = _falls(*both(change, "production_variants.0.initial_instance_count"))
        risk = Risk.CARE if fewer else Risk.SAFE
        yield Finding(risk, f"{_name(now)}: {before} → {after}", change.address)


def _of_scaling(now: Situation) -> Iterator[Finding]:
    for change in now.plan.of_type(SCALING_TARGET):
        before, after = _range(change.before), _range(change.after)
        if change.action == "update" and before != after:
            risk = Risk.CARE if _shrinks(change) else Risk.SAFE
            was = before.removeprefix("scales ")
            yield Finding(
                risk, f"{_name(now)}: scales {was} → {after.removeprefix('scales ')}", change.address
            )
        elif change.action == "delete" and not _goes(now):
            yield Finding(Risk.CARE, f"{_name(now)}: no longer scales{because(change)}", change.address)
        elif change.action == "create" and not _comes_new(now):
            yield Finding(Risk.SAFE, f"{_name(now)}: {after} from now on", change.address)
    path = "target_tracking_scaling_policy_configuration.0.target_value"
    for change in now.plan.of_type(SCALING_POLICY):
        old, new = both(change, path)
        if change.action == "update" and old != new:
            text = f"{_name(now)}: one instance should get {plain(old)} → {plain(new)} requests a minute"
            yield Finding(Risk.SAFE, text, change.address)


def _of_captures(now: Situation) -> Iterator[Finding]:
    for what, address in watching.captures(now.plan, now.context):
        yield Finding(Risk.CARE, f"{_name(now)}: {what}", address)
    change = now.configuration
    if change is None or not (change.before and change.after):
        return
    old, new = both(change, f"{CAPTURE}.destination_s3_uri")
    if old and new and old != new:
        text = f"{_name(now)}: captures go to {plain(new)} instead of {plain(old)}"
        yield Finding(Risk.CARE, text, change.address)
    before, after = (watching.share(at(state, CAPTURE)) for state in (change.before, change.after))
    if after > before:
        text = f"{_name(now)}: captures {after:g} % of requests and answers instead of {before:g} %"
        yield Finding(Risk.SAFE, text, change.address)


def _range(target: Mapping[str, Any]) -> str:
    low, high = target.get("min_capacity"), target.get("max_capacity")
    return f"scales {plain(low)} to {plain(high)}" if target else ""


def _shrinks(change: Change) -> bool:
    return any(_falls(*both(change, path)) for path in ("min_capacity", "max_capacity"))


def _falls(old: Any, new: Any) -> bool:
    return isinstance(new, int | float) and isinstance(old, int | float) and new < old


def _name(now: Situation) -> str:
    return title(now.endpoint) if now.endpoint else "the endpoint"


def _goes(now: Situation) -> bool:
    return now.endpoint is not None and now.endpoint.action == "delete"


def _comes_new(now: Situation) -> bool:
    return now.endpoint is not None and now.endpoint.action == "create"
