"""Plan terraform/workflow, and save the plan that `make apply` applies.

python scripts/plan.py --env local
python scripts/plan.py --env local --check      fail unless both roots are as their code says

"""

import argparse
import sys

from scones.errors import SconesError, main
from scones.infrastructure.terraform import ROOTS, Root
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--check", action="store_true", help="save nothing, and fail on any change")
    parser.add_argument("--root", choices=ROOTS, help="with --check: this root alone")
    arguments = parser.parse_args()
    environment = Environment.load(arguments.env)
    if arguments.check:
        check(environment, [arguments.root] if arguments.root else list(ROOTS))
        return
    root = Root("workflow", environment)
    changes = root.plan()
    next_step = f"make apply ENV={environment.name}"
    print(f"The plan is saved. Next: {next_step}" if changes else "Nothing to change.", file=sys.stderr)


def check(environment: Environment, names: list[str]) -> None:
    changed = []
    for name in names:
        root = Root(name, environment)
        if root.plan():
            changed.append(name)
        root.plan_file.unlink(missing_ok=True)
    if changed:
        raise SconesError(f"{' and '.join(changed)}: the plan is not empty; what would change stands above")
    print(f"{' and '.join(names)}: as the code says, nothing to change.")


if __name__ == "__main__":
    main(command)
