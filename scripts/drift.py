"""Say what was changed by hand since Terraform applied last. Exits with 2 when anything was.

python scripts/drift.py --env prod

Nothing is changed, and the state stays as it is; `make plan` says what an apply would put back.
"""

import argparse
import shutil

from scones.errors import NotDeployed, SconesError, main
from scones.infrastructure import serving
from scones.infrastructure.planning import Request, pack, variable_files
from scones.infrastructure.terraform import ROOTS, Root
from scones.progress import waiting
from scones.review.ledger.drift import describe
from scones.review.plan import Plan
from scones.review.secrets.masking import without_secrets
from scones.settings import Environment, add_environment_argument


class Drifted(SconesError):
    """Something is not as Terraform left it."""

    exit_code = 2


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    environment = Environment.load(parser.parse_args().env)
    pack()  # the code checks that the zips are there
    deployed = [name for name in ROOTS if environment.is_deployed(name)]
    if not deployed:
        raise NotDeployed(f"nothing is deployed in {environment.name}: nothing can have changed")
    with waiting(f"asking AWS what {environment.name} looks like"):
        found = {name: look(environment, name) for name in deployed}
    lines = [f"{name}: {line}" for name, lines in found.items() for line in lines]
    for line in lines:
        print(line)
    if lines:
        raise Drifted(
            f"{len(lines)} changed by hand: 'make plan ENV={environment.name}' says what it would put back"
        )
    print(f"{' and '.join(deployed)}: as Terraform left them.")


def look(environment: Environment, name: str) -> list[str]:
    """Return one line for each thing that differs from the state."""
    root = Root(name, environment)
    root.init()
    files = variable_files(environment, name, Request())
    folder = environment.home / "drift" / name
    if name == "workflow":
        now = serving.Serving.now(root.state(), environment)
        files.append(serving.write(folder / "serving.tfvars.json", now.paused, now.configured))
    try:
        root.plan(folder / "tfplan", files, refresh_only=True)
        return describe(without_secrets(Plan.from_json(root.show(folder / "tfplan"))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(command)
