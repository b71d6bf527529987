"""Plan and apply terraform/foundation: data bucket, key, SageMaker's role, model package group.

    python scripts/foundation.py --env local
    CONFIRM=prod python scripts/foundation.py --env prod

It is the first step of an environment; running it again changes nothing. The plan is reviewed and sealed like
any other, and its gates and the environment's rules hold.
"""

import argparse
import sys

from scones.errors import main
from scones.infrastructure import applying
from scones.infrastructure.approvals import Rules
from scones.infrastructure.planning import Request, make_plan
from scones.infrastructure.refusals import Refusal
from scones.progress import waiting
from scones.review.text.rendering import summary
from scones.settings import Environment, add_environment_argument


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    environment = Environment.load(parser.parse_args().env)
    if Rules.load(environment.name).confirm and not sys.stdin.isatty():
        name = environment.name
        raise Refusal("not-reviewed", f"run 'make plan ENV={name}', read it, then 'make apply ENV={name}'")
    with waiting(f"planning the foundation of {environment.name}"):
        planned = make_plan(environment, "foundation", Request())
    print(summary(planned.review), file=sys.stderr)
    plan = applying.check(environment, "foundation")
    applying.check_agreement(environment, [plan])
    applying.apply(environment, plan)
    print(f"The foundation of {environment.name} stands. Next: make stage ENV={environment.name}")


if __name__ == "__main__":
    main(command)
