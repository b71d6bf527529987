"""Which changes are noise: they are counted and named, and nobody has to read them one by one."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from scones.review.kinds import FUNCTION
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.values import at

TAGS, COMPUTED, ZIPS = "tags", "computed", "zips"
TAG_ROOTS = ("tags", "tags_all")
INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
# What a function's new zip changes in it.
OF_A_ZIP = frozenset(
    {
        "filename",
        "source_code_hash",
        "source_code_size",
        "code_sha256",
        "s3_key",
        "s3_object_version",
        "last_modified",
        "qualified_arn",
        "qualified_invoke_arn",
        "version",
    }
)
# Never noise although a plan may not know them yet, where the configuration does not say who sets them.
MEANT = frozenset(
    {
        "assume_role_policy",
        "definition",
        "endpoint_config_name",
        "environment",
        "image",
        "inline_policy",
        "kms_key_arn",
        "kms_key_id",
        "kms_master_key_id",
        "model_data_url",
        "model_name",
        "policy",
        "role",
        "role_arn",
    }
)


class Noise:
    """Tells noise from what somebody meant, by what the configuration of a plan sets."""

    def __init__(self, plan: Plan) -> None:
        self._set: dict[str, Mapping[str, Any]] = dict(_expressions(plan.raw.get("configuration") or {}))

    def kind(self, change: Change) -> str | None:
        """Return why a change is noise (tags, computed, zips), or None when it is not."""
        if change.action != "update" or not (paths := change.changed_paths()):
            return None
        roots = {path.partition(".")[0] for path in paths}
        if roots <= set(TAG_ROOTS):
            return TAGS
        if change.type == FUNCTION and roots <= OF_A_ZIP:
            return ZIPS
        if all(self.is_computed(change, path) for path in paths):
            return COMPUTED
        return None

    def is_computed(self, change: Change, path: str) -> bool:
        """Say whether an attribute is filled in by AWS, and is not known before it has been."""
        if at(change.after, path) != UNKNOWN or path in change.replace_paths:
            return False
        steps = [step for step in path.split(".") if not step.isdigit()]
        expressions = self._set.get(INDEX.sub("", change.address))
        if expressions is None:
            return not MEANT & set(steps)
        return not _is_set(expressions, steps)


def is_said_twice(path: str, paths: Collection[str]) -> bool:
    """Say whether a tag of `tags_all`, which holds the default ones too, is told among `tags`."""
    root, _, key = path.partition(".")
    said = {"tags", f"tags.{key}"} if key else {"tags"}
    return root == "tags_all" and bool(said & set(paths))


def changed_tags(change: Change) -> dict[str, tuple[Any, Any]]:
    """Return the tags that differ, each with its value before and after."""
    found: dict[str, tuple[Any, Any]] = {}
    for root in TAG_ROOTS:
        before, after = (state.get(root) for state in (change.before, change.after))
        old, new = (values if isinstance(values, Mapping) else {} for values in (before, after))
        found |= {key: (old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)}
    return found


def _expressions(configuration: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from _of_module(configuration.get("root_module") or {}, "")


def _of_module(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources") or []:
        yield prefix + str(resource.get("address")), resource.get("expressions") or {}
    for name, call in (module.get("module_calls") or {}).items():
        yield from _of_module(call.get("module") or {}, f"{prefix}module.{name}.")


def _is_set(expressions: Any, steps: list[str]) -> bool:
    """Follow a path into what the configuration says; an expression on the way sets all below it."""
    if isinstance(expressions, list):
        return any(_is_set(entry, steps) for entry in expressions)
    if not isinstance(expressions, Mapping):
        return False
    if not steps or "references" in expressions or "constant_value" in expressions:
        return True
    return steps[0] in expressions and _is_set(expressions[steps[0]], steps[1:])
