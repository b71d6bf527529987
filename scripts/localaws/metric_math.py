"""Metric math: expressions over time series, for alarms and GetMetricData.

Real: + - * / ^, comparisons, AND and OR, FILL (a number or REPEAT), IF, ABS, CEIL, FLOOR, and SUM, AVG, MIN,
MAX of a series (one number) or of a list of them (a series). A point is missing where an operand is, and
where one divides by zero. Other functions are refused by name.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Series = dict[float, float]  # by the beginning of the period
Value = Series | float

_WORDS = {"&&": " and ", "||": " or ", "^": "**", "AND": "and", "OR": "or"}
_BINARY: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda a, b: bool(a) and bool(b),
    ast.Or: lambda a, b: bool(a) or bool(b),
}
_ROUNDING: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}
_GATHERING: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class MetricMathError(ValueError):
    """The expression is no metric math; the message says why."""


def names(expression: str) -> set[str]:
    """The ids that an expression refers to. Raises MetricMathError."""
    tree = _parse(expression)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions}
    return found - {"REPEAT", "LINEAR"}


def evaluate(expression: str, known: Mapping[str, Value], times: Sequence[float]) -> Value:
    """A series over `times`, or a number. Raises MetricMathError, NotImplementedError."""
    try:
        return _Evaluation(known, times).value(_parse(expression))
    except (TypeError, OverflowError, RecursionError) as error:  # a list as a number, the ceiling of infinity
        raise MetricMathError(f"Error in expression '{expression}': {error}") from error


def _parse(expression: str) -> ast.expr:
    text = re.sub(r"&&|\|\||\^|\bAND\b|\bOR\b", lambda found: _WORDS[found.group()], expression.strip())
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise MetricMathError(f"Error in expression '{expression}': it cannot be parsed") from error


class _Evaluation:
    def __init__(self, known: Mapping[str, Value], times: Sequence[float]) -> None:
        self.known, self.times = known, times

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool()):
                raise MetricMathError("True and False are no numbers")
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name():
                if node.id not in self.known:
                    raise MetricMathError(f"Error in expression: there is no metric with the id {node.id}")
                return self.known[node.id]
            case ast.List():
                return [self.value(item) for item in node.elts]
            case ast.UnaryOp(op=ast.USub()):
                return _each(lambda a: -a, self.value(node.operand))
            case ast.BinOp() if type(node.op) in _BINARY:
                return _both(_BINARY[type(node.op)], self.value(node.left), self.value(node.right))
            case ast.BoolOp():
                first, *rest = [self.value(item) for item in node.values]
                for item in rest:
                    first = _both(_BINARY[type(node.op)], first, item)
                return first
            case ast.Compare(ops=[compare]) if type(compare) in _BINARY:
                return _both(_BINARY[type(compare)], self.value(node.left), self.value(node.comparators[0]))
            case ast.Call(func=ast.Name(id=name), keywords=[]):
                return self._call(name, node.args)
        raise MetricMathError(f"Error in expression: {ast.unparse(node)} is not supported")

    def _call(self, name: str, arguments: list[ast.expr]) -> Any:
        if name == "FILL" and len(arguments) == 2:
            return self._fill(self.value(arguments[0]), arguments[1])
        values = [self.value(argument) for argument in arguments]
        if name == "IF" and len(values) in (2, 3):
            return self._choose(*values)
        if name in _ROUNDING and len(values) == 1:
            return _each(_ROUNDING[name], values[0])
        if name in _GATHERING and len(values) == 1:
            return self._gather(_GATHERING[name], values[0])
        raise NotImplementedError(f"the metric math function {name} with {len(arguments)} arguments")

    def _fill(self, series: Value, filler: ast.expr) -> Value:
        if not isinstance(series, dict):
            return series
        if isinstance(filler, ast.Name) and filler.id == "REPEAT":
            filled: Series = {}
            last = None
            for time in self.times:
                last = series.get(time, last)
                filled |= {} if last is None else {time: last}
            return filled
        if isinstance(filler, ast.Name) and filler.id == "LINEAR":
            raise NotImplementedError("FILL with LINEAR")
        return {**_spread(self.value(filler), self.times), **series}

    def _choose(self, condition: Value, then: Value, otherwise: Value | None = None) -> Value:
        if not isinstance(condition, dict):
            return then if condition else {} if otherwise is None else otherwise
        yes = _spread(then, self.times)
        no = {} if otherwise is None else _spread(otherwise, self.times)
        chosen = {time: yes if holds else no for time, holds in condition.items()}
        return {time: side[time] for time, side in chosen.items() if time in side}

    def _gather(self, gather: Callable[[list[float]], float], given: Any) -> Value:
        if isinstance(given, dict):
            return gather(list(given.values())) if given else {}
        spread = [_spread(value, self.times) for value in given]
        columns = {time: [series[time] for series in spread if time in series] for time in self.times}
        return {time: gather(column) for time, column in columns.items() if column}


def _spread(value: Value, times: Sequence[float]) -> Series:
    return value if isinstance(value, dict) else dict.fromkeys(times, value)


def _each(change: Callable[[float], float], value: Value) -> Value:
    if isinstance(value, dict):
        return {time: float(change(point)) for time, point in value.items()}
    return float(change(value))


def _both(combine: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, list) or isinstance(right, list):
        raise MetricMathError("Error in expression: a list is no operand")
    if not isinstance(left, dict) and not isinstance(right, dict):
        combined = _combine(combine, left, right)
        return {} if combined is None else combined
    one = left if isinstance(left, dict) else right
    pairs = {time: (_at(left, time), _at(right, time)) for time in (one if isinstance(one, dict) else {})}
    points = {
        time: _combine(combine, a, b) for time, (a, b) in pairs.items() if a is not None and b is not None
    }
    return {time: point for time, point in points.items() if point is not None}


def _at(value: Value, time: float) -> float | None:
    return value.get(time) if isinstance(value, dict) else value


def _combine(combine: Callable[[float, float], float], a: float, b: float) -> float | None:
    try:
        return float(combine(a, b))
    except (ZeroDivisionError, OverflowError, TypeError):  # a negative number's root is complex: a TypeError
        return None
