"""What keeps data private and whole: public-access block, encryption, TLS, versions, narrow permissions."""

import re
from collections.abc import Iterator
from typing import Any

from scones.review.findings import Context, Risk
from scones.review.guards import acting, newborn, opening
from scones.review.guards.destroying import Tripped, gone
from scones.review.kinds import (
    BUCKET,
    CONFIGURATION,
    ENCRYPTION,
    FUNCTION,
    LOG_GROUP,
    MACHINE,
    PUBLIC_ACCESS,
    QUEUE,
    TOPIC,
    VERSIONING,
)
from scones.review.nouns import title
from scones.review.permissions.widenings import widenings
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.secrets.masking import suspicious
from scones.review.values import at, is_empty

BLOCKS = (PUBLIC_ACCESS, "aws_s3_account_public_access_block")
FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
# Where a key of ours encrypts what AWS stores.
KEYS = {
    QUEUE: ("kms_master_key_id",),
    TOPIC: ("kms_master_key_id",),
    LOG_GROUP: ("kms_key_id",),
    FUNCTION: ("kms_key_arn",),
    MACHINE: ("encryption_configuration.0.kms_key_id",),
    CONFIGURATION: ("kms_key_arn", "data_capture_config.0.kms_key_id"),
    "aws_dynamodb_table": ("server_side_encryption.0.kms_key_arn",),
    "aws_ecr_repository": ("encryption_configuration.0.kms_key",),
    "aws_secretsmanager_secret": ("kms_key_id",),
}
# Instances whose own disks are encrypted in hardware: SageMaker refuses a key for them (modules/endpoint).
OWN_DISKS = re.compile(r"^ml\.(g5|g6|g6e|p5|p5e|p5en|trn1|trn1n|[a-z]+[0-9]+[a-z]*d[a-z]*)\.")
STRENGTHS = {"": 0, "AES256": 1, "aws:kms": 2, "aws:kms:dsse": 3}


def public_access(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001 (every guard gets one)
    """Buckets without their block, open by an ACL or heeding ACLs, and networks open to everybody."""
    yield from newborn.without_block(plan)
    yield from opening.ownership(plan)
    yield from opening.networks(plan)
    destroyed = gone(plan, BUCKET, "bucket")
    for change in plan.of_type(*BLOCKS):
        bucket = _bucket(change)
        if _deleted(change) and bucket not in destroyed:
            yield f"{_of(change)} loses its public-access block", change.address
        elif change.is_change and change.after:
            flags = [flag for flag in FLAGS if _falls(change, flag)]
            if flags:
                yield f"{_of(change)} is opened: {', '.join(flags)} off", change.address
    for change in plan.of_type("aws_s3_bucket_acl"):
        acl = change.after.get("acl")
        if change.is_change and acl in PUBLIC_ACLS and acl != change.before.get("acl"):
            yield f"{_of(change)} gets the ACL {acl}", change.address


def encryption(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """A bucket's encryption that goes or gets weaker, anything that loses its key or never had one."""
    yield from newborn.without_encryption(plan)
    destroyed = gone(plan, BUCKET, "bucket")
    for change in plan.of_type(ENCRYPTION):
        if _deleted(change) and _bucket(change) not in destroyed:
            yield f"{_of(change)} loses its encryption", change.address
        elif change.before and change.after:
            yield from _weaker(change)
    for change in plan.of_type(*KEYS):
        if change.before and change.after:
            yield from _without_key(change)


def versioning(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """A bucket that stops keeping what is overwritten or deleted, or never did."""
    yield from newborn.without_versions(plan)
    destroyed = gone(plan, BUCKET, "bucket")
    path = "versioning_configuration.0.status"
    for change in plan.of_type(VERSIONING):
        if at(change.before, path) != "Enabled":
            continue
        if _deleted(change) and _bucket(change) not in destroyed:
            yield f"{_of(change)} loses its versioning", change.address
        elif change.after and at(change.after, path) != "Enabled":
            yield f"{_of(change)} keeps no further versions: {at(change.after, path)}", change.address


def tls_only(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """A policy that no longer denies what comes without TLS, and a bucket that has none."""
    yield from newborn.without_tls(plan)
    for one in widenings(plan).tls:
        yield one.text, one.address


def permissions(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """Everything that the plan lets anybody do beyond what they could, but to pass roles."""
    yield from acting.roles(plan)
    found = widenings(plan)
    apart = {*found.tls, *found.pass_role}
    for one in found.all:
        if one not in apart:
            yield one.text, one.address


def passed_roles(plan: Plan, context: Context) -> Iterator[Tripped]:  # noqa: ARG001
    """A role that may now be passed on to a service."""
    for one in widenings(plan).pass_role:
        yield one.text, one.address


def secrets(plan: Plan, context: Context) -> Iterator[Tripped]:
    """A value that looks like a secret, and that the plan puts somewhere in clear."""
    for finding in context.secrets_in_clear or suspicious(plan):
        if finding.risk >= Risk.CARE:
            yield finding.text, finding.address


def _without_key(change: Change) -> Iterator[Tripped]:
    for path in KEYS[change.type]:
        if not _is_ours(at(change.before, path)) or _is_ours(at(change.after, path)):
            continue
        if not _needs_none(change, path):
            what = "what it captures" if path.startswith("data_capture") else "what it stores"
            yield f"{title(change)} no longer encrypts {what} with a key of ours", change.address
    managed = "sqs_managed_sse_enabled"
    is_open = change.after.get(managed) is False and is_empty(change.after.get("kms_master_key_id"))
    if change.before.get(managed) and is_open:
        yield f"{title(change)} is no longer encrypted", change.address


def _is_ours(key: Any) -> bool:
    """Say whether a key is one that an account makes, rules and can look at, and none of AWS's own."""
    return not is_empty(key) and not str(key).startswith("alias/aws/")


def _needs_none(change: Change, path: str) -> bool:
    """Say whether there is nothing that a key would encrypt: hardware does, or no environment is there."""
    if change.type == FUNCTION:
        return is_empty(at(change.after, "environment.0.variables"))
    kind = at(change.after, "production_variants.0.instance_type")
    return path == "kms_key_arn" and isinstance(kind, str) and bool(OWN_DISKS.match(kind))


def _weaker(change: Change) -> Iterator[Tripped]:
    rule = "rule.0.apply_server_side_encryption_by_default.0"
    before, after = (_strength(at(state, f"{rule}.sse_algorithm")) for state in (change.before, change.after))
    if after < before:
        now = at(change.after, f"{rule}.sse_algorithm") or "none"
        yield f"{_of(change)} is encrypted more weakly: {now}", change.address
    elif not is_empty(at(change.before, f"{rule}.kms_master_key_id")) and is_empty(
        at(change.after, f"{rule}.kms_master_key_id")
    ):
        yield f"{_of(change)} is no longer encrypted with a key of ours", change.address


def _strength(algorithm: Any) -> int:
    return STRENGTHS.get(str(algorithm or ""), max(STRENGTHS.values()))


def _falls(change: Change, flag: str) -> bool:
    """Say whether a flag of the block is off afterwards and was on before, or was never on."""
    after = change.after.get(flag)
    if not change.before:
        return after is False
    return change.before.get(flag) is True and after is not True


def _deleted(change: Change) -> bool:
    """Say whether something goes for good, or comes back for another bucket."""
    before, after = change.before.get("bucket"), change.after.get("bucket")
    moves = change.action == "replace" and after not in (before, UNKNOWN)
    return not change.is_leftover and (change.action == "delete" or moves)


def _bucket(change: Change) -> str:
    return str(change.before.get("bucket") or change.after.get("bucket") or "")


def _of(change: Change) -> str:
    return f"bucket {_bucket(change)}" if _bucket(change) else title(change)
