"""How much one change asks of a reader, whatever it is about."""

from scones.review.findings import Risk
from scones.review.guards.destroying import DATA
from scones.review.kinds import BUCKET, CONFIGURATION, ENDPOINT, FUNCTION, KEY, MACHINE, MODEL
from scones.review.plan import Change

SERVING = (ENDPOINT, FUNCTION, MACHINE)
# Made anew beside the old one, which goes when nothing uses it any more.
PASSING = (CONFIGURATION, MODEL, "terraform_data")
GUARDING = (
    "aws_iam_",
    "aws_kms_key",
    "aws_lambda_permission",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
)


def is_data(change: Change) -> bool:
    """Say whether a resource holds what nobody can make again."""
    return change.type in (BUCKET, KEY, *DATA)


def is_lost(change: Change) -> bool:
    """Say whether a change takes away what holds data or what serves."""
    if not change.goes or change.is_leftover or change.before.get("skip_destroy"):
        return False
    return is_data(change) or change.type in SERVING


def risk_of(change: Change) -> Risk:
    """Return how much a change asks of a reader."""
    if is_lost(change):
        return Risk.DESTRUCTIVE
    if change.is_leftover or (change.action == "replace" and change.type in PASSING):
        return Risk.SAFE
    guards = change.type.startswith(GUARDING) and change.action != "create"
    return Risk.CARE if change.goes or change.action == "forget" or guards else Risk.SAFE
