"""Plans for the tests, as `terraform show -json` tells them."""

from collections.abc import Mapping
from typing import Any

from scones.review.plan import Plan


def change(
    address: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    actions: list[str] | None = None,
    before_sensitive: Any = False,
    after_sensitive: Any = False,
) -> dict[str, Any]:
    """Return an entry of resource_changes; the action follows from what is there."""
    kind, name = address.split(".")[-2:]
    chosen = ["create"] if before is None else ["delete"] if after is None else ["update"]
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {
            "actions": actions or (["no-op"] if before == after else chosen),
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": before_sensitive,
            "after_sensitive": after_sensitive,
        },
    }


def plan(*changes: dict[str, Any], **raw: Any) -> Plan:
    return Plan.from_json({"format_version": "1.2", "resource_changes": list(changes)} | raw)
