"""AWS policies as sets of grants, so that two documents can be compared by what they say.

A grant is the smallest thing that a statement says: one principal, one action, one resource, one condition.
Order, Sids, a string instead of a list of one, and how statements are cut make no difference to the set.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

# What NotAction, NotResource and NotPrincipal become: one grant for everything else.
ALL_BUT = "all but "
ACCOUNT = re.compile(r"^(?:arn:[\w-]+:(?:iam|sts)::)?(\d{12})(?::|$)")

Condition = tuple[tuple[str, str, tuple[str, ...]], ...]  # operator, key, values; sorted


@dataclass(frozen=True, order=True)
class Grant:
    """One principal may, or may not, do one action on one resource, if the condition holds.

    `action` is in small letters, as AWS compares it, and `spelled` is how the document wrote it. An empty
    principal is whoever holds the policy; an empty resource is what the policy is attached to.
    """

    effect: str
    principal: str
    action: str
    resource: str
    condition: Condition = ()
    spelled: str = field(default="", compare=False)


@dataclass(frozen=True)
class Statement:
    """Grants put together again: every principal may do every action on every resource."""

    effect: str
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition


def grants(document: str | Mapping[str, Any]) -> frozenset[Grant]:
    """Read a policy document.

    Raises ValueError when it is no JSON object, or no policy.
    """
    parsed = json.loads(document) if isinstance(document, str) else document
    if not isinstance(parsed, Mapping):
        raise ValueError("a policy is a JSON object")
    statements = _listed(parsed.get("Statement"))
    if not all(isinstance(statement, Mapping) for statement in statements):
        raise ValueError("a policy's statements are JSON objects")
    return frozenset(grant for statement in statements for grant in _of_statement(statement))


def statements(found: Iterable[Grant]) -> list[Statement]:
    """Put grants together into as few statements as say exactly the same, Deny first."""
    by_action: dict[tuple[Any, ...], set[str]] = {}
    spelled: dict[str, str] = {}
    for grant in sorted(found):
        key = (grant.effect, grant.condition, grant.principal, grant.action)
        by_action.setdefault(key, set()).add(grant.resource)
        spelled.setdefault(grant.action, grant.spelled or grant.action)
    by_resources: dict[tuple[Any, ...], list[str]] = {}
    for (effect, condition, principal, action), resources in by_action.items():
        same = (effect, condition, principal, tuple(sorted(resources)))
        by_resources.setdefault(same, []).append(spelled[action])
    by_principals: dict[tuple[Any, ...], list[str]] = {}
    for (effect, condition, principal, resources_), actions in by_resources.items():
        by_principals.setdefault((effect, condition, tuple(actions), resources_), []).append(principal)
    return sorted(
        (
            Statement(effect, tuple(principals), actions, resources_, condition)
            for (effect, condition, actions, resources_), principals in by_principals.items()
        ),
        key=lambda statement: (statement.effect != "Deny", statement.actions, statement.resources),
    )


def matches(pattern: str, text: str) -> bool:
    """Say whether everything that `text` stands for is in `pattern`: * is any characters, ? is one.

    `text` may hold wildcards itself. Letters count as they are written: actions come here in small letters.
    """
    return bool(_compiled(pattern).fullmatch(text))


def covers(wide: Grant, narrow: Grant) -> bool:
    """Say whether `wide` allows (or denies) at least all that `narrow` does."""
    return (
        wide.effect == narrow.effect
        and wide.principal in ("*", narrow.principal)
        and _covers_name(wide.action, narrow.action)
        and _covers_name(wide.resource, narrow.resource)
        and is_as_strict(narrow.condition, wide.condition)
    )


def is_covered(grant: Grant, by: Collection[Grant]) -> bool:
    """Say whether one of the grants already says what this one does."""
    return grant in by or any(covers(wide, grant) for wide in by)


def is_same_but_condition(grant: Grant, others: Iterable[Grant]) -> bool:
    """Say whether one of the grants is about the same, under whatever condition."""
    return any(
        (grant.effect, grant.principal, grant.action, grant.resource)
        == (other.effect, other.principal, other.action, other.resource)
        for other in others
    )


def is_as_strict(condition: Condition, other: Condition) -> bool:
    """Say whether whatever passes `condition` passes `other` too, as far as comparing them can show."""
    mine = {(operator, key): set(values) for operator, key, values in condition}
    return all(
        (operator, key) in mine and _is_as_strict(operator, mine[operator, key], set(values))
        for operator, key, values in other
    )


def condition_text(condition: Condition) -> str:
    """Return a condition in one line of plain words, empty where there is none."""
    return " and ".join(f"{operator} {key} {' or '.join(values)}" for operator, key, values in condition)


def account(principal: str) -> str | None:
    """Return the account that a principal belongs to, None for a service, a federation or everybody."""
    found = ACCOUNT.match(principal)
    return found[1] if found else None


def is_tls_only(grant: Grant) -> bool:
    """Say whether a grant refuses requests that come without TLS."""
    return grant.effect == "Deny" and any(
        operator.lower().startswith("bool")
        and key.lower() == "aws:securetransport"
        and [value.lower() for value in values] == ["false"]
        for operator, key, values in grant.condition
    )


def _of_statement(statement: Mapping[str, Any]) -> Iterable[Grant]:
    effect = str(statement.get("Effect", ""))
    condition = _condition(statement.get("Condition") or {})
    parts = product(_principals(statement), _names(statement, "Action"), _names(statement, "Resource"))
    for principal, action, resource in parts:
        yield Grant(effect, principal, action.lower(), resource, condition, spelled=action)


def _names(statement: Mapping[str, Any], element: str) -> list[str]:
    excluded = statement.get(f"Not{element}")
    if excluded is not None:
        return [ALL_BUT + ", ".join(sorted({str(name) for name in _listed(excluded)}))]
    return [str(name) for name in _listed(statement.get(element))] or [""]


def _principals(statement: Mapping[str, Any]) -> list[str]:
    excluded = statement.get("NotPrincipal")
    if excluded is not None:
        return [ALL_BUT + ", ".join(sorted(set(_principal_names(excluded))))]
    return _principal_names(statement.get("Principal")) or [""]


def _principal_names(principal: Any) -> list[str]:
    if not isinstance(principal, Mapping):
        return [str(name) for name in _listed(principal)]
    return [_principal(kind, str(name)) for kind, names in principal.items() for name in _listed(names)]


def _principal(kind: str, name: str) -> str:
    """An account's number and the ARN of its root are the same principal to AWS."""
    if kind in ("Federated", "CanonicalUser"):
        return f"{kind} {name}"
    return f"arn:aws:iam::{name}:root" if re.fullmatch(r"\d{12}", name) else name


def _condition(condition: Mapping[str, Any]) -> Condition:
    return tuple(
        sorted(
            (operator, key, tuple(sorted({_value(value) for value in _listed(values)})))
            for operator, keys in condition.items()
            for key, values in keys.items()
        )
    )


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _covers_name(wide: str, narrow: str) -> bool:
    if wide == narrow or wide == "*":
        return True
    if ALL_BUT in (wide[: len(ALL_BUT)], narrow[: len(ALL_BUT)]):
        return False
    return matches(wide, narrow)


def _is_as_strict(operator: str, mine: set[str], other: set[str]) -> bool:
    """Several values are alternatives, except where the operator says not: there each excludes one more."""
    return mine >= other if "Not" in operator else mine <= other


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # A ? of the pattern stands for one character, and a * in the text for any number of them.
    parts = ("[^*]" if sign == "?" else ".*" if sign == "*" else re.escape(sign) for sign in pattern)
    return re.compile("".join(parts), re.DOTALL)
