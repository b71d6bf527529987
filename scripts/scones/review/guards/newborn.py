"""What is made anew has to be protected from the start: nobody comes back for it later.

What a bucket needs are resources of their own, which name it. Where names are not known yet, its module is
looked at instead.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scones.review.guards.destroying import Tripped
from scones.review.kinds import (
    BUCKET,
    BUCKET_POLICY,
    ENCRYPTION,
    LOG_GROUP,
    PUBLIC_ACCESS,
    QUEUE,
    TOPIC,
    VERSIONING,
)
from scones.review.nouns import title
from scones.review.permissions.policies import grants, is_tls_only
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.values import at, is_empty

Has = Callable[[Mapping[str, Any]], bool]  # what stands afterwards to whether it protects


def without_block(plan: Plan) -> Iterator[Tripped]:
    """Yield new buckets without a block on public access."""
    yield from _buckets_without(plan, PUBLIC_ACCESS, bool, "has no public-access block")


def without_encryption(plan: Plan) -> Iterator[Tripped]:
    """Yield new buckets, queues and topics that nothing encrypts, and log groups where others have a key."""
    yield from _buckets_without(plan, ENCRYPTION, bool, "says nothing of its encryption")
    for change in _made(plan, QUEUE, TOPIC):
        by_aws = change.after.get("sqs_managed_sse_enabled")  # not known yet is AWS's default, which is on
        if is_empty(change.after.get("kms_master_key_id")) and by_aws not in (True, UNKNOWN):
            yield f"{title(change)} is new and not encrypted", change.address
    if any(_has_key(change) for change in plan.of_type(LOG_GROUP)):
        for change in logs_without_key(plan):
            yield f"{title(change)} is new and has no key, as other log groups have", change.address


def without_versions(plan: Plan) -> Iterator[Tripped]:
    """Yield new buckets that keep nothing of what is overwritten or deleted."""
    yield from _buckets_without(plan, VERSIONING, _keeps_versions, "keeps no versions")


def without_tls(plan: Plan) -> Iterator[Tripped]:
    """Yield new buckets that no policy closes to what comes without TLS."""
    yield from _buckets_without(plan, BUCKET_POLICY, _wants_tls, "takes requests without TLS")


def without_retention(plan: Plan) -> Iterator[Tripped]:
    """Yield new log groups that keep their lines for ever."""
    for change in _made(plan, LOG_GROUP):
        if change.after.get("retention_in_days") in (None, 0):
            yield f"{title(change)} is new and has no retention: its lines are kept for ever", change.address


def logs_without_key(plan: Plan) -> list[Change]:
    """Return the new log groups that only AWS's own key encrypts."""
    return [change for change in _made(plan, LOG_GROUP) if is_empty(change.after.get("kms_key_id"))]


def _made(plan: Plan, *kinds: str) -> list[Change]:
    return [change for change in plan.of_type(*kinds) if change.action == "create"]


def _has_key(log_group: Change) -> bool:
    return any(not is_empty(side.get("kms_key_id")) for side in (log_group.before, log_group.after))


def _buckets_without(plan: Plan, kind: str, protects: Has, words: str) -> Iterator[Tripped]:
    for bucket in _made(plan, BUCKET):
        beside = (one for one in plan.of_type(kind) if one.after and _is_of(one, bucket))
        if not any(protects(one.after) for one in beside):
            yield f"{title(bucket)} is new and {words}", bucket.address


def _is_of(one: Change, bucket: Change) -> bool:
    named, name = one.after.get("bucket"), bucket.after.get("bucket")
    if UNKNOWN in (named, name) or is_empty(name):
        return one.module == bucket.module
    return bool(named == name)


def _keeps_versions(versioning: Mapping[str, Any]) -> bool:
    return at(versioning, "versioning_configuration.0.status") in ("Enabled", UNKNOWN)


def _wants_tls(policy: Mapping[str, Any]) -> bool:
    """A policy that is not known yet is told among the permissions; here it has the benefit of the doubt."""
    document = policy.get("policy")
    if document == UNKNOWN:
        return True
    try:
        return any(is_tls_only(grant) for grant in grants(document or "{}"))
    except (TypeError, ValueError, AttributeError):
        return False
