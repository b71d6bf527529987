"""Every call is checked before moto sees it: what a role's session asks, and what services do as a role.

The account's own static keys, with which a person, a script or Terraform works, may do everything. So may who
does not sign: moto itself looks after public objects.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ..targets import Sender
from . import actions, implied, operations, services, subjects, usage
from .conditions import Context
from .evaluation import Decision, Policies, decide
from .implied import Call
from .operations import Operation, UnderivableError
from .policies import Caller, Request, read
from .subjects import Session

Keys = Mapping[str, tuple[str, ...]]

# AWS's global keys that no call here has: there is no organization, no network of its own, no second factor
_ABSENT = frozenset(
    f"aws:{key}"
    for key in (
        *("calledvia", "calledviafirst", "calledvialast", "federatedprovider", "multifactorauthage"),
        *("multifactorauthpresent", "principalorgid", "principalorgpaths", "principalservicename"),
        *("principalservicenameslist", "referer", "resourceorgid", "resourceorgpaths", "sourceaccount"),
        *("sourcearn", "sourceidentity", "sourceorgid", "sourceorgpaths", "sourceowner", "sourcevpc"),
        *("sourcevpcarn", "sourcevpce", "username", "vpcsourceip"),
    )
)
_FREE = frozenset({"sts:GetCallerIdentity"})  # needs no permission
_EVERYTHING = read("the account's own", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')


class RefusedError(Exception):
    """A call that AWS would refuse: its error code, HTTP status and message."""

    def __init__(self, code: str, message: str, status: str = "403 Forbidden") -> None:
        super().__init__(message)
        self.code, self.status = code, status


_enforced, _account_id = False, ""


def enforce(account_id: str) -> None:
    """From now on."""
    global _enforced, _account_id
    _enforced, _account_id = True, account_id


def check(environ: dict[str, Any]) -> None:
    """Raise RefusedError unless the request's caller may do what it asks."""
    signed = operations.signature(environ) if _enforced else None
    if signed is None:
        return
    account_id = _account_id
    if not signed.session_token:
        if _gives_a_role(environ, signed.service):
            _check_trust(operations.read(environ, signed), account_id, None)
        return
    session = subjects.session_of(signed.access_key_id, account_id)
    if session is None:
        code = "InvalidToken" if signed.service == "s3" else "InvalidClientTokenId"
        raise RefusedError(code, "The security token included in the request is invalid.")
    try:
        operation = operations.read(environ, signed)
        _check_session(operation, session)
    except UnderivableError as error:
        raise RefusedError(
            _code(signed.service, environ), f"{session.caller.arn} is denied: {error}"
        ) from error
    except _DeniedError as denied:
        raise RefusedError(_code(signed.service, environ), str(denied)) from denied
    _check_trust(operation, account_id, session)


def as_role(
    role_arn: str, session_name: str, action: str, resource: str, keys: Keys | None = None
) -> str | None:
    """Why a service may not do something as a role it has assumed, None when it may."""
    if not _enforced:
        return None
    session = Session(role_arn, session_name)
    try:
        for call in (Call(action, resource, keys or {}), *_of_target(action, resource)):
            _require(session, call, None, _region(resource))
    except _DeniedError as denied:
        return str(denied)
    return None


def as_service(service: str, action: str, resource: str, source_arn: str) -> str | None:
    """Why a service may not do something on its own behalf, None when the resource's policy lets it, and its
    key's.

    `service` such as events.amazonaws.com; `source_arn` of what makes it do so.
    """
    for call in (Call(action, resource, {}), *_of_target(action, resource)) if _enforced else ():
        request = _of_service(service, call, source_arn)
        decision = decide(request, subjects.applying(None, call.action, call.resource))
        if not decision.allowed:
            return decision.message(request)
    return None


def refusal(sender: Sender, action: str, resource: str) -> str | None:
    """Why an event, an alarm's action or a function's outcome may not be delivered, None when it may."""
    if action == "logs:PutLogEvents":
        resource = f"{resource.removesuffix(':*')}:log-stream:{sender.source_arn.rpartition('/')[2]}"
    if not sender.role_arn:
        return as_service(sender.service, action, resource, sender.source_arn)
    if not trusts(sender.role_arn, sender.service, sender.source_arn):
        return f"{sender.service} may not assume the role {sender.role_arn} for {sender.source_arn}"
    return as_role(sender.role_arn, sender.source_arn.rpartition("/")[2][:64], action, resource)


def trusts(role_arn: str, service: str, source_arn: str) -> bool:
    """Whether the role's trust policy lets a service assume it, for what is at `source_arn`."""
    if not _enforced:
        return True
    request = _of_service(service, Call("sts:AssumeRole", role_arn, {}), source_arn)
    return decide(request, subjects.applying(None, request.action, role_arn)).allowed


class _DeniedError(Exception):
    pass


def _check_session(operation: Operation, session: Session) -> None:
    action = actions.action_of(operation)
    if action in _FREE:
        return
    resources = actions.resources_of(action, operation, session.account_id)
    own = actions.keys_of(action, operation)
    calls = [Call(action, resource, own) for resource in resources]
    calls += implied.of_operation(operation, resources, session.account_id)
    for call in calls:
        # What is implied has its own keys, not those of the operation's parameters.
        _require(session, call, operation if call.action == action else None, operation.region)


def _require(session: Session, call: Call, operation: Operation | None, region: str) -> None:
    decision = _decide(session, call, operation, region)
    if not decision.allowed:
        raise _DeniedError(decision.message(Request(session.caller, call.action, call.resource)))


def _decide(session: Session, call: Call, operation: Operation | None, region: str) -> Decision:
    def knows(key: str) -> bool:
        if key.startswith("aws:"):
            return key in _ABSENT or key.startswith("aws:principaltag/")
        if key.startswith("kms:"):
            return key in ("kms:viaservice", "kms:grantisforawsresource") or key.startswith(
                "kms:encryptioncontext"
            )
        if operation is None and key in ("s3:prefix", "s3:delimiter", "s3:max-keys"):
            return True  # nothing is listed, it is only asked whether it could be
        return actions.is_absent(key, call.action, operation)

    values = {**_globals(session, region), **call.keys}
    request = Request(session.caller, call.action, call.resource, Context(values, knows))
    policies = subjects.applying(session, call.action, call.resource)
    decision = decide(request, policies)
    usage.record(request, decision, policies)
    return decision


def _globals(session: Session, region: str) -> dict[str, tuple[str, ...]]:
    """A local call counts as encrypted although it is plain HTTP: it never leaves this machine."""
    now = time.time()
    role = subjects.role(session.role_arn)
    tags = {f"aws:principaltag/{key}".lower(): (tag["Value"],) for key, tag in _tags(role).items()}
    return {
        "aws:currenttime": (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),),
        "aws:epochtime": (str(int(now)),),
        "aws:principalaccount": (session.account_id,),
        "aws:principalarn": (session.role_arn,),
        "aws:principalisawsservice": ("false",),
        "aws:principaltype": ("AssumedRole",),
        "aws:requestedregion": (region,),
        "aws:resourceaccount": (session.account_id,),
        "aws:securetransport": ("true",),
        "aws:sourceip": ("127.0.0.1",),
        "aws:userid": (f"{getattr(role, 'id', '')}:{session.name}",),
        "aws:viaawsservice": ("false",),
        **tags,
    }


def _tags(role: Any) -> dict[str, dict[str, str]]:
    tags = getattr(role, "tags", None) or {}
    return tags if isinstance(tags, dict) else {each["Key"]: each for each in tags}


def _region(arn: str) -> str:
    """The region in an ARN, empty where there is none."""
    return arn.split(":")[3] if arn.count(":") >= 5 else ""


def _of_target(action: str, resource: str) -> list[Call]:
    """The keys of a queue or a topic that is delivered to."""
    if action == "sqs:SendMessage":
        return implied.of_queue(resource, sends=True)
    return implied.of_topic(resource) if action == "sns:Publish" else []


def _of_service(service: str, call: Call, source_arn: str) -> Request:
    values = {
        "aws:securetransport": ("true",),
        "aws:principalisawsservice": ("true",),
        "aws:sourcearn": (source_arn,),
        "aws:sourceaccount": (source_arn.split(":")[4],),
        # A topic's own policy lets its account's alarms publish, by a key that others do not have.
        **({"aws:sourceowner": (source_arn.split(":")[4],)} if service == "cloudwatch.amazonaws.com" else {}),
        **call.keys,
    }
    known = Context(values, lambda key: key in _ABSENT or key.startswith("kms:"))
    return Request(Caller(service), call.action, call.resource, known)


def _gives_a_role(environ: dict[str, Any], service: str) -> bool:
    """Whether the account's own call names a role, which the service then has to be able to assume."""
    if environ["REQUEST_METHOD"] not in ("POST", "PUT"):
        return False
    if service == "sts":
        return b"Action=AssumeRole&" in environ["wsgi.input"].getvalue()
    return (
        operations.sdk_name(service) in implied.PRINCIPALS and b":role/" in environ["wsgi.input"].getvalue()
    )


def _check_trust(operation: Operation, account_id: str, session: Session | None) -> None:
    if operation.service == "sts":
        if session is None:
            _check_own_assumption(str(operation.parameters.get("RoleArn")))
        return
    for role_arn in implied.passed_roles(operation):
        action = actions.action_of(operation)
        source_arn = actions.resources_of(action, operation, account_id)[0]
        principal = implied.PRINCIPALS[operation.service]
        if not trusts(role_arn, principal, source_arn):
            code, message = services.UNTRUSTED[operation.service]
            raise RefusedError(code, message.format(role=role_arn, principal=principal), "400 Bad Request")
        for need in services.needs(operation):
            denials = [
                as_role(role_arn, operation.service, each.action, each.resource) for each in need.calls
            ]
            if any(denials):
                told = f"{need.message.format(role=role_arn)} ({next(filter(None, denials))})"
                raise RefusedError(need.code, told, "400 Bad Request")


def by_resource(action: str, resource: str) -> bool | None:
    """What a resource's policy says to the account's own keys and to who does not sign: true and false if it
    allows and denies, None if it says nothing."""
    policies = Policies(resource=subjects.resource_policy(resource))
    decision = decide(_of_account(action, resource), policies)
    return True if decision.allowed else False if decision.explicit else None


def _check_own_assumption(role_arn: str) -> None:
    """The account's administrator too may assume only a role that trusts the account."""
    request = _of_account("sts:AssumeRole", role_arn)
    policies = Policies([_EVERYTHING], resource=subjects.resource_policy(role_arn), resource_decides=True)
    decision = decide(request, policies)
    if not decision.allowed:
        raise RefusedError("AccessDenied", decision.message(request))


def _of_account(action: str, resource: str) -> Request:
    root = f"arn:aws:iam::{_account_id}:root"
    values = {"aws:principalaccount": (_account_id,), "aws:securetransport": ("true",)}
    context = Context(values, lambda key: key in _ABSENT)
    return Request(Caller(root, _account_id, root), action, resource, context)


def _code(service: str, environ: dict[str, Any]) -> str:
    """What a denial is called in the protocol the client speaks."""
    if service == "sns":
        return "AuthorizationError"
    is_query = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    return "AccessDenied" if service == "s3" or is_query else "AccessDeniedException"
