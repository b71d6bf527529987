"""Show a pull request's plans in it, and find those of a merged one again. GitHub's workflows run this.

    python scripts/pull_request.py --env prod --show 12       what the saved plans do, as one comment
    python scripts/pull_request.py --env prod --failed 12     that there is no plan, in that comment's place
    python scripts/pull_request.py --env prod --merged <sha>  digest=… and allow=… of the plans of that merge
    python scripts/pull_request.py --env prod --fetched       refuse fetched plans that no job may apply

The comment is written once for each environment and then over itself. A workflow's summary gets all of it.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scones import agreement
from scones.errors import SconesError, UsageError, main
from scones.github import Repository
from scones.infrastructure.terraform import ROOTS
from scones.review.text import comment
from scones.settings import Environment, add_environment_argument


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    if arguments.show:
        show(environment, arguments.show)
    elif arguments.failed:
        text = comment.failure(environment.name, run_address())
        print(Repository.here().say_once(arguments.failed, comment.marker(environment.name), text))
    elif arguments.merged:
        merged(environment, arguments.merged)
    elif arguments.fetched:
        leave_to_a_person(environment)
    else:
        raise UsageError("say --show <number>, --failed <number>, --merged <sha> or --fetched")


def show(environment: Environment, number: int) -> None:
    """Write what the saved plans do into the pull request, and into the workflow's summary."""
    plans = environment.home / "plans"
    reviews = {
        path.parent.name: path.read_text()
        for path in (plans / root / "review.md" for root in ROOTS)
        if path.is_file()
    }
    if not reviews:
        raise SconesError(f"no plan is saved: run 'make plan ENV={environment.name}'")
    digest = (plans / "digest").read_text().strip()
    add_line("GITHUB_STEP_SUMMARY", "\n\n".join(reviews.values()))
    agreements = [agreement.line(environment.name, gate, digest) for gate in open_gates(environment)]
    text = comment.comment(
        environment.name, digest, reviews, run_address(), agreements, foundation_changes(environment)
    )
    print(Repository.here().say_once(number, comment.marker(environment.name), text))


def merged(environment: Environment, commit: str) -> None:
    """Hand on the digest that the merged pull request shows, and the gates that were agreed to for it.

    Raises SconesError when nothing of this commit was reviewed for the environment, or something else was.
    """
    name, repository = environment.name, Repository.here()
    by_hand = f"run 'make plan ENV={name}', read it, and run 'make apply ENV={name}'"
    pull = repository.merged_by(commit)
    if pull is None:
        raise SconesError(
            f"{commit[:12]} was merged by no pull request, so nobody has seen a plan: {by_hand}"
        )
    said = repository.comment(pull["number"], comment.marker(name))
    found = comment.digest_in(said["body"], name) if said else None
    if said is None or found is None:
        raise SconesError(f"pull request {pull['number']} shows no plan of {name}: {by_hand}")
    agreement.check_order(repository, pull, said)
    gates = agreement.gates(repository, pull, repository.comments(pull["number"]), name, found)
    for line in (f"digest={found}", f"allow={','.join(gates)}"):
        print(line)
        add_line("GITHUB_OUTPUT", line)


def leave_to_a_person(environment: Environment) -> None:
    """Raise SconesError when the saved plans change the foundation, which no job may."""
    if foundation_changes(environment):
        apply = f"make apply ENV={environment.name} ARGS='--root foundation'"
        raise SconesError(f"the foundation changes: a person applies it ({apply}), and nothing was applied")
    print("The foundation does not change.")


def foundation_changes(environment: Environment) -> bool:
    """Say whether the saved plans change a resource of the foundation."""
    return any(sum(review["counts"].values()) for review in saved_reviews(environment, ["foundation"]))


def open_gates(environment: Environment) -> list[str]:
    """Return the gates that the saved plans trip and that the environment does not let pass by itself."""
    trips = [trip for review in saved_reviews(environment, ROOTS) for trip in review["gates"]]
    return sorted({trip["gate"]["name"] for trip in trips if not trip["approved"]})


def saved_reviews(environment: Environment, roots: Sequence[str]) -> list[dict[str, Any]]:
    """Return the reviews of these roots' saved plans, for programs."""
    paths = [environment.home / "plans" / root / "review.json" for root in roots]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def run_address() -> str:
    """Return where the workflow's run can be read."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    number = os.environ.get("GITHUB_RUN_ID", "")
    return f"{server}/{Repository.here().name}/actions/runs/{number}"


def add_line(variable: str, text: str) -> None:
    """Append to the file that a workflow's runner names in this variable; do nothing outside of one."""
    if name := os.environ.get(variable):
        with Path(name).open("a") as file:
            file.write(f"{text}\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--show", type=int, metavar="NUMBER", help="the pull request that gets the review")
    parser.add_argument("--failed", type=int, metavar="NUMBER", help="the pull request that has no plan")
    parser.add_argument("--merged", metavar="SHA", help="the commit that a merge has made")
    parser.add_argument("--fetched", action="store_true", help="look at the plans that were fetched")
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
