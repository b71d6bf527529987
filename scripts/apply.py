"""Apply the saved plan of terraform/workflow, and nothing else.

    python scripts/apply.py --env local

For local AWS a plan is made first when none is saved, or when what it was made from has changed. For an
account it must have been made, and read, before.
"""

import argparse
import sys

from scones.errors import NotDeployed, main
from scones.infrastructure.inputs import PlanOutdated
from scones.infrastructure.terraform import Root
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    environment = Environment.load(parser.parse_args().env)
    root = Root("workflow", environment)
    if not root.plan_file.is_file():
        if not environment.is_local:
            raise NotDeployed(f"no plan is saved: run 'make plan ENV={environment.name}' and read it first")
        root.plan(show=not environment.is_local)
    try:
        root.apply()
    except PlanOutdated as outdated:
        if not environment.is_local:
            raise
        print(f"{outdated}: planning again", file=sys.stderr)
        root.plan(show=not environment.is_local)
        root.apply()
    workflow = Environment.load(environment.name).workflow
    print(f"State machine  {workflow.state_machine_arn}")
    print(f"Endpoint       {workflow.endpoint_name}")
    print(f"The workflow of {environment.name} runs. Next: make run ENV={environment.name}")


if __name__ == "__main__":
    main(command)
