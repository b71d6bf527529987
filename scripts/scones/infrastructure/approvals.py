"""What it takes to apply a plan: terraform/environments/approvals.toml, ALLOW and CONFIRM."""

import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from scones.errors import SconesError
from scones.infrastructure.refusals import Refusal
from scones.settings import ENVIRONMENTS, Environment

FILE = ENVIRONMENTS / "approvals.toml"
EVERY_GATE = "*"
PURPOSES = ("apply", "destroy", "pause", "resume", "rollback")


@dataclass(frozen=True)
class Rules:
    """An environment's rules, as approvals.toml explains them."""

    confirm: bool
    clean_tree: bool
    plan_hours: float
    accuracy_floor: float | None = None
    approved: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, environment: str, file: Path = FILE) -> "Rules":
        """Return an environment's rules; SconesError when the file does not say them properly."""
        try:
            tables = tomllib.loads(file.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SconesError(f"{file} cannot be read ({error}): correct it") from None
        table = tables.get(environment, tables.get("default"))
        known = {entry.name for entry in fields(cls)}
        if table is None or not {"confirm", "clean_tree", "plan_hours"} <= table.keys() <= known:
            raise SconesError(f"{file}: [{environment}] or [default] needs confirm, clean_tree, plan_hours")
        unknown = table.get("approved", {}).keys() - set(PURPOSES)
        if unknown:
            raise SconesError(f"{file}: [{environment}.approved] knows no {', '.join(sorted(unknown))}")
        return cls(**table)

    def approves(self, gate: str, purpose: str) -> bool:
        """Say whether this environment lets a gate pass by default, for plans made for this purpose."""
        approved = self.approved.get(purpose, [])
        return gate in approved or EVERY_GATE in approved


def allowed_gates(known: Iterable[str], words: str | None = None) -> frozenset[str]:
    """Return the gates that ALLOW names; SconesError when it names one that there is not."""
    words = os.environ.get("ALLOW", "") if words is None else words
    named = {word.strip() for word in words.split(",") if word.strip()}
    strangers = sorted(named - set(known))
    if strangers:
        raise SconesError(f"ALLOW={','.join(strangers)}: there is no such gate; docs/plans.md lists them")
    return frozenset(named)


def confirm(environment: Environment, what: str) -> None:
    """Have the environment's name typed, or given as CONFIRM, before anything is touched."""
    answer = os.environ.get("CONFIRM")
    if answer is None and sys.stdin.isatty():
        answer = input(f"{what} Type {environment.name} to go on: ").strip()
    if answer != environment.name:
        raise Refusal(
            "not-confirmed",
            f"{environment.name} asks for its name: type it when asked, or give CONFIRM={environment.name}",
        )
