"""Policy documents, read once: statements that say of a request whether they apply to it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from . import conditions
from .conditions import Condition, Context, UnevaluableError, listed
from .patterns import Lookup, MissingValue, matches_action, matches_arn

# How a resource's policy names a caller, from the narrowest to the widest. What is granted to an account is
# for the account's own policies to give on.
SESSION, ROLE, ANYONE, ACCOUNT = "session", "role", "anyone", "account"


@dataclass(frozen=True)
class Caller:
    """Who asks: a role's session, or a service (`arn` is its name then, such as events.amazonaws.com)."""

    arn: str
    account_id: str = ""
    role_arn: str = ""

    @property
    def is_service(self) -> bool:
        return not self.role_arn


@dataclass(frozen=True)
class Request:
    caller: Caller
    action: str
    resource: str  # an ARN, or "*" for an action that knows none
    context: Context = field(default_factory=Context)


@dataclass(frozen=True)
class Statement:
    """One statement. `name` is its Sid, or its place in the document where it has none."""

    policy: str
    name: str
    denies: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: frozenset[tuple[str, str]] | None  # (kind, who); None in a role's own policies
    conditions: tuple[Condition, ...]
    not_actions: bool = False
    not_resources: bool = False
    not_principals: bool = False

    def grade(self, request: Request) -> str | None:
        """How the statement names the caller, None when it does not, or does not apply to the request.

        In a role's own policies it is the role. Raises UnevaluableError, only where all but the conditions
        applies.
        """
        grade = ROLE if self.principals is None else self._names(request.caller)
        if grade is None or self.used(request.action) is None:
            return None
        try:
            lookup = _context_of(request)
            if (
                any(matches_arn(each, request.resource, lookup) for each in self.resources)
                == self.not_resources
            ):
                return None
            return grade if all(each.holds(request.context) for each in self.conditions) else None
        except MissingValue:
            return None

    def used(self, action: str) -> str | None:
        """The entry of Action that the action comes under."""
        found = next((each for each in self.actions if matches_action(each, action)), None)
        if self.not_actions:
            return None if found else "NotAction"
        return found

    def _names(self, caller: Caller) -> str | None:
        assert self.principals is not None
        if self.not_principals:
            # Who is to be left out has to be named in full: account, role and session.
            own = [self._graded(caller, each) for each in self.principals]
            return None if {SESSION, ROLE, ACCOUNT} <= set(own) or ANYONE in own else ANYONE
        found = {grade for each in self.principals if (grade := self._graded(caller, each))}
        return next((each for each in (SESSION, ROLE, ANYONE, ACCOUNT) if each in found), None)

    def _graded(self, caller: Caller, principal: tuple[str, str]) -> str | None:
        kind, who = principal
        if kind == "*" or (kind == "AWS" and who == "*"):
            return ANYONE
        if caller.is_service:
            return SESSION if kind == "Service" and who in ("*", caller.arn) else None
        if kind != "AWS":
            return None
        accounts = (caller.account_id, f"arn:aws:iam::{caller.account_id}:root")
        return {caller.arn: SESSION, caller.role_arn: ROLE, **dict.fromkeys(accounts, ACCOUNT)}.get(who)


Policy = tuple[Statement, ...]


@lru_cache(maxsize=4096)
def read(name: str, document: str) -> Policy:
    """A document's statements; none for an empty one. ValueError for what is no policy."""
    if not document:
        return ()
    declared = json.loads(document)
    if not isinstance(declared, dict):
        raise ValueError(f"the policy {name} is no JSON object")
    statements = enumerate(listed(declared.get("Statement")))
    return tuple(_statement(name, number, each) for number, each in statements)


def _statement(policy: str, number: int, declared: dict[str, Any]) -> Statement:
    principals = declared.get("Principal", declared.get("NotPrincipal"))
    return Statement(
        policy=policy,
        name=declared.get("Sid") or f"statement {number + 1}",
        denies=declared["Effect"] == "Deny",
        actions=tuple(listed(declared.get("Action", declared.get("NotAction")))),
        # A trust policy has no Resource: it is the role's own.
        resources=tuple(listed(declared.get("Resource", declared.get("NotResource", "*")))),
        principals=None if principals is None else _principals(principals),
        conditions=conditions.read(declared.get("Condition") or {}),
        not_actions="NotAction" in declared,
        not_resources="NotResource" in declared,
        not_principals="NotPrincipal" in declared,
    )


def _principals(declared: Any) -> frozenset[tuple[str, str]]:
    if not isinstance(declared, dict):
        return frozenset({("*", "*")})
    return frozenset((kind, who) for kind, named in declared.items() for who in listed(named))


def _context_of(request: Request) -> Lookup:
    def lookup(key: str) -> str | None:
        try:
            return request.context.one(key)
        except UnevaluableError:
            raise UnevaluableError(f"local AWS cannot fill in the policy variable {key}") from None

    return lookup
