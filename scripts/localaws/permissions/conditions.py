"""A statement's conditions, held against a request's context.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

Real: every operator, with IfExists, ForAllValues and ForAnyValue, and Null. What cannot be evaluated, an
operator that is none of AWS's or a key whose value local AWS cannot know, raises UnevaluableError: it never
passes for "the key is absent".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .patterns import Lookup, literal, matches, matches_arn

_QUANTIFIERS = ("forallvalues:", "foranyvalue:")


class UnevaluableError(Exception):
    """A condition that local AWS cannot evaluate; the message says which and why."""


@dataclass(frozen=True)
class Context:
    """A request's condition keys, in lower case, each with its values; `knows` tells of a key that is not
    among them whether it is absent (true) or its value cannot be known (false)."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    knows: Callable[[str], bool] = lambda _: True

    def get(self, key: str) -> Sequence[str] | None:
        """The key's values, None where it is absent. Raises UnevaluableError."""
        found = self.values.get(key)
        if found is None and not self.knows(key):
            raise UnevaluableError(f"local AWS cannot evaluate the condition key {key}")
        return found

    def one(self, key: str) -> str | None:
        """The key's value, if it has just one."""
        found = self.get(key.lower())
        return found[0] if found and len(found) == 1 else None


@dataclass(frozen=True)
class Condition:
    """One key under one operator."""

    operator: str  # in lower case, without quantifier and IfExists
    quantifier: str
    if_exists: bool
    key: str
    wanted: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Raises UnevaluableError, MissingValue."""
        if self.operator == "null":
            return (context.get(self.key) is None) in {text.lower() == "true" for text in self.wanted}
        if self.operator not in _TESTS:
            raise UnevaluableError(f"local AWS does not know the condition operator {self.operator}")
        test, negated = _TESTS[self.operator]
        found = context.get(self.key)
        if found is None or (self.quantifier and not found):
            return self.if_exists or self.quantifier == "forallvalues:" or (negated and not self.quantifier)
        each = [any(test(want, value, context.one) for want in self.wanted) != negated for value in found]
        if self.quantifier == "foranyvalue:" or not (self.quantifier or negated):
            return any(each)
        return all(each)


def read(declared: Mapping[str, Mapping[str, Any]]) -> tuple[Condition, ...]:
    """A statement's Condition element."""
    return tuple(
        Condition(*_operator(written), key.lower(), tuple(text(value) for value in listed(values)))
        for written, keys in declared.items()
        for key, values in keys.items()
    )


def text(value: Any) -> str:
    """JSON's booleans and numbers as policies write them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _operator(written: str) -> tuple[str, str, bool]:
    name = written.lower()
    quantifier = next((each for each in _QUANTIFIERS if name.startswith(each)), "")
    name = name.removeprefix(quantifier)
    return name.removesuffix("ifexists"), quantifier, name.endswith("ifexists")


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str, Lookup], bool]:
    def test(want: str, value: str, _: Lookup) -> bool:
        try:
            return compare(float(value), float(want))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str, Lookup], bool]:
    def test(want: str, value: str, _: Lookup) -> bool:
        try:
            return compare(_moment(value), _moment(want))
        except ValueError:
            return False

    return test


def _moment(written: str) -> float:
    try:
        return float(written)  # seconds since the epoch
    except ValueError:
        moment = datetime.fromisoformat(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _address(want: str, value: str, _: Lookup) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(want, strict=False)
    except ValueError:
        return False


def _equal(want: str, value: str, lookup: Lookup) -> bool:
    return want == value or ("${" in want and matches(literal(want), value, lookup))


def _equal_in_any_case(want: str, value: str, lookup: Lookup) -> bool:
    def lowered(key: str) -> str | None:
        found = lookup(key)
        return found and found.lower()

    return want.lower() == value.lower() or (
        "${" in want and matches(literal(want.lower()), value.lower(), lowered)
    )


def _same_text(want: str, value: str, _: Lookup) -> bool:
    return want.lower() == value.lower()


_Test = Callable[[str, str, Lookup], bool]
_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], bool]] = {
    "equals": (lambda value, want: value == want, False),
    "notequals": (lambda value, want: value == want, True),
    "lessthan": (lambda value, want: value < want, False),
    "lessthanequals": (lambda value, want: value <= want, False),
    "greaterthan": (lambda value, want: value > want, False),
    "greaterthanequals": (lambda value, want: value >= want, False),
}
# By operator: how a value is held against a wanted one, and whether the operator negates the outcome
_TESTS: dict[str, tuple[_Test, bool]] = {
    "stringequals": (_equal, False),
    "stringnotequals": (_equal, True),
    "stringequalsignorecase": (_equal_in_any_case, False),
    "stringnotequalsignorecase": (_equal_in_any_case, True),
    "stringlike": (matches, False),
    "stringnotlike": (matches, True),
    "arnequals": (matches_arn, False),
    "arnnotequals": (matches_arn, True),
    "arnlike": (matches_arn, False),
    "arnnotlike": (matches_arn, True),
    "bool": (_same_text, False),
    "binaryequals": (lambda want, value, _: want == value, False),
    "ipaddress": (_address, False),
    "notipaddress": (_address, True),
    **{f"numeric{name}": (_number(compare), negated) for name, (compare, negated) in _COMPARISONS.items()},
    **{f"date{name}": (_date(compare), negated) for name, (compare, negated) in _COMPARISONS.items()},
}
