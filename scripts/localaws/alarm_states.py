"""What state an alarm is in: pure functions of its datapoints or of other alarms' states.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
EXTRA_PERIODS = 2  # looked at beyond EvaluationPeriods, so that late data still counts

_OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class Condition:
    """When an alarm goes off."""

    comparison: str
    threshold: float
    periods: int  # N
    datapoints: int  # M of N
    missing: str  # missing | ignore | breaching | notBreaching

    def __post_init__(self) -> None:
        if self.comparison not in _OPERATORS:
            raise NotImplementedError(f"alarms with the comparison {self.comparison}")

    def breaches(self, value: float) -> bool:
        return _OPERATORS[self.comparison][0](value, self.threshold)

    def state(self, points: Sequence[float | None]) -> str | None:
        """The state that `points` (oldest first, None where missing) stand for; None: it stays as it is."""
        there = [point for point in points if point is not None][-self.periods :]
        breaching = sum(map(self.breaches, there))
        lacking = self.periods - len(there)
        if breaching >= self.datapoints:
            return ALARM
        if self.missing == "breaching":
            return ALARM if breaching + lacking >= self.datapoints else OK
        if lacking == 0 or self.missing == "notBreaching" or breaching < len(there):
            return OK
        if self.missing == "ignore":
            return None
        if not there:
            return INSUFFICIENT_DATA
        # Fewer than M, and all of them breach: enough if the oldest had the time for the rest to come.
        oldest = next(
            age for age, point in zip(range(len(points), 0, -1), points, strict=True) if point is not None
        )
        return ALARM if oldest >= self.datapoints else None

    def reason(self, state: str, before: str, points: Sequence[tuple[float, float | None]]) -> str:
        """Why, in CloudWatch's words. `points` are (beginning of the period, value or None)."""
        there = [(time, value) for time, value in points if value is not None][-self.periods :]
        lacking = self.periods - len(there)
        if state == INSUFFICIENT_DATA:
            return f"Insufficient Data: {_count(lacking, 'datapoint')} {_were(lacking)} unknown."
        treated = _TREATED.get(self.missing)
        if not there:
            return (
                f"Threshold Crossed: no datapoints were received for {_count(lacking, 'period')} and "
                f"{_count(lacking, 'missing datapoint')} {_were(lacking)} treated as [{treated}]."
            )
        crossed = [(time, value) for time, value in there if self.breaches(value) == (state == ALARM)]
        shown = ", ".join(f"{value} ({_stamp(time)})" for time, value in reversed(crossed or there))
        needed = self.datapoints if state == ALARM else self.periods - self.datapoints + 1
        also = ""
        if treated and lacking:
            also = f" and {_count(lacking, 'missing datapoint')} {_were(lacking)} treated as [{treated}]"
        return (
            f"Threshold Crossed: {len(crossed)} out of the last {_count(self.periods, 'datapoint')} "
            f"[{shown}] {_were(len(crossed))} {'' if state == ALARM else 'not '}"
            f"{_OPERATORS[self.comparison][1]} the threshold ({self.threshold}){also} "
            f"(minimum {_count(needed, 'datapoint')} for {before} -> {state} transition)."
        )


def holds(rule: str, state_of: Callable[[str], str | None]) -> bool:
    """Whether a composite alarm's rule holds. `state_of` takes an alarm's name or ARN.

    Raises ValueError when the rule is none, or names an alarm that is not there.
    """

    def known(found: re.Match[str]) -> str:
        state = state_of(found[2].strip('"'))
        if state is None:
            raise ValueError(f"there is no alarm {found[2]}")
        return str(found[1] == state)

    text = re.sub(r'\b(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*("[^"]+"|[^\s)]+)\s*\)', known, rule)
    words = {"AND": "and", "OR": "or", "NOT": "not", "TRUE": "True", "FALSE": "False"}
    text = re.sub(r"\b(AND|OR|NOT|TRUE|FALSE)\b", lambda found: words[found[1]], text)
    try:
        return _true(ast.parse(" ".join(text.split()), mode="eval").body)
    except (SyntaxError, RecursionError):
        raise ValueError(f"{rule!r} is no alarm rule") from None


def _true(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=bool()):
            return bool(node.value)
        case ast.UnaryOp(op=ast.Not()):
            return not _true(node.operand)
        case ast.BoolOp():
            return (all if isinstance(node.op, ast.And) else any)([_true(value) for value in node.values])
    raise ValueError("an alarm rule has states of alarms, TRUE, FALSE, AND, OR, NOT and parentheses")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _stamp(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%d/%m/%y %H:%M:%S")
