"""Destroy what was applied in an environment: the workflow, then the foundation.

python scripts/destroy.py --env local
python scripts/destroy.py --env dev             asks for the environment's name
CONFIRM=dev python scripts/destroy.py --env dev

"""

import argparse
import os
import sys

from scones.errors import SconesError, main
from scones.infrastructure.terraform import Root
from scones.settings import Environment, add_environment_argument
from scones.training import models


def command() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    environment = Environment.load(parser.parse_args().env)
    confirm(environment)
    refuse_to_lose_data(Root("foundation", environment), environment)
    for name in ("workflow", "foundation"):
        destroy(Root(name, environment), environment)
    print(f"Nothing of {environment.name} is left in Terraform's state.")


def destroy(root: Root, environment: Environment) -> None:
    if root.is_empty():
        print(f"{root.name}: nothing is deployed", file=sys.stderr)
        return
    if root.name == "foundation" and environment.is_deployed("foundation"):
        # Training put these into the registry; a group that holds packages cannot be deleted.
        group = environment.foundation.model_package_group_name
        models.delete_model_packages(environment.client("sagemaker"), group)
        root.keep_state_in_file()
    root.plan(destroy=True, show=not environment.is_local)
    root.apply()
    root.forget()
    if root.name == "foundation":
        for name in ("data.json", "model.tfvars.json", "foundation.tfvars.json"):
            (environment.home / name).unlink(missing_ok=True)


def refuse_to_lose_data(foundation: Root, environment: Environment) -> None:
    """Stop before anything goes, when the data bucket holds something and is not to be emptied."""
    if foundation.is_empty() or foundation.destroys_data():
        return
    bucket = environment.foundation.data_bucket
    if environment.client("s3").list_objects_v2(Bucket=bucket, MaxKeys=1).get("KeyCount"):
        raise SconesError(
            f"s3://{bucket} holds data, and force_destroy_data is off: nothing was destroyed. "
            f"Empty the bucket, or set it in terraform/environments/foundation/{environment.name}.tfvars"
        )


def confirm(environment: Environment) -> None:
    """Ask before anything in an account goes; local AWS needs no question."""
    if environment.is_local:
        return
    answer = os.environ.get("CONFIRM")
    if answer is None and sys.stdin.isatty():
        answer = input(f"Everything of {environment.name} will go. Type its name to go on: ").strip()
    if answer != environment.name:
        raise SconesError(f"not destroyed: confirm with CONFIRM={environment.name}")


if __name__ == "__main__":
    main(command)
