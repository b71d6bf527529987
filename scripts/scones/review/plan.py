"""A Terraform plan as its JSON tells it (`terraform show -json`, format_version 1.2).

https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["no-op", "create", "read", "update", "replace", "delete", "forget"]

# What a plan knows only after it has been applied; in `after` it stands where the value will be.
UNKNOWN = "(known after apply)"


@dataclass(frozen=True)
class Change:
    """What a plan does to one resource, or what has happened to it outside of Terraform.

    `before` and `after` are the attributes, empty where the resource is not there; what is not known yet
    reads UNKNOWN in `after`. `replace_paths` are the attributes that force a replacement, as dotted paths.
    """

    address: str
    type: str
    name: str
    action: Action
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    before_sensitive: Any = False
    after_sensitive: Any = False
    replace_paths: tuple[str, ...] = ()
    reason: str = ""
    module: str = ""  # such as module.function["image-classification"]; empty in the root itself
    is_leftover: bool = False  # what an interrupted replacement left behind beside the new one
    previous_address: str = ""  # where the state has it so far, if a `moved` block gives it another address
    importing: str = ""  # the id by which AWS knows what Terraform looks after from this plan on

    @property
    def is_change(self) -> bool:
        return self.action not in ("no-op", "read")

    @property
    def goes(self) -> bool:
        """True when what stands there now will not be there afterwards."""
        return self.action in ("delete", "replace")

    @property
    def is_moved(self) -> bool:
        return self.previous_address not in ("", self.address)

    def changed_paths(self) -> list[str]:
        """Return the attributes that differ, as dotted paths down to the innermost value."""
        return sorted(_differences(self.before, self.after, ""))


@dataclass(frozen=True)
class Plan:
    """A whole plan: its changes, the drift that the refresh found, its variables and outputs."""

    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)  # name to the change as JSON has it
    raw: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: str | bytes | Mapping[str, Any]) -> "Plan":
        """Read what `terraform show -json <plan>` printed."""
        raw = content if isinstance(content, Mapping) else json.loads(content)
        return cls(
            changes=tuple(_change(entry) for entry in raw.get("resource_changes", []) if _is_managed(entry)),
            drift=tuple(_change(entry) for entry in raw.get("resource_drift", []) if _is_managed(entry)),
            variables={name: entry.get("value") for name, entry in raw.get("variables", {}).items()},
            outputs=raw.get("output_changes", {}),
            raw=raw,
        )

    def of_type(self, *types: str) -> list[Change]:
        """Return every entry of these resource types, those that do not change among them."""
        return [change for change in self.changes if change.type in types]

    @property
    def changed(self) -> list[Change]:
        return [change for change in self.changes if change.is_change]

    @property
    def changed_outputs(self) -> list[str]:
        """The names of the outputs that the plan changes."""
        return sorted(name for name, change in self.outputs.items() if change.get("actions") != ["no-op"])

    @property
    def has_effect(self) -> bool:
        """True when the plan changes anything: resources, outputs, or what the state says about them."""
        touched = (change.is_change or change.is_moved or change.importing for change in self.changes)
        return any(touched) or bool(self.changed_outputs)


def _is_managed(entry: Mapping[str, Any]) -> bool:
    return entry.get("mode", "managed") == "managed"


def _change(entry: Mapping[str, Any]) -> Change:
    change = entry["change"]
    return Change(
        address=entry["address"],
        type=entry["type"],
        name=entry["name"],
        module=entry.get("module_address", ""),
        action=_action(change["actions"]),
        before=change.get("before") or {},
        after=_with_unknown(change.get("after"), change.get("after_unknown")) or {},
        before_sensitive=change.get("before_sensitive", False),
        after_sensitive=change.get("after_sensitive", False),
        replace_paths=tuple(".".join(map(str, path)) for path in change.get("replace_paths", [])),
        reason=entry.get("action_reason", ""),
        is_leftover="deposed" in entry,
        previous_address=entry.get("previous_address") or "",
        importing=_imported(change.get("importing")),
    )


def _imported(importing: Any) -> str:
    """Return the id, or what stands for it where a resource has none or it is not known yet."""
    if importing is None:
        return ""
    found = importing.get("id") if isinstance(importing, Mapping) else None
    return str(found or UNKNOWN)


def _action(actions: list[str]) -> Action:
    """A pair is a replacement; with `forget` the old thing stays, but nothing here leads to it any more."""
    if len(actions) == 2:
        return "replace"
    return actions[0]  # type: ignore[return-value]


def _with_unknown(after: Any, unknown: Any) -> Any:
    """Return `after` with UNKNOWN wherever `unknown` says true."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and unknown:
        known = after if isinstance(after, Mapping) else {}
        names = [*known, *(name for name in unknown if name not in known)]
        return {
            name: _with_unknown(known.get(name), unknown.get(name))
            for name in names
            if name in known or _has_unknown(unknown[name])
        }
    if isinstance(unknown, list) and unknown:
        values = after if isinstance(after, list) else []
        longest = max(len(values), len(unknown))
        padded = [*values, *[None] * (longest - len(values))]
        marks = [*unknown, *[False] * (longest - len(unknown))]
        return [_with_unknown(value, mark) for value, mark in zip(padded, marks, strict=True)]
    return after


def _has_unknown(marks: Any) -> bool:
    if isinstance(marks, Mapping):
        return any(_has_unknown(mark) for mark in marks.values())
    if isinstance(marks, list):
        return any(_has_unknown(mark) for mark in marks)
    return marks is True


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in {*before, *after}:
            yield from _differences(
                before.get(name), after.get(name), f"{path}.{name}" if path else str(name)
            )
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, f"{path}.{index}" if path else str(index))
    elif before != after:
        yield path
