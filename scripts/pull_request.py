"""Show a pull request's plans in it, and find those of a merged one again. GitHub's workflows run this.

    python scripts/pull_request.py --env prod --show 12       what the saved plans do, as one comment
    python scripts/pull_request.py --env prod --failed 12     that there is no plan, in that comment's place
    python scripts/pull_request.py --env prod --merged <sha>  digest=… and allow=… of the plans of that merge

The comment is written once for each environment and then over itself. A workflow's summary gets all of it.
"""

import argparse
import os
import re
from pathlib import Path
from typing import Any

from scones.errors import SconesError, UsageError, main
from scones.github import Repository
from scones.infrastructure.terraform import ROOTS
from scones.review.text import comment
from scones.settings import Environment, add_environment_argument

AGREED = "allow:"  # what a label begins with that agrees to a gate
GATE = re.compile(r"[a-z][a-z-]*")


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
    else:
        raise UsageError("say --show <number>, --failed <number> or --merged <sha>")


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
    text = comment.comment(environment.name, digest, reviews, run_address())
    print(Repository.here().say_once(number, comment.marker(environment.name), text))


def merged(environment: Environment, commit: str) -> None:
    """Hand on the digest that the merged pull request shows, and the gates that its labels agree to.

    Raises SconesError when nothing of this commit was reviewed for the environment.
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
    if found is None:
        raise SconesError(f"pull request {pull['number']} shows no plan of {name}: {by_hand}")
    for line in (f"digest={found}", f"allow={','.join(agreed_gates(pull))}"):
        print(line)
        add_line("GITHUB_OUTPUT", line)


def agreed_gates(pull: dict[str, Any]) -> list[str]:
    """Return the gates that labels agree to. Labels are free text."""
    labels = [str(label["name"]) for label in pull["labels"]]
    gates = [label.removeprefix(AGREED) for label in labels if label.startswith(AGREED)]
    for gate in gates:
        if not GATE.fullmatch(gate):
            raise SconesError(f"the label {AGREED + gate!r} names no gate: take it away")
    return gates


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
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
