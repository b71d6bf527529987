"""What a saved plan was made from.

Terraform pins neither the functions' zips nor the files of variables in a saved plan, and it ignores later
edits of the code: only a changed state makes it refuse. So their digests are kept beside the plan.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from scones.errors import SconesError
from scones.settings import BUILD, REPOSITORY, TERRAFORM, read_json, write_json


class PlanOutdated(SconesError):
    """Something that a saved plan was made from has changed since."""


def record(plan_file: Path, root: str, variable_files: Iterable[Path]) -> None:
    """Keep the digests of what a plan has just been made from."""
    write_json(_beside(plan_file), _digests([*_code(root), *variable_files]))


def check(plan_file: Path) -> None:
    """Raise PlanOutdated, with what has changed, unless all is as it was when the plan was made."""
    recorded = read_json(_beside(plan_file)) or {}
    now = _digests([Path(name) for name in recorded])
    changed = sorted(Path(name).name for name in recorded if recorded[name] != now[name])
    if changed or not recorded:
        named = ", ".join(changed) or "what it was made from"
        raise PlanOutdated(f"the saved plan is older than {named}: run 'make plan' again, and read it")


def _code(root: str) -> list[Path]:
    """The code that a root runs: its own, the modules', the state machines', the functions' zips."""
    folders = [(TERRAFORM / root, "*.tf"), (TERRAFORM / "modules", "**/*.tf")]
    if root == "workflow":
        folders += [(REPOSITORY / "statemachine", "*.json"), (BUILD / "lambdas", "*.zip")]
    found = [path for folder, pattern in folders for path in sorted(folder.glob(pattern))]
    # Which of them there is depends on where the state is, not on what is planned.
    return [path for path in found if path.name != "backend_override.tf"]


def _digests(files: Iterable[Path]) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "gone"
        for path in files
    }


def _beside(plan_file: Path) -> Path:
    return plan_file.with_suffix(".inputs.json")
