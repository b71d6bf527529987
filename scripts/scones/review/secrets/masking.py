"""No secret in a review: values are masked before anything looks at a plan; the finished text is searched.

The mask is the first line, the search the second. A mask says when a secret changes, so that a change of
nothing but a password is still a change.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from scones.review.plan import Change, Plan
from scones.review.secrets import disguises
from scones.review.secrets.sensitive import (
    SENSITIVE,
    SENSITIVE_CHANGED,
    SUSPECT,
    SUSPECT_CHANGED,
    TOKENS,
    Secret,
    marked_values,
    masked,
    sensitive_variables,
)
from scones.review.secrets.suspects import masked_suspects, suspects, suspicious

__all__ = [
    "SENSITIVE",
    "SUSPECT",
    "Secret",
    "leaks",
    "masked",
    "secret_values",
    "suspicious",
    "without_secrets",
]

Mask = Callable[[Any, Any, bool], Any]  # (value, marks, whether it has changed)
CHANGES = ("resource_changes", "resource_drift", "output_changes", "variables")  # masked entry by entry


def secret_values(plan: Plan) -> list[Secret]:
    """Return every value that no text may hold: what is marked as sensitive, and what looks like a secret.

    Of the latter only what is too distinct to stand in a text by chance.
    """
    marked = marked_values(plan)
    return [*marked, *suspects(plan)]


def leaks(text: str, secrets: Iterable[Secret]) -> list[str]:
    """Return the places of the secrets that a finished text holds in any form; never a secret itself."""
    for token in TOKENS:
        text = text.replace(token, "\x00")
    searched = disguises.Searched(text)
    held: dict[str, bool] = {}
    found = []
    for secret in secrets:
        if secret.value not in held:
            held[secret.value] = searched.holds(secret.value)
        if held[secret.value]:
            found.append(secret.place)
    return sorted(set(found))


def without_secrets(plan: Plan) -> Plan:
    """Return the plan with a mask in place of every secret, wherever it has flowed, in `raw` too.

    Marked values are masked where they are marked. A value that is marked in one place is masked in every
    other one, also inside of a longer string. Where before and after differ in a secret only, the mask in
    `after` says so.
    """
    mask = _mask(secret_values(plan))
    hidden = sensitive_variables(plan.raw)
    return replace(
        plan,
        changes=tuple(_change(change, mask) for change in plan.changes),
        drift=tuple(_change(change, mask) for change in plan.drift),
        variables={name: _variable(name, value, hidden, mask) for name, value in plan.variables.items()},
        outputs={name: _pair(change, mask) for name, change in plan.outputs.items()},
        raw=_raw(plan.raw, hidden, mask),
    )


def _mask(secrets: Iterable[Secret]) -> Mask:
    """Return what masks a value: where it is marked, looks like a secret, or where one flowed into it."""
    secrets = list(secrets)
    marked = {secret.value for secret in secrets if secret.is_marked}
    other = {secret.value for secret in secrets if not secret.is_marked} - marked
    sensitive, suspect = disguises.pattern(marked), disguises.pattern(other)

    @cache  # a plan holds every value several times
    def clean(text: str, is_changed: bool) -> str:
        if sensitive:
            text = sensitive.sub(SENSITIVE_CHANGED if is_changed else SENSITIVE, text)
        return suspect.sub(SUSPECT_CHANGED if is_changed else SUSPECT, text) if suspect else text

    def mask(value: Any, marks: Any, is_changed: bool) -> Any:
        value = masked(value, marks, SENSITIVE_CHANGED if is_changed else SENSITIVE)
        value = masked_suspects(value, SUSPECT_CHANGED if is_changed else SUSPECT)
        return _each(value, lambda text: clean(text, is_changed)) if sensitive or suspect else value

    return mask


def _change(change: Change, mask: Mask) -> Change:
    sides = (change.before, change.before_sensitive, change.after, change.after_sensitive)
    before, after = _both(*sides, mask)
    return replace(change, before=before, after=after)


def _pair(change: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """Mask a change as JSON has it."""
    get = change.get
    before, after = _both(get("before"), get("before_sensitive"), get("after"), get("after_sensitive"), mask)
    return {**change} | {
        name: side for name, side in (("before", before), ("after", after)) if name in change
    }


def _both(before: Any, before_marks: Any, after: Any, after_marks: Any, mask: Mask) -> tuple[Any, Any]:
    hidden = mask(before, before_marks, False)
    if before == after and before_marks == after_marks:
        return hidden, hidden
    told = mask(after, after_marks, True)
    return hidden, _after(before, after, hidden, mask(after, after_marks, False), told)


def _after(before: Any, after: Any, hidden_before: Any, hidden: Any, told: Any) -> Any:
    """Return `hidden`, but `told`, whose mask tells of a change, where nothing else would show the change."""
    if before == after or hidden == told:
        return hidden
    if isinstance(hidden, Mapping) and isinstance(before, Mapping) and isinstance(hidden_before, Mapping):
        return {
            name: _after(before.get(name), after[name], hidden_before.get(name), hidden[name], told[name])
            for name in hidden
        }
    if isinstance(hidden, list) and isinstance(before, list) and isinstance(hidden_before, list):
        rest = [None] * len(after)
        sides = zip([*before, *rest], after, [*hidden_before, *rest], hidden, told, strict=False)
        return [_after(*sides_of_one) for sides_of_one in sides]
    return told if hidden_before == hidden else hidden


def _variable(name: str, value: Any, hidden: set[str], mask: Mask) -> Any:
    shown = masked_suspects({name: masked(value, name in hidden)}, is_place=True)
    return mask(shown, False, False)[name]


# --- The rest of the JSON ----------------------------------------------------------------------------


def _raw(raw: Mapping[str, Any], hidden: set[str], mask: Mask) -> dict[str, Any]:
    """Mask the plan's JSON: what is marked in it, and then whatever flowed into any other part of it."""
    found = dict(raw)
    for key in ("resource_changes", "resource_drift"):
        if key in raw:
            found[key] = [{**entry, "change": _pair(entry["change"], mask)} for entry in raw[key]]
    if "output_changes" in raw:
        found["output_changes"] = {name: _pair(entry, mask) for name, entry in raw["output_changes"].items()}
    if "variables" in raw:
        found["variables"] = {
            name: {**entry, "value": _variable(name, entry.get("value"), hidden, mask)}
            for name, entry in raw["variables"].items()
        }
    if "planned_values" in raw:
        found["planned_values"] = _values(raw["planned_values"])
    if "prior_state" in raw:
        values = raw["prior_state"].get("values", {})
        found["prior_state"] = {**raw["prior_state"], "values": _values(values)}
    if "configuration" in raw:
        found["configuration"] = _defaults(raw["configuration"])
    rest = {key: mask(value, False, False) for key, value in found.items() if key not in CHANGES}
    return {key: rest.get(key, value) for key, value in found.items()}


def _values(node: Any) -> Any:
    """Mask what a state marks: `sensitive_values` beside `values`, and `sensitive` beside `value`."""
    if isinstance(node, list):
        return [_values(entry) for entry in node]
    if not isinstance(node, Mapping):
        return node
    if "sensitive_values" in node:
        return {**node, "values": masked(node.get("values"), node["sensitive_values"])}
    if "value" in node and node.get("sensitive") is True:
        return {**node, "value": masked(node["value"], True)}
    return {name: _values(entry) for name, entry in node.items()}


def _defaults(node: Any) -> Any:
    """Mask the defaults of sensitive variables, in every module of a configuration."""
    if isinstance(node, list):
        return [_defaults(entry) for entry in node]
    if not isinstance(node, Mapping):
        return node
    inner = {name: _defaults(entry) for name, entry in node.items()}
    if inner.get("sensitive") is True and "default" in inner:
        inner["default"] = masked(inner["default"], True)
    return inner


def _each(value: Any, clean: Callable[[str], str]) -> Any:
    """Return a value whose strings are cleaned; a number that is a secret as a whole becomes the mask."""
    if isinstance(value, Mapping):
        return {name: _each(entry, clean) for name, entry in value.items()}
    if isinstance(value, list):
        return [_each(entry, clean) for entry in value]
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    shown = clean(str(value))
    return shown if shown in TOKENS else value
