"""Plan an environment: save the plan of each root, review it, and seal it for `make apply`.

    python scripts/plan.py --env prod
    python scripts/plan.py --env prod --root workflow
    python scripts/plan.py --env prod --purpose pause       the endpoint goes until `resume`
    python scripts/plan.py --env prod --purpose rollback    the last release that passed
    python scripts/plan.py --env local --check              fail unless both roots are as their code says

What each plan does is printed, and stands in build/<env>/plans/<root>/review.md for a pull request.
"""

import argparse
import shutil
import sys

from scones.errors import NotDeployed, SconesError, main
from scones.infrastructure import releases
from scones.infrastructure.planning import Planned, Request, make_plan, pack
from scones.infrastructure.saved_plans import digest, plan_all
from scones.infrastructure.terraform import ROOTS
from scones.progress import waiting
from scones.review.text.rendering import summary
from scones.settings import Environment, add_environment_argument

PURPOSES = ("apply", "pause", "resume", "rollback")


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    if arguments.releases:
        list_releases(environment)
        return
    roots = roots_of(arguments)
    if arguments.check:
        check(environment, roots)
        return
    with waiting(f"planning {' and '.join(roots)} of {environment.name}"):
        made = plan_all(environment, request_of(environment, arguments), roots)
    for planned in made:
        print(f"{summary(planned.review)}\n")
    print(f"Digest: {digest(environment)}")
    say_next(environment, made, roots)


def roots_of(arguments: argparse.Namespace) -> list[str]:
    if arguments.root:
        return [arguments.root]
    # What pauses, resumes or goes back is the workflow.
    return list(ROOTS) if arguments.purpose == "apply" else ["workflow"]


def request_of(environment: Environment, arguments: argparse.Namespace) -> Request:
    purpose = arguments.purpose
    paused = {"pause": True, "resume": False}.get(purpose)
    release = None
    if purpose in ("pause", "resume") and not environment.is_deployed("workflow"):
        raise NotDeployed(f"nothing is deployed in {environment.name}: there is nothing to {purpose}")
    if purpose in ("pause", "resume"):
        # What runs stays what it is: not the newest model, nor code that is not deployed yet.
        running = releases.applied_id(environment)
        release = _fetched(environment, releases.find(environment, running), purpose) if running else None
    if purpose == "rollback":
        found = releases.find(environment, arguments.to) if arguments.to else releases.last_good(environment)
        if found is None:
            raise SconesError(
                f"{environment.name} has no other release that passed 'make test': "
                "there is nothing to go back to"
            )
        print(f"Going back to release {found.id}", file=sys.stderr)
        release = _fetched(environment, found, purpose)
    return Request(purpose, paused, release, arguments.hours)


def _fetched(environment: Environment, release: releases.Release, purpose: str) -> releases.ReleaseFiles:
    return releases.fetch(environment, release, environment.home / purpose)


def check(environment: Environment, roots: list[str]) -> None:
    """Plan, save nothing, and fail on any change. Roots may be checked side by side."""
    pack()
    changed = []
    for name in roots:
        planned = make_plan(environment, name, Request(), environment.home / "check" / name / "plan")
        shutil.rmtree(planned.folder.parent)
        if planned.seal.changes:
            changed.append(name)
            print(f"{summary(planned.review)}\n")
    if changed:
        raise SconesError(f"{' and '.join(changed)}: the plan is not empty; what would change stands above")
    print(f"{' and '.join(roots)}: as the code says, nothing to change.")


def say_next(environment: Environment, made: list[Planned], roots: list[str]) -> None:
    if not any(planned.seal.changes for planned in made):
        print("Nothing to change.", file=sys.stderr)
        return
    gates = sorted({gate for planned in made for gate in planned.review.open_gates})
    allow = f" ALLOW={','.join(gates)}" if gates else ""
    print(f"The plan is sealed. Next: make apply ENV={environment.name}{allow}", file=sys.stderr)
    if len(made) < len(roots):
        print("The workflow can be planned when that is applied, and a model is trained.", file=sys.stderr)


def list_releases(environment: Environment) -> None:
    for release in releases.releases(environment):
        print(release)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--root", choices=ROOTS, help="plan this root alone")
    parser.add_argument("--purpose", choices=PURPOSES, default="apply", help="default: %(default)s")
    parser.add_argument("--to", metavar="RELEASE", help="with --purpose rollback: this release")
    parser.add_argument("--releases", action="store_true", help="list the releases, and plan nothing")
    parser.add_argument(
        "--hours", type=float, help="how long the plan may be applied; default: approvals.toml"
    )
    parser.add_argument("--check", action="store_true", help="fail on any change")
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
