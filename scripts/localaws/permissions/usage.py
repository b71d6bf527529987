"""What each role was seen to do, and what of its permissions that leaves over.

One call of each kind is kept: the first with the same role, action, deciding statements and outcome. That is
enough to say what is used, and to decide it again without one statement or another.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from . import subjects
from .evaluation import Decision, Policies, decide
from .policies import Policy, Request, Statement


@dataclass
class Seen:
    """A kind of call, its first example, and how often it came."""

    request: Request
    decision: Decision
    policies: Policies
    count: int = 0


_seen: dict[tuple[Any, ...], Seen] = {}
_lock = threading.Lock()


def record(request: Request, decision: Decision, policies: Policies) -> None:
    statements = tuple((each.policy, each.name) for each in decision.statements)
    kind = (request.caller.role_arn, request.action, statements, decision.allowed)
    with _lock:
        _seen.setdefault(kind, Seen(request, decision, policies)).count += 1


def report(account_id: str) -> dict[str, Any]:
    """By role: used, unused, denied, and for each statement the call that would be denied without it.

    {role: {"used": [{"action", "resource", "count"}], "denied": [{…, "why"}],
            "unused": [{"statement": "policy/Sid", "action"}],
            "statements": {"policy/Sid": {"action", "resource"} or None where no call needs it}}}
    """
    with _lock:
        seen = list(_seen.values())
    found = {}
    for role in subjects.roles(account_id):
        own = [each for each in seen if each.request.caller.role_arn == role.arn]
        policies, _ = subjects.policies_of(role)
        found[role.name] = _of_role(policies, own)
    return found


def _of_role(policies: list[Policy], seen: list[Seen]) -> dict[str, Any]:
    allowed = [each for each in seen if each.decision.allowed]
    statements = [each for policy in policies for each in policy]
    granting = [each for each in statements if not each.denies]
    return {
        "used": sorted(
            (_told(each) for each in allowed), key=lambda told: (told["action"], told["resource"])
        ),
        "denied": [_told(each) | {"why": each.decision.why} for each in seen if not each.decision.allowed],
        "unused": [
            {"statement": f"{each.policy}/{each.name}", "action": action}
            for each in granting
            for action in each.actions
            if not any(_uses(call, each, action) for call in allowed)
        ],
        "statements": {
            f"{each.policy}/{each.name}": _first(call for call in seen if _changes(call, policies, each))
            for each in statements
        },
    }


def _told(seen: Seen) -> dict[str, Any]:
    return {"action": seen.request.action, "resource": seen.request.resource, "count": seen.count}


def _first(calls: Any) -> dict[str, Any] | None:
    found = next(calls, None)
    return None if found is None else _told(found)


def _uses(seen: Seen, statement: Statement, action: str) -> bool:
    named = any(
        (each.policy, each.name) == (statement.policy, statement.name) for each in seen.decision.statements
    )
    return named and statement.used(seen.request.action) == action


def _changes(seen: Seen, policies: list[Policy], without: Statement) -> bool:
    """Whether the call ends otherwise when the statement is not there."""
    left = [tuple(each for each in policy if each is not without) for policy in policies]
    others = seen.policies
    again = Policies(left, others.boundary, others.session, others.resource, others.resource_decides)
    return decide(seen.request, again).allowed != seen.decision.allowed
