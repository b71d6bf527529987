"""Who holds which policies before and after a plan: roles with all their policies, and things with their own.

A role's policies count together, so a statement that moves from one of them to another is no change. What
AWS fills in by itself (a role's `inline_policy`, a queue's `policy` that the configuration does not set) is
left out where another resource of the plan says it, and where it is not known yet.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scones.review.permissions.policies import Grant, grants
from scones.review.plan import UNKNOWN, Change, Plan

# Inline policies of an identity, and attachments to one: type of resource to the attribute naming the holder.
INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user", "aws_iam_group_policy": "group"}
ATTACHED = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}
IDENTITIES = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_group": "group"}


@dataclass(frozen=True)
class OwnPolicy:
    """What a resource's own policy guards, and where it stands.

    `names` are the attributes that name it, and `owner` is its type where that is another resource.
    """

    kind: str
    names: tuple[str, ...]
    owner: str = ""
    attribute: str = "policy"


OWN = {
    "aws_iam_policy": OwnPolicy("managed policy", ("name",)),
    "aws_s3_bucket_policy": OwnPolicy("bucket", ("bucket",), "aws_s3_bucket"),
    "aws_sqs_queue": OwnPolicy("queue", ("name",)),
    "aws_sqs_queue_policy": OwnPolicy("queue", ("queue_url",), "aws_sqs_queue"),
    "aws_sns_topic": OwnPolicy("topic", ("name",)),
    "aws_sns_topic_policy": OwnPolicy("topic", ("arn",), "aws_sns_topic"),
    "aws_kms_key": OwnPolicy("key", ("description", "key_id")),
    "aws_kms_key_policy": OwnPolicy("key", ("key_id",), "aws_kms_key"),
    "aws_ecr_repository_policy": OwnPolicy("repository", ("repository",), "aws_ecr_repository"),
    "aws_secretsmanager_secret_policy": OwnPolicy("secret", ("secret_arn",), "aws_secretsmanager_secret"),
    "aws_cloudwatch_log_resource_policy": OwnPolicy(
        "log resource policy", ("policy_name",), attribute="policy_document"
    ),
    "aws_sagemaker_model_package_group_policy": OwnPolicy(
        "model package group",
        ("model_package_group_name",),
        "aws_sagemaker_model_package_group",
        "resource_policy",
    ),
}
PERMISSION = "aws_lambda_permission"
# Attributes of the owner by which a policy may name it.
OWNER_NAMES = ("bucket", "id", "url", "arn", "key_id", "name", "function_name", "model_package_group_name")
# AWS fills these in when the configuration does not; not known yet then means nothing.
FILLED_IN = ("aws_sqs_queue", "aws_sns_topic", "aws_kms_key")


@dataclass(frozen=True)
class Document:
    """One policy at one time. `trouble` says why its grants cannot be told, and is empty where they can.

    `is_kept` is true where the plan leaves the policy as it is, whether anybody can read it or not.
    """

    name: str
    address: str
    grants: frozenset[Grant] = frozenset()
    trouble: str = ""
    is_kept: bool = False


@dataclass
class Side:
    """What a holder has before the plan, or after it."""

    trust: list[Document] = field(default_factory=list)
    policies: list[Document] = field(default_factory=list)
    managed: set[str] = field(default_factory=set)  # ARNs of attached policies
    boundary: str = ""  # ARN of the permissions boundary


@dataclass
class Holder:
    """A role or another identity, or a thing with a policy of its own, before and after a plan.

    `is_new` and `is_gone` are about the holder itself: a bucket stays when only its policy goes.
    """

    kind: str
    name: str
    address: str
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    is_new: bool = False
    is_gone: bool = False

    @property
    def is_identity(self) -> bool:
        return self.kind in (*IDENTITIES.values(), "managed policy")

    @property
    def title(self) -> str:
        return f"{self.kind} `{self.name}`"


def holders(plan: Plan) -> list[Holder]:
    """Return everything in the plan that holds a policy, changed or not, in the order of the plan."""
    return _Reader(plan).read()


def own_account(plan: Plan) -> str | None:
    """Return the account that the plan is for, None when the plan does not tell.

    AWS's own answer if the configuration asked for it; else the account that variables, outputs and ARNs of
    resources name most. What policies name does not count: they are what is judged by it.
    """
    state = plan.raw.get("prior_state", {}).get("values", {})
    for resource in state.get("root_module", {}).get("resources", []):
        if resource.get("type") == "aws_caller_identity":
            return str(resource["values"]["account_id"])
    states = (state for change in plan.changes for state in (change.before, change.after))
    known = [value for state in states for value in state.values() if str(value).startswith("arn:")]
    text = json.dumps([known, dict(plan.variables), dict(plan.outputs)], default=str)
    found = Counter(re.findall(r"arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):", text))
    return found.most_common(1)[0][0] if found else None


class _Reader:
    """Goes over a plan once for each side, and keeps the holders by their address."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.found: dict[str, Holder] = {}
        self.by_module: dict[tuple[str, str], list[Change]] = {}
        for change in plan.of_type(*IDENTITIES):
            self.by_module.setdefault((change.module, change.type), []).append(change)

    def read(self) -> list[Holder]:
        for change in self.plan.changes:
            if change.action == "forget":  # it stays as it is, and nobody here looks after it
                continue
            for is_after, values in ((False, change.before), (True, change.after)):
                if values:
                    self._read(change, values, is_after)
        return list(self.found.values())

    def _read(self, change: Change, values: Mapping[str, Any], is_after: bool) -> None:
        if change.type in IDENTITIES:
            self._identity(change, values, self._side(self._of(change), is_after))
        elif change.type in INLINE:
            holder = self._named(change, values, INLINE[change.type], is_after)
            name = str(values.get("name") or change.name)
            document = _document(name, change, "policy", values.get("policy"))
            self._side(holder, is_after).policies.append(document)
        elif change.type in ATTACHED:
            holder = self._named(change, values, ATTACHED[change.type], is_after)
            self._side(holder, is_after).managed.add(str(values.get("policy_arn")))
        elif change.type in OWN:
            self._own(change, values, is_after)
        elif change.type == PERMISSION:
            function = str(values.get("function_name"))
            holder = self._guarded(change, "function", function, "aws_lambda_function")
            self._side(holder, is_after).policies.append(_permission(change, values))

    def _identity(self, change: Change, values: Mapping[str, Any], side: Side) -> None:
        trust = values.get("assume_role_policy")
        if trust:
            side.trust.append(_document("trust", change, "assume_role_policy", trust))
        side.boundary = str(values.get("permissions_boundary") or "")
        spoken_for = self._spoken_for(values)
        for policy in _listed(values.get("inline_policy")):
            if policy.get("policy") and str(policy.get("name")) not in spoken_for:
                document = _document(str(policy.get("name")), change, "inline_policy", policy["policy"])
                side.policies.append(document)
        side.managed |= {arn for arn in _texts(values.get("managed_policy_arns")) if arn not in spoken_for}

    def _spoken_for(self, values: Mapping[str, Any]) -> set[str]:
        """Return names and ARNs of a role's policies that have a resource of their own, on either side."""
        name = values.get("name")
        return {
            str(state.get("name" if change.type in INLINE else "policy_arn"))
            for change in self.plan.of_type(*INLINE, *ATTACHED)
            for state in (change.before, change.after)
            if name in (state.get("role"), state.get("user"), state.get("group"))
        }

    def _own(self, change: Change, values: Mapping[str, Any], is_after: bool) -> None:
        where = OWN[change.type]
        policy = values.get(where.attribute)
        may_be_unset = policy == UNKNOWN and change.type in FILLED_IN
        if not policy or (may_be_unset and not is_configured(self.plan, change, where.attribute)):
            return
        name = next((str(values[key]) for key in where.names if values.get(key)), change.name)
        holder = self._guarded(change, where.kind, name, where.owner)
        document = _document("policy", change, where.attribute, policy)
        self._side(holder, is_after).policies.append(document)

    def _guarded(self, change: Change, kind: str, name: str, owner_type: str) -> Holder:
        """Return the holder of a resource's policy: as new, and as gone, as what the policy guards."""
        holder = self._thing(change, kind, name)
        if owner_type:
            owner = self._owner(owner_type, name)
            is_elsewhere = owner is None and name != UNKNOWN  # another root made it, or somebody by hand
            holder.is_new = (owner or change).action == "create" and not is_elsewhere
            holder.is_gone = owner is not None and owner.action == "delete"
        return holder

    def _owner(self, kind: str, name: str) -> Change | None:
        if name == UNKNOWN:
            return None
        for change in self.plan.of_type(kind):
            for state in (change.before, change.after):
                if any(state.get(key) == name for key in OWNER_NAMES):
                    return change
        return None

    def _named(self, change: Change, values: Mapping[str, Any], kind: str, is_after: bool) -> Holder:
        """Return the identity that a policy names; where the name is not known, the one of its module."""
        name = str(values.get(kind))
        type_ = f"aws_iam_{kind}"
        for other in self.plan.of_type(type_):
            if (other.after if is_after else other.before).get("name") == name:
                return self._of(other)
        neighbours = self.by_module.get((change.module, type_), [])
        if name == UNKNOWN and len(neighbours) == 1:
            return self._of(neighbours[0])
        address = change.address if name == UNKNOWN else f"{kind} {name}"
        return self.found.setdefault(address, Holder(kind, name, change.address))

    def _of(self, change: Change) -> Holder:
        return self._thing(
            change, IDENTITIES[change.type], str(change.after.get("name") or change.before.get("name"))
        )

    def _thing(self, change: Change, kind: str, name: str) -> Holder:
        if change.address not in self.found:
            shown = change.name if name == UNKNOWN else name
            new = Holder(kind, shown, change.address)
            new.is_new, new.is_gone = change.action == "create", change.action == "delete"
            self.found[change.address] = new
        return self.found[change.address]

    @staticmethod
    def _side(holder: Holder, is_after: bool) -> Side:
        return holder.after if is_after else holder.before


def is_sensitive(change: Change, attribute: str) -> bool:
    """Say whether an attribute is marked sensitive before or after, so that it must not be shown."""
    marks = (change.before_sensitive, change.after_sensitive)
    return any(_is_marked(mark.get(attribute) if isinstance(mark, Mapping) else mark) for mark in marks)


def _is_marked(mark: Any) -> bool:
    """A mark has the structure of its value; only a true in it says that something is sensitive."""
    if isinstance(mark, Mapping):
        return any(_is_marked(inner) for inner in mark.values())
    if isinstance(mark, list):
        return any(_is_marked(inner) for inner in mark)
    return mark is True


def is_configured(plan: Plan, change: Change, attribute: str) -> bool:
    """Say whether the configuration sets an attribute of a resource, as far as the plan holds it."""
    module = plan.raw.get("configuration", {}).get("root_module", {})
    for name in re.findall(r"module\.([\w-]+)", re.sub(r"\[[^\]]*\]", "", change.module)):
        module = module.get("module_calls", {}).get(name, {}).get("module", {})
    return any(
        resource.get("type") == change.type
        and resource.get("name") == change.name
        and attribute in resource.get("expressions", {})
        for resource in module.get("resources", [])
    )


def _document(name: str, change: Change, attribute: str, policy: Any) -> Document:
    is_kept = change.before.get(attribute) == change.after.get(attribute)
    if is_sensitive(change, attribute):
        return Document(name, change.address, trouble="marked sensitive", is_kept=is_kept)
    if policy == UNKNOWN or not isinstance(policy, str):
        return Document(name, change.address, trouble="known after apply", is_kept=is_kept)
    try:
        return Document(name, change.address, grants(policy), is_kept=is_kept)
    except (ValueError, AttributeError):
        return Document(name, change.address, trouble="not a policy that can be read", is_kept=is_kept)


def _permission(change: Change, values: Mapping[str, Any]) -> Document:
    """Return what aws_lambda_permission adds to a function's policy, as AWS writes it there."""
    conditions = {
        "ArnLike": {"aws:SourceArn": values.get("source_arn")},
        "StringEquals": {
            "aws:SourceAccount": values.get("source_account"),
            "aws:PrincipalOrgID": values.get("principal_org_id"),
        },
    }
    stated = {
        operator: {key: value for key, value in keys.items() if value}
        for operator, keys in conditions.items()
    }
    principal = str(values.get("principal"))
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal} if re.match(r"\d{12}$|arn:", principal) else principal,
        "Action": values.get("action"),
        "Resource": values.get("function_name"),
        "Condition": stated,
    }
    return Document("permission", change.address, grants({"Statement": [statement]}))


def _listed(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (entry for entry in (value if isinstance(value, list) else []) if isinstance(entry, Mapping))


def _texts(value: Any) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []
