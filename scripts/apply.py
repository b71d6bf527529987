"""Apply the sealed plans of an environment, and nothing else.

    python scripts/apply.py --env local
    CONFIRM=prod python scripts/apply.py --env prod
    ALLOW=destroys-endpoint python scripts/apply.py --env dev
    python scripts/apply.py --env prod --seal <digest>      exactly the plans of that digest

For local AWS a plan is made first when none is saved. For an account it must have been made, and read.
"""

import argparse
import sys

from scones.errors import SconesError, main
from scones.infrastructure import applying
from scones.infrastructure.approvals import Rules, allowed_gates
from scones.infrastructure.planning import Request
from scones.infrastructure.saved_plans import check_digest, plan_all
from scones.infrastructure.terraform import ROOTS
from scones.progress import waiting
from scones.review.gates import GATES
from scones.review.text.rendering import summary
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--root", choices=ROOTS, help="apply this root's plan alone")
    parser.add_argument("--seal", metavar="DIGEST", help="refuse any plans but those of this digest")
    arguments = parser.parse_args()
    environment = Environment.load(arguments.env)
    allowed_gates(gate.name for gate in GATES)  # a name that is wrong is said before anything is planned
    if environment.is_local and not applying.saved_plans(environment):
        plan_first(environment)
    if arguments.seal:
        check_digest(environment, arguments.seal)
    names = [arguments.root] if arguments.root else applying.saved_plans(environment) or ["workflow"]
    plans = [applying.check(environment, name) for name in names]
    if any(plan.seal.purpose == "destroy" for plan in plans):
        raise SconesError(f"what is saved is a plan to destroy: run 'make destroy ENV={environment.name}'")
    applying.check_agreement(environment, plans)
    stale = Rules.load(environment.name).confirm  # the question may have been open for long
    for plan in plans:
        applying.apply(environment, applying.check(environment, plan.root.name) if stale else plan)
        stale = stale or plan.seal.changes  # a foundation may have changed what the workflow builds on
    say_what_runs(Environment.load(environment.name))


def plan_first(environment: Environment) -> None:
    print("No plan is saved: planning first", file=sys.stderr)
    with waiting(f"planning {environment.name}"):
        made = plan_all(environment, Request())
    for planned in made:
        print(summary(planned.review), file=sys.stderr)


def say_what_runs(environment: Environment) -> None:
    if not environment.is_deployed("workflow"):
        print(
            f"The foundation of {environment.name} stands. Next: make stage train plan ENV={environment.name}"
        )
        return
    workflow = environment.workflow
    print(f"State machine  {workflow.state_machine_arn}")
    print(f"Endpoint       {workflow.endpoint_name}{' (paused)' if workflow.paused else ''}")
    following = "make resume" if workflow.paused else "make run"
    print(f"The workflow of {environment.name} is as planned. Next: {following} ENV={environment.name}")


if __name__ == "__main__":
    main(command)
