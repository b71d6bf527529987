"""What a plan marks as sensitive, and where.

Terraform marks values beside them (`after_sensitive` has the form of `after`), and outputs by a flag. The
values of variables carry no mark at all: whether one is sensitive stands in the configuration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scones.review.plan import UNKNOWN, Plan

SENSITIVE = "(sensitive)"
SENSITIVE_CHANGED = "(sensitive, changed)"  # in `after`, where `before` holds another secret
SUSPECT = "(looks like a secret)"
SUSPECT_CHANGED = "(looks like a secret, changed)"
TOKENS = (SENSITIVE, SENSITIVE_CHANGED, SUSPECT, SUSPECT_CHANGED)


@dataclass(frozen=True)
class Secret:
    """A value that no text may show, and the place where it stands, such as `aws_x.this.after.password`."""

    place: str
    value: str
    is_marked: bool = True  # False where nobody marked it but it looks like one

    def __repr__(self) -> str:
        return f"Secret({self.place!r})"  # a traceback is a text, too


def masked(value: Any, marks: Any, token: str = SENSITIVE) -> Any:
    """Return a value of the same structure in which the token stands for every marked leaf.

    `marks` is what Terraform gives as `…_sensitive`: true, or a structure with true somewhere in it. Names in
    a marked map stay, so that a reader sees which there are. An absent value stays absent.
    """
    if not marks or value is None or value == UNKNOWN:
        return value
    if isinstance(value, Mapping):
        return {name: masked(entry, _inner(marks, name), token) for name, entry in value.items()}
    if isinstance(value, list):
        return [masked(entry, _inner(marks, place), token) for place, entry in enumerate(value)]
    return token if marks is True else value


def marked_values(plan: Plan) -> list[Secret]:
    """Return every value that the plan or the configuration marks as sensitive, each place once."""
    found = {(secret.place, secret.value): secret for secret in _all_marked(plan)}
    return list(found.values())


def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every string and number inside a value. True, false and null hide nothing."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from leaves(entry, f"{path}.{name}")
    elif isinstance(value, list):
        for place, entry in enumerate(value):
            yield from leaves(entry, f"{path}.{place}")
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value not in ("", UNKNOWN):
        yield path, str(value)


def sensitive_variables(raw: Mapping[str, Any]) -> set[str]:
    """Return the names of the root's variables that its configuration calls sensitive."""
    declared = raw.get("configuration", {}).get("root_module", {}).get("variables", {})
    return {name for name, entry in declared.items() if entry.get("sensitive")}


def _all_marked(plan: Plan) -> Iterator[Secret]:
    for change in (*plan.changes, *plan.drift):
        yield from _where_marked(change.before, change.before_sensitive, f"{change.address}.before")
        yield from _where_marked(change.after, change.after_sensitive, f"{change.address}.after")
    for entry in (*plan.raw.get("resource_changes", []), *plan.raw.get("resource_drift", [])):
        yield from _of_pair(entry.get("change", {}), entry.get("address", "?"))  # data sources among them
    for name, change_of_output in plan.outputs.items():
        yield from _of_pair(change_of_output, f"output.{name}")
    for key in ("planned_values", "prior_state"):
        values = plan.raw.get(key, {})
        yield from _of_values(values.get("values", values), key)
    root = plan.raw.get("configuration", {}).get("root_module", {})
    yield from _of_module(root, plan.variables, "")


def _of_pair(change: Mapping[str, Any], place: str) -> Iterator[Secret]:
    for side in ("before", "after"):
        yield from _where_marked(change.get(side), change.get(f"{side}_sensitive"), f"{place}.{side}")


def _of_values(values: Mapping[str, Any], place: str) -> Iterator[Secret]:
    """Yield what is marked in a state as the plan's JSON tells it: outputs, resources, modules."""
    for name, output in values.get("outputs", {}).items():
        yield from _where_marked(output.get("value"), bool(output.get("sensitive")), f"{place}.output.{name}")
    modules = [values.get("root_module", {})]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", [])
        for resource in module.get("resources", []):
            marks = resource.get("sensitive_values")
            yield from _where_marked(resource.get("values"), marks, f"{place}.{resource['address']}")


def _of_module(module: Mapping[str, Any], given: Mapping[str, Any], place: str) -> Iterator[Secret]:
    """Yield the sensitive variables of a module and of those it calls, as far as their values are plain."""
    declared = module.get("variables", {})
    known = {name: entry["default"] for name, entry in declared.items() if "default" in entry} | {**given}
    for name, entry in declared.items():
        yield from _where_marked(known.get(name), bool(entry.get("sensitive")), f"{place}var.{name}")
    for name, call in module.get("module_calls", {}).items():
        passed = {key: _resolved(entry, known) for key, entry in call.get("expressions", {}).items()}
        yield from _of_module(call.get("module", {}), passed, f"{place}module.{name}.")


def _resolved(expression: Any, known: Mapping[str, Any]) -> Any:
    """Return what an expression is worth where it is a constant or refers to one variable only."""
    if not isinstance(expression, Mapping):
        return None
    if "constant_value" in expression:
        return expression["constant_value"]
    references = expression.get("references", [])
    if not references or any(not reference.startswith(f"{references[-1]}") for reference in references):
        return None
    root, *path = references[0].split(".")
    if root != "var" or not path:
        return None
    value: Any = known
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _where_marked(value: Any, marks: Any, place: str) -> Iterator[Secret]:
    if not marks or value is None:
        return
    if marks is True:
        for path, text in leaves(value, place):
            yield Secret(path, text)
    elif isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _where_marked(entry, _inner(marks, name), f"{place}.{name}")
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _where_marked(entry, _inner(marks, index), f"{place}.{index}")


def _inner(marks: Any, key: str | int) -> Any:
    if isinstance(marks, Mapping):
        return marks.get(str(key), False)
    if isinstance(marks, list) and isinstance(key, int):
        return marks[key] if key < len(marks) else False
    return marks is True
