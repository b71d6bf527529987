"""The wildcards and variables of policies: `*`, `?`, `${aws:username}`, `${key, 'default'}`, `${*}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_PIECE = re.compile(r"\$\{[^}]*\}|\*|\?|[^*?$]+|\$", re.DOTALL)

Lookup = Callable[[str], str | None]  # a variable's value, None where the request has none


class MissingValue(Exception):
    """A policy variable has no value in this request: what it stands in matches nothing."""


def matches(pattern: str, text: str, lookup: Lookup | None = None) -> bool:
    """Whether the whole of `text` is what `pattern` says; upper and lower case differ."""
    if pattern == text or pattern == "*":
        return True
    if "${" in pattern:
        return re.fullmatch(_filled(pattern, lookup, ".*", "."), text, re.DOTALL) is not None
    return _compiled(pattern, False)(text)


def matches_action(pattern: str, action: str) -> bool:
    """Actions are compared without regard to case."""
    return pattern == "*" or _compiled(pattern.lower(), False)(action.lower())


def matches_arn(pattern: str, arn: str, lookup: Lookup | None = None) -> bool:
    """Each of an ARN's six parts on its own; a wildcard spans colons in the last alone.

    A pattern with fewer parts stands for any in those it lacks. What is no ARN is compared as text.
    """
    if pattern == arn or pattern == "*":
        return True
    if not pattern.startswith("arn:"):
        return matches(pattern, arn, lookup)
    if "${" in pattern:
        return re.fullmatch(_arn(pattern, lookup), arn, re.DOTALL) is not None
    return _compiled(pattern, True)(arn)


def literal(text: str) -> str:
    """A pattern for the very text: its variables stay, its wildcards stand for themselves."""
    return "".join(f"${{{piece}}}" if piece in ("*", "?") else piece for piece in _PIECE.findall(text))


@lru_cache(maxsize=8192)
def _compiled(pattern: str, is_arn: bool) -> Callable[[str], bool]:
    if not is_arn and not re.search(r"[*?]", pattern):
        return pattern.__eq__
    found = re.compile(_arn(pattern, None) if is_arn else _filled(pattern, None, ".*", "."), re.DOTALL)
    return lambda text: found.fullmatch(text) is not None


def _arn(pattern: str, lookup: Lookup | None) -> str:
    variables = _VARIABLE.findall(pattern)  # they have colons of their own
    parts = _VARIABLE.sub("\0", pattern).split(":", ARN_PARTS - 1)
    parts += ["*"] * (ARN_PARTS - len(parts))
    taken = iter(variables)
    filled = [re.sub("\0", lambda _: f"${{{next(taken)}}}", part) for part in parts]
    written = [_filled(part, lookup, "[^:]*", "[^:]") for part in filled[:-1]]
    return ":".join([*written, _filled(filled[-1], lookup, ".*", ".")])


def _filled(pattern: str, lookup: Lookup | None, many: str, one: str) -> str:
    """The pattern as a regular expression. Raises MissingValue."""
    return "".join(_piece(piece, lookup, many, one) for piece in _PIECE.findall(pattern))


def _piece(piece: str, lookup: Lookup | None, many: str, one: str) -> str:
    if piece in ("*", "?"):
        return many if piece == "*" else one
    if not piece.startswith("${"):
        return re.escape(piece)
    name, _, default = piece[2:-1].partition(",")
    if name in ("*", "?", "$"):
        return re.escape(name)
    value = lookup(name.strip()) if lookup else None
    if value is None and default:
        value = default.strip().strip("'")
    if value is None:
        raise MissingValue(name)
    return re.escape(value)
