"""State machines in Amazon States Language, flattened to their states.

States within Map and Parallel have a path: `Each / Resize`, `Both / 2 / Notify` (the second branch).
https://states-language.net/spec.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SEPARATOR = " / "  # a state's name may hold a slash
SHOWN = 120  # characters of a value

State = Mapping[str, Any]


@dataclass(frozen=True)
class Edge:
    """A way between two states. `kind` is next, choice, default or catch; `label` says when it is taken."""

    source: str
    target: str
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Machine:
    """A state machine: its states by path, without those within them, and where each level starts.

    `starts` are by the path of the Map or of the branch that starts there; empty is the machine itself.
    """

    states: Mapping[str, State]
    starts: Mapping[str, str]
    top: Mapping[str, Any]

    @classmethod
    def from_json(cls, definition: str) -> "Machine":
        """Read a definition. Raises ValueError when it is no JSON object with states."""
        parsed = json.loads(definition)
        if not isinstance(parsed, dict) or not isinstance(parsed.get("States"), dict):
            raise ValueError("a definition is a JSON object with States")
        states: dict[str, State] = {}
        starts: dict[str, str] = {}
        _flatten(parsed, "", states, starts)
        top = {name: value for name, value in parsed.items() if name not in ("States", "StartAt")}
        return cls(states, starts, top)

    def edges(self) -> list[Edge]:
        """Return every way between two states, in the order of the definition."""
        return [edge for path in self.states for edge in self._edges_of(path)]

    def reached(self) -> set[str]:
        """Return the states that an execution can come to."""
        ways: dict[str, list[str]] = {}
        for edge in self.edges():
            ways.setdefault(edge.source, []).append(edge.target)
        for level, start in self.starts.items():
            ways.setdefault(_holder(level, self.states), []).append(start)
        found: set[str] = set()
        waiting = [""]
        while waiting:
            for target in ways.get(waiting.pop(), []):
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def _edges_of(self, path: str) -> Iterator[Edge]:
        state = self.states[path]
        level = path.rpartition(SEPARATOR)[0]
        for target, kind, label in targets(state):
            yield Edge(path, joined(level, target), kind, label)


def targets(state: State) -> Iterator[tuple[str, str, str]]:
    """Return where a state goes on: target, kind and label of each way."""
    if "Next" in state:
        yield state["Next"], "next", ""
    for choice in state.get("Choices") or []:
        if "Next" in choice:
            yield choice["Next"], "choice", rule(choice)
    if "Default" in state:
        yield state["Default"], "default", "otherwise"
    for catch in state.get("Catch") or []:
        if "Next" in catch:
            yield catch["Next"], "catch", ", ".join(catch.get("ErrorEquals") or [])


def rule(choice: Mapping[str, Any]) -> str:
    """Return a choice's rule in one line, such as `$.size NumericGreaterThan 3`."""
    if isinstance(choice.get("Condition"), str):  # JSONata
        return str(choice["Condition"])
    for word in ("And", "Or"):
        if isinstance(choice.get(word), list):
            return f" {word.lower()} ".join(rule(part) for part in choice[word])
    if isinstance(choice.get("Not"), Mapping):
        return f"not ({rule(choice['Not'])})"
    variable = str(choice.get("Variable", ""))
    tests = [
        f"{variable} {name} {shown(value)}"
        for name, value in choice.items()
        if name not in ("Variable", "Next", "Comment", "Assign", "Output")
    ]
    return " and ".join(tests) or variable


# --- Reading -----------------------------------------------------------------------------------------


def _flatten(level: Mapping[str, Any], path: str, states: dict[str, State], starts: dict[str, str]) -> None:
    starts[path] = joined(path, str(level.get("StartAt", "")))
    for name, state in level["States"].items():
        here = joined(path, name)
        states[here] = {key: _without_states(value) for key, value in state.items() if key != "Branches"}
        for inner in (state.get("ItemProcessor"), state.get("Iterator")):
            if isinstance(inner, Mapping) and isinstance(inner.get("States"), Mapping):
                _flatten(inner, here, states, starts)
        for number, branch in enumerate(state.get("Branches") or [], start=1):
            _flatten(branch, joined(here, str(number)), states, starts)


def _without_states(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("States"), Mapping):
        return {key: inner for key, inner in value.items() if key not in ("States", "StartAt")}
    return value


def joined(level: str, name: str) -> str:
    """Return the path of a state on a level."""
    return f"{level}{SEPARATOR}{name}" if level else name


def _holder(level: str, states: Mapping[str, State]) -> str:
    """Return the state that a level belongs to: for a branch, the Parallel above its number."""
    return level if not level or level in states else level.rpartition(SEPARATOR)[0]


def shown(value: Any) -> str:
    """Return a value of a definition in one line of at most SHOWN characters."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
