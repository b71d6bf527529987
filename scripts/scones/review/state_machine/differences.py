"""What two state machines have not in common, one line each, in words.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scones.review.state_machine.definition import SEPARATOR, Machine, State, joined, rule, shown

TARGETED = ("Next", "Default", "Choices", "Catch")  # fields that say where it goes on
DEFAULT_ATTEMPTS = 3  # of a retry that names none


@dataclass(frozen=True)
class Difference:
    """One line on what becomes of a state, which goes on after "state `x` ".

    `is_loss` says that it takes away what caught or limited a failure, `is_way` that it is about where the
    state goes on.
    """

    state: str
    text: str
    is_loss: bool = False
    is_way: bool = False


@dataclass(frozen=True)
class Differences:
    """What two machines have not in common, by path. `renamed` are old and new path of the same state."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    changed: tuple[Difference, ...] = ()
    top: tuple[Difference, ...] = ()  # of the machine itself; `state` is empty

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.changed or self.top)


def compare(before: Machine, after: Machine) -> Differences:
    """Return what changes from one machine to the other, in the order of the later one."""
    renamed = _renamed(before, after)
    old = {
        renamed.get(path, path): _with_names(state, renamed, path) for path, state in before.states.items()
    }
    same = [path for path in after.states if path in old]
    return Differences(
        added=tuple(path for path in after.states if path not in old),
        removed=tuple(path for path in old if path not in after.states),
        renamed=tuple(renamed.items()),
        changed=tuple(one for path in same for one in _of_state(path, old[path], after.states[path])),
        top=tuple(_of_top(before, after, renamed)),
    )


def _renamed(before: Machine, after: Machine) -> dict[str, str]:
    """Return old path to new path of states that are the same but for their name.

    Names that only one of the machines has do not count in a comparison: they may be renamed themselves.
    """
    gone = [path for path in before.states if path not in after.states]
    come = [path for path in after.states if path not in before.states]
    common = {path.rpartition(SEPARATOR)[2] for path in before.states if path in after.states}
    old, new = (
        {path: _nameless(machine.states[path], common, path) for path in paths}
        for machine, paths in ((before, gone), (after, come))
    )
    return {
        path: found[0]
        for path, body in old.items()
        if len(found := [other for other, its in new.items() if its == body]) == 1
        and list(old.values()).count(body) == 1
    }


def _nameless(state: State, common: set[str], path: str) -> str:
    level = path.rpartition(SEPARATOR)[0]
    body = _map_targets(state, lambda name: name if name in common else "?")
    return json.dumps([level, body], sort_keys=True)


def _with_names(state: State, renamed: Mapping[str, str], path: str) -> State:
    level = path.rpartition(SEPARATOR)[0]

    def now(name: str) -> str:
        return renamed.get(joined(level, name), joined(level, name)).rpartition(SEPARATOR)[2]

    return _map_targets(state, now)


def _map_targets(state: State, name: Callable[[str], str]) -> State:
    mapped = dict(state)
    for key in ("Next", "Default"):
        if key in mapped:
            mapped[key] = name(mapped[key])
    for key in ("Choices", "Catch"):
        if key in mapped:
            mapped[key] = [
                entry | ({"Next": name(entry["Next"])} if "Next" in entry else {}) for entry in mapped[key]
            ]
    return mapped


def _of_top(before: Machine, after: Machine, renamed: Mapping[str, str]) -> Iterator[Difference]:
    for level, start in after.starts.items():
        old = before.starts.get(level)
        if old is not None and renamed.get(old, old) != start:
            where = f"`{level}`" if level else "the machine"
            yield Difference("", f"{where} starts at `{start}` instead of `{old}`", is_way=True)
    yield from _of_limits("", before.top, after.top)
    yield from _of_others("", before.top, after.top, ("TimeoutSeconds", "Comment"))


def _of_state(path: str, before: State, after: State) -> Iterator[Difference]:
    if before == after:
        return
    if before.get("Type") != after.get("Type"):
        yield Difference(path, f"is a `{after.get('Type')}` instead of a `{before.get('Type')}`")
    yield from _of_ways(path, before, after)
    yield from _of_retries(path, before.get("Retry") or [], after.get("Retry") or [])
    yield from _of_catches(path, before.get("Catch") or [], after.get("Catch") or [])
    yield from _of_limits(path, before, after)
    told = ("Type", *TARGETED, "End", "Retry", "TimeoutSeconds", "HeartbeatSeconds", "Comment")
    yield from _of_others(path, before, after, told)
    if before.get("Comment") != after.get("Comment"):
        yield Difference(path, "has another comment")


def _of_ways(path: str, before: State, after: State) -> Iterator[Difference]:
    """Say where a state goes on, apart from catching: that belongs to the errors caught."""
    for key, says in (("Next", "goes on to"), ("Default", "goes otherwise to")):
        old, new = before.get(key), after.get(key)
        if old != new:
            yield Difference(path, f"{says} {_named(new)} instead of {_named(old)}", is_way=True)
    old_rules, new_rules = (
        {rule(one): one.get("Next") for one in (state.get("Choices") or [])} for state in (before, after)
    )
    for text in [*new_rules, *(text for text in old_rules if text not in new_rules)]:
        old, new = old_rules.get(text), new_rules.get(text)
        if text not in old_rules:
            yield Difference(path, f"goes to {_named(new)} if `{text}`, which is new", is_way=True)
        elif text not in new_rules:
            yield Difference(path, f"no longer goes to {_named(old)} if `{text}`", is_way=True)
        elif old != new:
            yield Difference(path, f"goes to {_named(new)} instead of {_named(old)} if `{text}`", is_way=True)
    kept = [text for text in new_rules if text in old_rules]
    if kept != [text for text in old_rules if text in new_rules]:
        yield Difference(path, "tries its rules in another order", is_way=True)


def _of_retries(path: str, before: list[State], after: list[State]) -> Iterator[Difference]:
    old, new = _by_errors(before), _by_errors(after)
    for errors, entry in new.items():
        if errors not in old:
            yield Difference(path, f"retries {_errors(errors)} {_times(_attempts(entry))}, which is new")
            continue
        which = f" {_errors(errors)}" if len(new) > 1 else ""
        attempts, earlier = _attempts(entry), _attempts(old[errors])
        if attempts != earlier:
            text = f"retries{which} {_times(attempts)} instead of {earlier}"
            yield Difference(path, text, is_loss=attempts < earlier)
        changed = _changed(old[errors], entry, ("MaxAttempts", "ErrorEquals", "Comment"))
        for name, (was, now) in changed.items():
            yield Difference(path, f"retries{which} with `{name}` {_value(now)} instead of {_value(was)}")
    for errors in old:
        if errors not in new:
            yield Difference(path, f"no longer retries {_errors(errors)}", is_loss=True)
    yield from _of_order(path, old, new, "retries")


def _of_catches(path: str, before: list[State], after: list[State]) -> Iterator[Difference]:
    old, new = _by_errors(before), _by_errors(after)
    for errors, entry in new.items():
        target = _named(entry.get("Next"))
        if errors not in old:
            yield Difference(
                path, f"catches {_errors(errors)} and goes on to {target}, which is new", is_way=True
            )
            continue
        if entry.get("Next") != old[errors].get("Next"):
            instead = f"goes on to {target} instead of {_named(old[errors].get('Next'))}"
            yield Difference(path, f"catches {_errors(errors)} and {instead}", is_way=True)
        changed = _changed(old[errors], entry, ("Next", "ErrorEquals", "Comment"))
        for name, (was, now) in changed.items():
            yield Difference(
                path, f"catches {_errors(errors)} with `{name}` {_value(now)} instead of {_value(was)}"
            )
    for errors in old:
        if errors not in new:
            yield Difference(path, f"no longer catches {_errors(errors)}", is_loss=True)
    yield from _of_order(path, old, new, "catches")


def _of_order(path: str, old: Iterable[Any], new: Iterable[Any], verb: str) -> Iterator[Difference]:
    before, after = list(old), list(new)
    if [one for one in after if one in before] != [one for one in before if one in after]:
        yield Difference(path, f"{verb} errors in another order, and the first that fits counts")


def _of_limits(path: str, before: State, after: State) -> Iterator[Difference]:
    subject = "" if path else "the machine "
    for name, verb in (("TimeoutSeconds", "times out"), ("HeartbeatSeconds", "waits for a heartbeat")):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if new is None:
            yield Difference(path, f"{subject}no longer {verb}, so far after {_seconds(old)}", is_loss=True)
        elif old is None:
            yield Difference(path, f"{subject}{verb} after {_seconds(new)}, which is new")
        else:
            yield Difference(path, f"{subject}{verb} after {_seconds(new)} instead of {_seconds(old)}")


def _of_others(path: str, before: State, after: State, told: Iterable[str]) -> Iterator[Difference]:
    for name, (old, new) in _changed(before, after, told).items():
        subject = "" if path else "the machine "
        yield Difference(path, f"{subject}has `{name}` {_value(new)} instead of {_value(old)}")


def _changed(before: State, after: State, told: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """Return fields that differ, down to the innermost one, with both values."""
    old, new = (
        dict(_leaves({key: value for key, value in state.items() if key not in told}))
        for state in (before, after)
    )
    names = [*new, *(name for name in old if name not in new)]
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not path):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def _by_errors(entries: list[State]) -> dict[tuple[str, ...], State]:
    return {tuple(sorted(entry.get("ErrorEquals") or [])): entry for entry in entries}


def _attempts(entry: State) -> int:
    return int(entry.get("MaxAttempts", DEFAULT_ATTEMPTS))


def _times(number: int) -> str:
    return "not at all" if number == 0 else "once" if number == 1 else f"{number} times"


def _errors(errors: Iterable[str]) -> str:
    return ", ".join(f"`{error}`" for error in errors)


def _named(state: Any) -> str:
    return f"`{state}`" if state else "an end"


def _seconds(number: Any) -> str:
    return f"{number} s"


def _value(value: Any) -> str:
    return "nothing" if value is None else f"`{shown(value)}`"
