"""Attributes of a plan: how to reach one, and how to say its value in a few characters."""

import json
from collections.abc import Mapping
from typing import Any

from scones.review.plan import UNKNOWN, Change

SHORT = 60  # characters of a value in a sentence
NOTHING = "none"
# What a section of its own tells, statement by statement and state by state, and no other one as JSON.
TOLD_ELSEWHERE = {
    "assume_role_policy": "Permissions",
    "definition": "State machine",
    "inline_policy": "Permissions",
    "managed_policy_arns": "Permissions",
    "policy": "Permissions",
    "policy_document": "Permissions",
    "resource_policy": "Permissions",
}
CONTEXT = 12  # characters shown before the place where two long values part


def at(values: Any, path: str) -> Any:
    """Return what stands at a dotted path; UNKNOWN below what is not known, None where nothing stands."""
    return _at(values, path.split("."))


def _at(values: Any, steps: list[str]) -> Any:
    if not steps or values == UNKNOWN:
        return values
    if isinstance(values, Mapping):
        # A key, of a tag for instance, may hold dots itself.
        for length in range(1, len(steps) + 1):
            if (key := ".".join(steps[:length])) in values:
                return _at(values[key], steps[length:])
    elif isinstance(values, list) and steps[0].isdigit() and int(steps[0]) < len(values):
        return _at(values[int(steps[0])], steps[1:])
    return None


def is_empty(value: Any) -> bool:
    """Say whether a value is what providers write for nothing: null, "", an empty list or map."""
    return value is None or (isinstance(value, str | list | Mapping) and not value)


def is_same(one: Any, other: Any) -> bool:
    """Say whether two values mean the same: as JSON, or because AWS has a word of its own for nothing."""
    if parsed(one) == parsed(other) or (is_empty(one) and is_empty(other)):
        return True
    return (one is None and other in (0, False)) or (other is None and one in (0, False))


def listed(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for what is none, is masked or is not known yet."""
    return value if isinstance(value, list) else []


def both(change: Change, path: str) -> tuple[Any, Any]:
    """Return what stands at a path before and after."""
    return at(change.before, path), at(change.after, path)


def attribute(path: str) -> str:
    """Return the name of the innermost attribute of a path, without the places in lists."""
    names = [step for step in path.split(".") if not step.isdigit()]
    return names[-1] if names else path


def plain(value: Any, most: int = SHORT) -> str:
    """Return a value as text of at most `most` characters."""
    if is_empty(value):
        return NOTHING
    if value == UNKNOWN:
        return UNKNOWN.strip("()")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= most else text[: most - 1] + "…"


def pair(before: Any, after: Any, most: int = SHORT) -> tuple[str, str]:
    """Return two values as text of at most `most` characters each; long ones from where they differ."""
    old, new = plain(before, 1 << 20), plain(after, 1 << 20)
    if max(len(old), len(new)) > most:
        same = 0
        for one, other in zip(old, new, strict=False):
            if one != other:
                break
            same += 1
        if same > CONTEXT and UNKNOWN not in (before, after):
            old, new = f"…{old[same - CONTEXT :]}", f"…{new[same - CONTEXT :]}"
    return plain(old, most), plain(new, most)


def parsed(value: Any) -> Any:
    """Return the object or list that a string of JSON holds, and any other value as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def told_in(path: str) -> str:
    """Return the section that tells what stands at a path; empty where none does."""
    return next((TOLD_ELSEWHERE[step] for step in path.split(".") if step in TOLD_ELSEWHERE), "")
