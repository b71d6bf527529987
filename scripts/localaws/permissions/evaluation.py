"""Whether a request is allowed: AWS's evaluation of one account's policies, as a pure function.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

A Deny in any policy decides. Else the role's own policies or the resource's have to allow; a permissions
boundary and a session's policy limit both, except for what the resource's policy grants to the very session.
A key's policy and a role's trust policy have to allow in any case, if only to the account. Not real: service
and resource control policies of an organization, other accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .conditions import UnevaluableError
from .policies import ACCOUNT, ANYONE, ROLE, SESSION, Policy, Request, Statement

IDENTITY, BOUNDARY, SESSION_POLICY, RESOURCE = (
    "identity-based policy",
    "permissions boundary",
    "session policy",
    "resource-based policy",
)


@dataclass(frozen=True)
class Policies:
    """Everything that has a say. None stands for a kind of policy that there is none of."""

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    resource: Policy | None = None
    resource_decides: bool = False  # a key's and a trust policy: without it nobody may


@dataclass(frozen=True)
class Decision:
    """`why` is empty for an allowed request, else AWS's words from "because" or "with" on."""

    allowed: bool
    why: str = ""
    explicit: bool = False
    statements: tuple[Statement, ...] = ()  # of the role's own policies that allow, or the one that denies

    def message(self, request: Request) -> str:
        """As AWS words a denial."""
        who, action, resource = request.caller.arn, request.action, request.resource
        return f"User: {who} is not authorized to perform: {action} on resource: {resource} {self.why}"


@dataclass
class _Found:
    """What one kind of policy says of a request."""

    denying: Statement | None
    allowing: dict[str, list[Statement]]  # by how the caller is named
    doubt: str  # why a statement that would allow could not be evaluated

    @property
    def allows(self) -> bool:
        return bool(self.allowing)


def decide(request: Request, policies: Policies) -> Decision:
    kinds: dict[str, Iterable[Policy]] = {IDENTITY: policies.identity}
    kinds |= {RESOURCE: [policies.resource]} if policies.resource is not None else {}
    kinds |= {BOUNDARY: [policies.boundary]} if policies.boundary is not None else {}
    kinds |= {SESSION_POLICY: [policies.session]} if policies.session is not None else {}
    found = {kind: _look(request, documents) for kind, documents in kinds.items()}
    for kind, one in found.items():
        if one.denying:
            doubt = f" ({one.doubt})" if one.doubt else ""
            article = "an" if kind == IDENTITY else "a"
            return Decision(False, f"with an explicit deny in {article} {kind}{doubt}", True, (one.denying,))
    own, granted = found[IDENTITY], found.get(RESOURCE, _Found(None, {}, "")).allowing
    if SESSION in granted or ANYONE in granted:
        return Decision(True, statements=_all(own))
    if policies.resource_decides and not granted:
        return _refused(request, found, RESOURCE)
    if request.caller.is_service:
        return _refused(request, found, RESOURCE)
    if not own.allows and ROLE not in granted:
        return _refused(request, found, IDENTITY)
    for kind in (BOUNDARY, SESSION_POLICY):
        if kind in found and not found[kind].allows:
            return _refused(request, found, kind)
    return Decision(True, statements=_all(own))


def _look(request: Request, documents: Iterable[Policy]) -> _Found:
    found = _Found(None, {}, "")
    for statement in (each for document in documents for each in document):
        try:
            grade = statement.grade(request)
        except UnevaluableError as error:
            found.doubt = f"{error}, in {statement.policy}/{statement.name}"
            if not statement.denies:
                continue
            grade = ACCOUNT
        if grade and statement.denies:
            found.denying = statement
            return found
        if grade:
            found.allowing.setdefault(grade, []).append(statement)
    return found


def _refused(request: Request, found: dict[str, _Found], kind: str) -> Decision:
    doubts = "; ".join(each.doubt for each in found.values() if each.doubt)
    because = f"because no {kind} allows the {request.action} action"
    return Decision(False, f"{because} ({doubts})" if doubts else because)


def _all(found: _Found) -> tuple[Statement, ...]:
    return tuple(statement for each in found.allowing.values() for statement in each)
