"""What is destroyed and does not come back: the endpoint that serves, and everything that holds data."""

from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.findings import Context
from scones.review.kinds import BUCKET, ENDPOINT, FUNCTION, KEY, LIFECYCLE, LOG_GROUP, MACHINE, QUEUE
from scones.review.nouns import because, title
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.values import at, listed

Tripped = tuple[str, str]

# Whatever else holds what nobody can make again.
DATA = (
    QUEUE,
    LOG_GROUP,
    "aws_sagemaker_model_package_group",
    "aws_dynamodb_table",
    "aws_ecr_repository",
    "aws_secretsmanager_secret",
    "aws_db_instance",
    "aws_efs_file_system",
    "aws_ebs_volume",
    "aws_kinesis_stream",
    "aws_s3_object",
)


# What becomes of a thing that Terraform forgets, and that therefore stays.
FORGOTTEN = {
    ENDPOINT: "it goes on serving and costing",
    BUCKET: "it stays with all that is in it, and no plan protects it any more",
    KEY: "it stays and encrypts as before, and no plan says who may use it any more",
}


def endpoints(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001 (every guard gets one)
    """A configuration or a model that is replaced moves the endpoint, and does not replace it."""
    yield from _gone(plan, ENDPOINT)


def buckets(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """Also a bucket that may from now on be destroyed with all the versions of all objects in it."""
    yield from _gone(plan, BUCKET)
    for change in plan.of_type(BUCKET):
        was_safe = change.before and not change.before.get("force_destroy")
        if was_safe and change.after.get("force_destroy") and not change.goes:
            yield f"{title(change)} may be destroyed with everything in it (force_destroy)", change.address


def keys(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """Also a key that is switched off, or no longer rotated. How long a deletion waits loses nothing yet."""
    yield from _gone(plan, KEY)
    for change in plan.of_type(KEY):
        if change.goes or not (change.before and change.after):
            continue
        if change.before.get("is_enabled") and change.after.get("is_enabled") is False:
            yield f"disables {title(change)}", change.address
        if change.before.get("enable_key_rotation") and not change.after.get("enable_key_rotation"):
            yield f"{title(change)} is no longer rotated", change.address


def workflow(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """A function or the state machine: without one of them nothing is classified."""
    yield from _gone(plan, FUNCTION)
    yield from _gone(plan, MACHINE)


def data(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """Queues, log groups and the like, and objects that a bucket throws away sooner than before."""
    for change in plan.of_type(*DATA):
        if change.goes and not change.is_leftover and not change.before.get("skip_destroy"):
            yield _went(change), change.address
    for change in plan.of_type(LIFECYCLE):
        for what in sooner(change, plan):
            yield what, change.address


def sooner(change: Change, plan: Plan) -> Iterator[str]:
    """Yield what a bucket's lifecycle throws away sooner after a change than before it."""
    if not change.after or (not change.before and _is_of_a_new_bucket(change, plan)):
        return
    before, after = _expiries(change.before), _expiries(change.after)
    for key, days in after.items():
        if key not in before or days < before[key]:
            was = f"{before[key]:g} days" if key in before else "kept for ever"
            yield f"bucket {change.after.get('bucket')}: {key} deleted after {days:g} days, before: {was}"


def _is_of_a_new_bucket(lifecycle: Change, plan: Plan) -> bool:
    """A new bucket's first lifecycle says what was meant from the start; one that exists holds objects."""
    name = lifecycle.after.get("bucket")
    made = [change for change in plan.of_type(BUCKET) if change.action == "create"]
    return any(
        change.after.get("bucket") == name or (name == UNKNOWN and change.module == lifecycle.module)
        for change in made
    )


def _expiries(lifecycle: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for rule in listed(lifecycle.get("rule")):
        if not isinstance(rule, Mapping) or rule.get("status") != "Enabled":
            continue
        prefix = at(rule, "filter.0.prefix") or at(rule, "filter.0.and.0.prefix") or rule.get("prefix") or ""
        place = f"under {prefix}" if prefix else "anywhere"
        for what, path in (
            (f"objects {place} are", "expiration.0.days"),
            (f"former versions {place} are", "noncurrent_version_expiration.0.noncurrent_days"),
        ):
            days = at(rule, path)
            if isinstance(days, int | float) and days > 0:
                found[what] = min(days, found.get(what, days))
    return found


def _gone(plan: Plan, kind: str) -> Iterator[Tripped]:
    for change in plan.of_type(kind):
        if change.goes and not change.is_leftover:
            yield _went(change), change.address
    yield from forgotten(plan, kind)


def forgotten(plan: Plan, kind: str) -> Iterator[Tripped]:
    """Yield what Terraform stops looking after although it stays, where somebody has to know of it."""
    for change in plan.of_type(kind):
        if change.action == "forget" and not change.is_leftover and kind in FORGOTTEN:
            yield f"{title(change)} is no longer managed: {FORGOTTEN[kind]}", change.address


def _went(change: Change) -> str:
    verb = "replaces" if change.action == "replace" else "destroys"
    return f"{verb} {title(change)}{because(change)}"


def gone(plan: Plan, kind: str, key: str) -> frozenset[str]:
    """Return the names, by one of their attributes, of the things of a type that are deleted for good."""
    deleted = (change for change in plan.of_type(kind) if change.action == "delete")
    found = (change.before.get(key) for change in deleted if not change.is_leftover)
    return frozenset(value for value in found if isinstance(value, str) and value)
