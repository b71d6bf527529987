"""Say what each role of local AWS was allowed, used and denied since it started.

    python scripts/permissions.py
    python scripts/permissions.py --check

A grant that nothing used needs a reason in terraform/unused_grants.toml, and so does a statement without
which every call would be allowed as well; --check fails where one is missing. Asks the local AWS that runs;
when none does, what the last main job was told is shown.
"""

import argparse
import json
import urllib.request
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scones.errors import NotDeployed, SconesError, UsageError, main
from scones.infrastructure.grants import Line, judge, read_reasons
from scones.settings import BUILD, Environment, add_environment_argument, read_json, write_json

WIDTH = 80
STYLES = {"denied": "yellow", "unused": "dim"}


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--check", action="store_true", help="fail for a grant that nothing used or excuses")
    arguments = parser.parse_args()
    environment = Environment.load(arguments.env)
    if not environment.is_local:
        raise UsageError("only local AWS remembers what its roles did: use --env local")
    lines = judge(report(environment), read_reasons(), f"scones-{environment.name}-")
    Console(width=WIDTH, highlight=False).print(table(lines))
    wrong = [line for line in lines if line.is_wrong]
    if arguments.check and wrong:
        raise SconesError(f"{len(wrong)} without a reason, the first: {wrong[0].role} {wrong[0].what}")


def report(environment: Environment) -> dict[str, Any]:
    """Return what the running local AWS tells, which is kept beside it, or what was kept last."""
    kept = environment.home / "permissions.json"
    try:
        address = environment.local_aws()["endpoint_url"]
    except NotDeployed:
        found = read_json(kept) or read_json(BUILD / "e2e" / "permissions.json")
        if found is None:
            raise
        return dict(found)
    with urllib.request.urlopen(f"{address}/_localaws/permissions", timeout=60) as answer:  # noqa: S310
        told: dict[str, Any] = json.load(answer)
    write_json(kept, told)
    return told


def table(lines: list[Line]) -> Table:
    """Return what was done and what was not, a section a role."""
    shown = Table(show_edge=False, pad_edge=False, width=WIDTH)
    shown.add_column("", no_wrap=True)
    shown.add_column("role, and its actions", overflow="fold")
    shown.add_column("how often, on what; or why not", overflow="fold", ratio=1)
    role = ""
    for line in lines:
        if line.role != role:
            shown.add_section()
            shown.add_row("", line.role, "", style="bold")
            role = line.role
        is_call = line.kind in ("used", "denied")
        how = Text(
            line.how.replace("arn:aws:", ""), no_wrap=is_call, overflow="ellipsis" if is_call else "fold"
        )
        style = "bold red" if line.is_wrong else STYLES.get(line.kind)
        shown.add_row(line.kind, line.what.replace(" ", "\n"), how, style=style)
    return shown


if __name__ == "__main__":
    main(command)
