"""Whether a role may do what its state machine needs, and what it may do beyond that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scones.review.permissions.holders import Holder, holders, own_account
from scones.review.permissions.policies import ALL_BUT, Grant, matches
from scones.review.permissions.widenings import all_grants, is_wide_managed
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.state_machine.definition import Machine
from scones.review.state_machine.integrations import OPEN, Need, Place, needs_of

# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
LOGS = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
TRACES = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
KEY_USE = ("kms:Decrypt", "kms:GenerateDataKey")
ENCRYPTED = {"sns:Publish": "aws_sns_topic", "sqs:SendMessage": "aws_sqs_queue"}


@dataclass(frozen=True)
class Check:
    """What the comparison of needs and permissions has found.

    `trouble` says why it could not be made, and is empty where it could. `unknown` are states that it had to
    leave out, each with the reason. A permissions boundary is not looked at.
    """

    missing: tuple[Need, ...] = ()
    unused: tuple[Grant, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    trouble: str = ""
    role: str = ""


def check(plan: Plan, change: Change, machine: Machine) -> Check:
    """Compare what a planned state machine needs with what its planned role may do."""
    role = role_of(plan, change)
    if role is None:
        return Check(trouble="its role is not in this plan")
    reason = _unknown_policies(plan, role)
    if reason:
        return Check(trouble=reason, role=role.name)
    place = _place(plan, change)
    stated = needs_of(machine, place)
    needs = [*stated.needs, *_of_keys(plan, stated.needs), *_of_settings(change.after)]
    allowed = _allowed(plan, role)
    if any(is_wide_managed(arn) for arn in role.after.managed):
        return Check(unknown=stated.unknown, role=role.name)
    missing = [need for need in needs if not need.is_optional and not _is_allowed(need, allowed)]
    unused = [grant for grant in allowed if grant.effect == "Allow" and not _is_used(grant, needs)]
    return Check(tuple(dict.fromkeys(missing)), tuple(sorted(set(unused))), stated.unknown, role=role.name)


def role_of(plan: Plan, change: Change) -> Holder | None:
    """Return the role of a state machine: by its ARN, and where that is not known yet, by module and name."""
    arn = str(change.after.get("role_arn") or "")
    roles = plan.of_type("aws_iam_role")
    found = [role for role in roles if arn != UNKNOWN and _is_role(role.after, arn)]
    if arn == UNKNOWN:
        found = [role for role in roles if role.module == change.module and role.after]
        if len(found) > 1:
            found = [role for role in found if role.after.get("name") == change.after.get("name")]
    if len(found) != 1:
        return None
    return next((holder for holder in holders(plan) if holder.address == found[0].address), None)


def _is_role(role: Mapping[str, Any], arn: str) -> bool:
    return role.get("arn") == arn or (":role/" in arn and role.get("name") == arn.rpartition("/")[2])


def _unknown_policies(plan: Plan, role: Holder) -> str:
    unknown = [document for document in role.after.policies if document.trouble]
    if unknown:
        return f"policy `{unknown[0].name}` of role `{role.name}` is {unknown[0].trouble}"
    shown = {str(change.after.get("arn")) for change in plan.of_type("aws_iam_policy")} - {UNKNOWN}
    for arn in sorted(role.after.managed):
        if arn not in shown and not is_wide_managed(arn):
            return f"the statements of `{arn}`, attached to role `{role.name}`, are not in this plan"
    return ""


def _allowed(plan: Plan, role: Holder) -> list[Grant]:
    found = set(all_grants(role.after.policies))
    for holder in holders(plan):
        for change in plan.of_type("aws_iam_policy"):
            if holder.address == change.address and change.after.get("arn") in role.after.managed:
                found |= all_grants(holder.after.policies)
    return sorted(found)


def _place(plan: Plan, change: Change) -> Place:
    """Return where a machine runs: from its own ARN, its log group's, or what the plan names most."""
    known = [str(change.after.get("arn")), *_destinations(change.after)]
    parts = next((arn.split(":") for arn in known if arn.startswith("arn:")), None)
    name = str(change.after.get("name") or "*")
    if parts:
        return Place(name, parts[1], parts[3], parts[4])
    return Place(name, account=own_account(plan) or "*")


def _destinations(machine: Mapping[str, Any]) -> list[str]:
    return [str(one.get("log_destination")) for one in _blocks(machine, "logging_configuration")]


def _of_keys(plan: Plan, needs: Sequence[Need]) -> Iterable[Need]:
    """Whoever sends to an encrypted queue or topic uses its key."""
    for need in needs:
        kind = ENCRYPTED.get(need.action, "")
        for change in plan.of_type(kind) if need.resource else []:
            key = change.after.get("kms_master_key_id")
            is_it = change.after.get("name") == need.resource.rpartition(":")[2]
            if is_it and key and not str(key).startswith("alias/aws/"):
                for action in KEY_USE:
                    yield Need(need.why, action, str(key) if str(key).startswith("arn:") else OPEN)


def _of_settings(machine: Mapping[str, Any]) -> Iterable[Need]:
    """Return what logs, traces and encryption of a machine need, whatever its states do."""
    if any(one.get("level") not in (None, "OFF") for one in _blocks(machine, "logging_configuration")):
        yield from (Need("logging", action, is_state=False) for action in LOGS)
    if any(one.get("enabled") for one in _blocks(machine, "tracing_configuration")):
        yield from (Need("tracing", action, is_state=False) for action in TRACES)
    for one in _blocks(machine, "encryption_configuration"):
        key = str(one.get("kms_key_id") or "")
        if key:
            resource = key if key.startswith("arn:") else OPEN
            yield from (Need("encryption", action, resource, is_state=False) for action in KEY_USE)


def _blocks(machine: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    blocks = machine.get(name)
    return [one for one in blocks if isinstance(one, Mapping)] if isinstance(blocks, list) else []


def _is_allowed(need: Need, grants: Sequence[Grant]) -> bool:
    """A condition is taken to hold for what is allowed, and not to hold for what is refused."""
    refused = (grant for grant in grants if grant.effect == "Deny" and not grant.condition)
    if any(_meets(grant, need) for grant in refused if need.resource or grant.resource == "*"):
        return False
    return any(grant.effect == "Allow" and _meets(grant, need) for grant in grants)


def _is_used(grant: Grant, needs: Sequence[Need]) -> bool:
    return any(_meets(grant, need) for need in needs)


def _meets(grant: Grant, need: Need) -> bool:
    if not _stands_for(grant.action, need.action.lower()):
        return False
    # What a need leaves open may be narrower in the policy; so may be a region or an account not known here.
    is_open = need.resource == OPEN
    stated, needed = grant.resource, need.resource
    if ":sagemaker:" in needed:  # whose ARNs are in small letters, whatever the name was
        stated, needed = stated.lower(), needed.lower()
    return is_open or _stands_for(stated, needed) or matches(needed, stated)


def _stands_for(name: str, text: str) -> bool:
    if name.startswith(ALL_BUT):
        return not any(matches(excluded, text) for excluded in name[len(ALL_BUT) :].split(", "))
    return matches(name, text)
