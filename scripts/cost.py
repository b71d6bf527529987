"""Say what the deployed environment costs: always on, and for 1,000 classifications.

    python scripts/cost.py --env prod
    python scripts/cost.py --env prod --json

Nothing is asked of AWS but the state. The prices are list prices from a dated table in the repository; what
it does not hold is said to be unknown.
"""

import argparse
import json

from rich.console import Console
from rich.table import Table

from scones.errors import NotDeployed, main
from scones.infrastructure.terraform import ROOTS, Root
from scones.review.money import bill
from scones.review.money.cost import Cost, monthly
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the same for programs")
    arguments = parser.parse_args()
    environment = Environment.load(arguments.env)
    resources = [found for name in ROOTS for found in Root(name, environment).state().resources]
    if not resources:
        name = environment.name
        raise NotDeployed(
            f"nothing is deployed in {name}, so nothing costs: run 'make foundation ENV={name}'"
        )
    cost = monthly(resources)
    if arguments.json:
        print(json.dumps({"environment": environment.name} | cost.as_json(), indent=2))
        return
    console = Console(markup=False, highlight=False)
    console.print(table(cost, environment.name))
    console.print(f"\n{bill.notes(cost)}")


def table(cost: Cost, environment: str) -> Table:
    """Return the lines and their sums."""
    shown = Table(environment, "costs", "how", show_edge=False)
    for line in cost.lines:
        shown.add_row(line.what, bill.amounts([line]), line.how)
    shown.add_section()
    shown.add_row("always on, a month", bill.month(cost), "")
    shown.add_section()
    for share in cost.shares:
        shown.add_row(share.what, bill.used([share]), share.how)
    if cost.shares:
        shown.add_section()
        shown.add_row("1,000 classifications", bill.thousand(cost), "")
    return shown


if __name__ == "__main__":
    main(command)
