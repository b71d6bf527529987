"""What moto knows that decides about a call: sessions, roles and their policies, resources and theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from .evaluation import Policies
from .policies import Caller, Policy, read


class Session(NamedTuple):
    """An assumed role's session; `policy` is the document that was given with AssumeRole, or empty."""

    role_arn: str
    name: str
    policy: str = ""

    @property
    def account_id(self) -> str:
        return self.role_arn.split(":")[4]

    @property
    def caller(self) -> Caller:
        role_name = self.role_arn.rpartition("/")[2]
        arn = f"arn:aws:sts::{self.account_id}:assumed-role/{role_name}/{self.name}"
        return Caller(arn, self.account_id, self.role_arn)


_sessions: dict[str, Session] = {}  # by access key; moto looks through a list
_roles: dict[str, Any] = {}


def session_of(access_key_id: str, account_id: str) -> Session | None:
    """The session that the key was made for; None for a key that is of none."""
    from moto.sts.models import sts_backends

    if access_key_id not in _sessions:
        assumed = sts_backends[account_id]["aws"].get_assumed_role_from_access_key(access_key_id)
        if assumed is None:
            return None
        _sessions[access_key_id] = Session(assumed.role_arn, assumed.session_name, assumed.policy or "")
    return _sessions[access_key_id]


def role(role_arn: str) -> Any:
    """moto's role, None when there is none (any more)."""
    from moto.iam.models import iam_backends

    account_id = role_arn.split(":")[4]
    roles = iam_backends[account_id]["aws"].roles
    known = _roles.get(role_arn)
    if known is None or roles.get(known.id) is not known:
        known = next((each for each in list(roles.values()) if each.arn == role_arn), None)
        _roles[role_arn] = known
    return known


def roles(account_id: str) -> list[Any]:
    from moto.iam.models import iam_backends

    return list(iam_backends[account_id]["aws"].roles.values())


def policies_of(found: Any) -> tuple[list[Policy], Policy | None]:
    """A role's own policies, inline and attached, and its boundary; read once a version."""
    own = [read(name, document) for name, document in list(found.policies.items())]
    own += [_managed(policy) for policy in list(found.managed_policies.values())]
    if not found.permissions_boundary_arn:
        return own, None
    from moto.iam.models import iam_backends

    boundary = iam_backends[found.account_id]["aws"].managed_policies.get(found.permissions_boundary_arn)
    return own, _managed(boundary) if boundary else ()


def applying(session: Session | None, action: str, resource: str) -> Policies:
    """Everything that has a say when the session, or a service, asks."""
    found = role(session.role_arn) if session else None
    identity, boundary = policies_of(found) if found else ([], None)
    return Policies(
        identity=identity,
        boundary=boundary,
        session=read("session policy", session.policy) if session and session.policy else None,
        resource=resource_policy(resource),
        resource_decides=action.startswith("kms:") or action.startswith("sts:AssumeRole"),
    )


def resource_policy(arn: str) -> Policy | None:
    """The policy that is attached to a resource; None where there is none, or no resource."""
    if arn.count(":") < 5:
        return None
    find = _RESOURCES.get(arn.split(":")[2])
    document = find(*arn.split(":", 5)[3:]) if find else None
    return read("resource", document) if document is not None else None


def kms_key(key_id: str, region: str, account_id: str) -> Any:
    """moto's key by its id, ARN or alias; None for one that is AWS's own or not there."""
    from moto.kms.models import kms_backends

    backend = kms_backends[account_id][region]
    name = backend.get_key_id(backend.get_alias_name(key_id))
    if name.startswith("alias/"):
        return next((each for each in list(backend.keys.values()) if name in each.aliases), None)
    return backend.keys.get(name)


def bucket(name: str, account_id: str) -> Any:
    from moto.s3.models import s3_backends

    return s3_backends[account_id]["aws"].buckets.get(name)


def is_missing(bucket_name: str, key: str, account_id: str) -> bool:
    """Whether a bucket that is there has no such object (any more)."""
    from moto.s3.models import FakeDeleteMarker

    found = bucket(bucket_name, account_id)
    return found is not None and isinstance(found.keys.get(key), FakeDeleteMarker | None)


def queue(arn: str) -> Any:
    from moto.sqs.models import sqs_backends

    _, _, _, region, account_id, name = arn.split(":", 5)
    return sqs_backends[account_id][region].queues.get(name)


def topic(arn: str) -> Any:
    from moto.sns.models import sns_backends

    _, _, _, region, account_id, _ = arn.split(":", 5)
    return sns_backends[account_id][region].topics.get(arn)


def _managed(policy: Any) -> Policy:
    document = next((each.document for each in policy.versions if each.is_default), "")
    return read(policy.name, document)


def _bucket_policy(_region: str, _account: str, rest: str) -> str | None:
    from moto.s3.models import s3_backends

    name = rest.partition("/")[0]
    found = next(
        (each for all_of in list(s3_backends.values()) if (each := all_of["aws"].buckets.get(name))), None
    )
    return found.policy.decode() if found is not None and found.policy else None


def _queue_policy(region: str, account_id: str, name: str) -> str | None:
    found = queue(f"arn:aws:sqs:{region}:{account_id}:{name}")
    return found.policy if found is not None else None


def _topic_policy(region: str, account_id: str, name: str) -> str | None:
    found = topic(f"arn:aws:sns:{region}:{account_id}:{name}")
    return found.policy if found is not None else None


def _function_policy(region: str, account_id: str, name: str) -> str | None:
    from moto.awslambda.models import lambda_backends

    found = lambda_backends[account_id][region]._lambdas._functions.get(name.split(":")[1])
    return json.dumps({"Statement": found["latest"].policy.statements}) if found else None


def _key_policy(region: str, account_id: str, rest: str) -> str | None:
    found = kms_key(rest.removeprefix("key/"), region, account_id)
    return found.policy if found is not None else None


def _log_policies(region: str, account_id: str, _rest: str) -> str:
    """One document: log groups share all of the region's policies."""
    from moto.logs.models import logs_backends

    documents = [
        each.policy_document for each in logs_backends[account_id][region].resource_policies.values()
    ]
    statements = [json.loads(document)["Statement"] for document in documents]
    return json.dumps(
        {"Statement": [one for each in statements for one in (each if isinstance(each, list) else [each])]}
    )


def _trust(_region: str, account_id: str, rest: str) -> str | None:
    found = role(f"arn:aws:iam::{account_id}:{rest}") if rest.startswith("role/") else None
    return found.assume_role_policy_document if found else None


_RESOURCES: dict[str, Callable[[str, str, str], str | None]] = {
    "s3": _bucket_policy,
    "sqs": _queue_policy,
    "sns": _topic_policy,
    "lambda": _function_policy,
    "kms": _key_policy,
    "logs": _log_policies,
    "iam": _trust,
}
