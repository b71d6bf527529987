"""What a resource only repeats of others: a role's inline policies, a bucket's versioning.

The provider reads them into the resource they belong to, where they look as if somebody had added them by
hand. What none of Terraform's resources says is left, and is what somebody did add.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.permissions.policies import grants
from scones.review.plan import Change, Plan
from scones.review.values import listed

# Attribute of a resource, and the type of the one that says it, with the attributes that name both.
SAID_BY: dict[tuple[str, str], tuple[str, str, str]] = {
    ("aws_s3_bucket", "acceleration_status"): ("aws_s3_bucket_accelerate_configuration", "bucket", "bucket"),
    ("aws_s3_bucket", "acl"): ("aws_s3_bucket_acl", "bucket", "bucket"),
    ("aws_s3_bucket", "cors_rule"): ("aws_s3_bucket_cors_configuration", "bucket", "bucket"),
    ("aws_s3_bucket", "grant"): ("aws_s3_bucket_acl", "bucket", "bucket"),
    ("aws_s3_bucket", "lifecycle_rule"): ("aws_s3_bucket_lifecycle_configuration", "bucket", "bucket"),
    ("aws_s3_bucket", "logging"): ("aws_s3_bucket_logging", "bucket", "bucket"),
    ("aws_s3_bucket", "policy"): ("aws_s3_bucket_policy", "bucket", "bucket"),
    ("aws_s3_bucket", "server_side_encryption_configuration"): (
        "aws_s3_bucket_server_side_encryption_configuration",
        "bucket",
        "bucket",
    ),
    ("aws_s3_bucket", "versioning"): ("aws_s3_bucket_versioning", "bucket", "bucket"),
    ("aws_s3_bucket", "website"): ("aws_s3_bucket_website_configuration", "bucket", "bucket"),
    ("aws_kms_key", "policy"): ("aws_kms_key_policy", "key_id", "key_id"),
    ("aws_sns_topic", "policy"): ("aws_sns_topic_policy", "arn", "arn"),
    ("aws_sqs_queue", "policy"): ("aws_sqs_queue_policy", "url", "queue_url"),
    ("aws_sqs_queue", "redrive_policy"): ("aws_sqs_queue_redrive_policy", "url", "queue_url"),
}
ROLE, ROLE_POLICY, ATTACHMENT = "aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment"

SHOWN = 3  # actions of a policy
INLINE, MANAGED = "inline_policy", "managed_policy_arns"


class Echoes:
    """Knows every resource of a plan and of the state before it, to tell what only repeats another one."""

    def __init__(self, plan: Plan) -> None:
        self._known: dict[str, list[Mapping[str, Any]]] = {}
        for change in plan.changes:
            self._known.setdefault(change.type, []).extend(
                state for state in (change.before, change.after) if state
            )
        for state in (plan.raw.get("prior_state") or {}).get("values"), plan.raw.get("planned_values"):
            for kind, values in _resources((state or {}).get("root_module") or {}):
                self._known.setdefault(kind, []).append(values)

    def without(self, change: Change, path: str, value: Any) -> Any:
        """Return a value of an attribute without what only repeats another resource."""
        if change.type == ROLE and path == INLINE:
            said = self._names(ROLE_POLICY, change, "name")
            return [words for name, words in _policies(value) if name not in said]
        if change.type == ROLE and path == MANAGED:
            said = self._names(ATTACHMENT, change, "policy_arn")
            return sorted(str(arn) for arn in listed(value) if str(arn) not in said)
        kind, own, theirs = SAID_BY.get((change.type, path.partition(".")[0]), ("", "", ""))
        return None if kind and self._of(kind, theirs, change.after.get(own)) else value

    def _names(self, kind: str, role: Change, key: str) -> set[str]:
        return {str(one.get(key)) for one in self._of(kind, "role", role.after.get("name"))}

    def _of(self, kind: str, key: str, name: Any) -> list[Mapping[str, Any]]:
        return [values for values in self._known.get(kind, []) if name and values.get(key) == name]


def _policies(value: Any) -> list[tuple[str, str]]:
    """Return name and words of each inline policy, such as `backdoor (may do *)`."""
    found = [policy for policy in listed(value) if isinstance(policy, Mapping)]
    return sorted((str(one.get("name")), f"{one.get('name')}{_may(one.get('policy'))}") for one in found)


def _may(policy: Any) -> str:
    try:
        actions = sorted({grant.spelled or grant.action for grant in grants(policy)})
    except (TypeError, ValueError):
        return ""
    listed = ", ".join(actions[:SHOWN]) + (" and more" if len(actions) > SHOWN else "")
    return f" (may do {listed})" if actions else ""


def _resources(module: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources") or []:
        yield resource["type"], resource.get("values") or {}
    for child in module.get("child_modules") or []:
        yield from _resources(child)
