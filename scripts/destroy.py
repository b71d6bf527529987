"""Destroy what was applied in an environment, the workflow first, through a reviewed plan to destroy it.

    python scripts/destroy.py --env local
    python scripts/destroy.py --env dev                     plans, and says who has to agree
    ALLOW=… CONFIRM=prod python scripts/destroy.py --env prod

Where the environment asks for its name, a first call makes the plan to be read, and a second one applies it.
"""

import argparse
import sys

from scones.errors import SconesError, main
from scones.infrastructure import applying
from scones.infrastructure.approvals import Rules
from scones.infrastructure.planning import Request, make_plan, plan_folder
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.saved_plans import plan_all
from scones.infrastructure.terraform import Root
from scones.progress import waiting
from scones.review.plan import Plan
from scones.review.text.rendering import summary
from scones.settings import Environment, add_environment_argument, read_json
from scones.training import models

ROOTS = ("workflow", "foundation")  # what was made last goes first
DESTROY = Request(purpose="destroy")
HANDED_OVER = ("data.json", "model.tfvars.json", "foundation.tfvars.json", "release.tfvars.json")


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    environment = Environment.load(parser.parse_args().env)
    names = [name for name in ROOTS if Root(name, environment).state().resources]
    if names:
        if "foundation" in names:
            refuse_to_lose_data(environment)
        plans = reviewed(environment, names)
        applying.check_agreement(environment, plans)
        for plan in plans:
            destroy(environment, plan)
    print(f"Nothing of {environment.name} is left in Terraform's state.")


def reviewed(environment: Environment, names: list[str]) -> list[applying.Sealed]:
    """Return the plans to destroy that were read before; made now where nobody has to read them first."""
    try:
        saved = [applying.check(environment, name) for name in names]
        if all(plan.seal.purpose == "destroy" for plan in saved):
            return saved
    except Refusal as refusal:
        if any_destroy(environment, names):
            print(f"{refusal}; planning again", file=sys.stderr)
    with waiting(f"planning to destroy {' and '.join(names)} of {environment.name}"):
        made = plan_all(environment, DESTROY, names)
    for planned in made:
        print(summary(planned.review))
    if Rules.load(environment.name).confirm and not sys.stdin.isatty():
        raise Refusal(
            "not-reviewed",
            f"the plan to destroy is saved: read it, then run 'make destroy ENV={environment.name}' again",
        )
    return [applying.check(environment, name) for name in names]


def any_destroy(environment: Environment, names: list[str]) -> bool:
    seals = [read_json(plan_folder(environment, name) / "seal.json") for name in names]
    return any(isinstance(seal, dict) and seal.get("purpose") == "destroy" for seal in seals)


def destroy(environment: Environment, plan: applying.Sealed) -> None:
    root = plan.root
    if root.name == "foundation":
        if environment.is_deployed("foundation"):
            # Training put these into the registry; a group that holds packages cannot be deleted.
            group = environment.foundation.model_package_group_name
            models.delete_model_packages(environment.client("sagemaker"), group)
        if root.keep_state_in_file():
            plan = planned_again(environment, plan)
    applying.apply(environment, plan)
    root.forget()
    if root.name == "foundation":
        for name in HANDED_OVER:
            (environment.home / name).unlink(missing_ok=True)


def planned_again(environment: Environment, read: applying.Sealed) -> applying.Sealed:
    """Plan once more, now that the state has left the bucket that goes: the same must go as was read."""
    wanted = what_goes(read)
    make_plan(environment, read.root.name, DESTROY)
    again = applying.check(environment, read.root.name)
    if what_goes(again) != wanted:
        raise Refusal(
            "state-moved",
            f"something has changed since the plan was read: run 'make destroy ENV={environment.name}'",
        )
    return again


def what_goes(plan: applying.Sealed) -> list[tuple[str, str]]:
    content = Plan.from_json((plan.folder / "plan.json").read_text())
    return sorted((change.address, change.action) for change in content.changed)


def refuse_to_lose_data(environment: Environment) -> None:
    """Stop before anything goes, when the data bucket holds something and is not to be emptied."""
    state = Root("foundation", environment).state()
    data = [
        entry
        for entry in state.resources
        if (entry["type"], entry["module"]) == ("aws_s3_bucket", "module.data")
    ]
    if all(bucket["attributes"]["force_destroy"] for bucket in data):
        return
    bucket = environment.foundation.data_bucket
    held = environment.client("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
    if held.get("Versions") or held.get("DeleteMarkers"):
        raise SconesError(
            f"s3://{bucket} holds data, and force_destroy_data is off: nothing was destroyed. "
            "Empty the bucket first, old versions included"
        )


if __name__ == "__main__":
    main(command)
