"""Check everything that can be checked without running it: code, Terraform, policies, workflows.

    python scripts/lint.py
    python scripts/lint.py checkov parliament
    python scripts/lint.py --list

One line a check; what a failed one found is printed below. AWS is not asked, and once the tools are installed
the network is not either.
"""

import argparse
import os
import tempfile
from pathlib import Path

from checks import code, policies, terraform, workflows
from checks.check import FAILED, SKIPPED, Check, Outcome, Place, run
from scones.errors import SconesError, UsageError, main
from scones.infrastructure.toolchain import TOOLS
from scones.settings import BUILD, REPOSITORY

# The long ones first, so that they do not start when all else is done.
CHECKS = (
    Check("checkov", policies.checkov),
    Check("statelint", policies.statelint),
    Check("parliament", policies.parliament),
    Check("terraform validate", terraform.validate),
    Check("terraform fmt", terraform.fmt),
    Check("terraform variables", terraform.variables),
    Check("terraform readmes", code.readmes),
    Check("mypy", code.mypy),
    Check("ruff", code.ruff),
    Check("ruff format", code.ruff_format),
    Check("shellcheck", code.shellcheck),
    Check("yamllint", code.yamllint),
    Check("zizmor", workflows.zizmor),
    Check("actionlint", workflows.actionlint),
)


def command() -> None:
    arguments = parse_arguments()
    if arguments.list:
        for check in CHECKS:
            print(f"{check.name:19}  {(check.look.__doc__ or '').strip()}")
        return
    checks = chosen(arguments.names)
    outcomes = []
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lint-", dir=BUILD) as work:
        place = Place(arguments.tree.resolve(), Path(work), TOOLS)
        for outcome in run(checks, place, workers=os.cpu_count() or 2):
            print(line(outcome), flush=True)
            outcomes.append(outcome)
    conclude(outcomes)


def chosen(names: list[str]) -> list[Check]:
    known = {check.name: check for check in CHECKS}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"there is no check {unknown[0]!r}: there are {', '.join(known)}")
    return [known[name] for name in names] if names else list(CHECKS)


def line(outcome: Outcome) -> str:
    why = f"  {outcome.said}" if outcome.result == SKIPPED else ""
    return f"{outcome.name:19}  {outcome.result:7}  {outcome.seconds:5.1f} s{why}"


def conclude(outcomes: list[Outcome]) -> None:
    """Print what the failed checks found, and end with a line that says how it went."""
    failed = [outcome for outcome in outcomes if outcome.result == FAILED]
    for outcome in failed:
        print(f"\n--- {outcome.name}\n{outcome.said}", flush=True)
    if failed:
        names = ", ".join(outcome.name for outcome in failed)
        raise SconesError(f"{len(failed)} of {len(outcomes)} checks failed: {names}")
    skipped = sum(outcome.result == SKIPPED for outcome in outcomes)
    print(f"{len(outcomes) - skipped} checks found nothing" + (f", {skipped} skipped" if skipped else ""))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="CHECK", help="make only these; default: all")
    parser.add_argument("--list", action="store_true", help="print what each check looks for")
    parser.add_argument(
        "--tree", type=Path, default=REPOSITORY, metavar="DIR", help="check this tree; default: the project"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main(command)
