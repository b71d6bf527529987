"""The files of variables that a root is planned with: what is committed, and what earlier steps hand over."""

import os
from pathlib import Path

from scones.errors import NotDeployed
from scones.infrastructure.releases import ReleaseFiles
from scones.settings import ENVIRONMENTS, TERRAFORM, Environment, write_json
from scones.training import models

# Outputs of the foundation that the workflow's variable `foundation` takes.
HANDED_OVER = (
    "region",
    "account_id",
    "data_bucket",
    "kms_key_arn",
    "sagemaker_role_arn",
    "model_package_group_name",
    "network",
    "permissions_boundary_arn",
)


def committed_files(root: str, environment: Environment) -> list[Path]:
    """Return the files that describe the environment."""
    # A variable that a root does not declare makes Terraform warn, so each root has its own file besides.
    name = f"{environment.name}.tfvars"
    return [path for path in (ENVIRONMENTS / name, ENVIRONMENTS / root / name) if path.is_file()]


def foundation_file(environment: Environment) -> Path:
    """Write what the foundation hands over, as it is now; NotDeployed when it does not stand."""
    path = environment.home / "foundation.tfvars.json"
    outputs = environment.outputs("foundation")
    write_json(path, {"foundation": {name: outputs[name] for name in HANDED_OVER if name in outputs}})
    return path


def model_file(environment: Environment) -> Path:
    """Write the manifest of the model that was trained last; NotDeployed when none was.

    Another machine may have trained since: what the bucket says holds. Local AWS has no other machine.
    """
    path = environment.home / "model.tfvars.json"
    if not environment.is_local or not path.is_file():
        bucket = environment.foundation.data_bucket
        model = models.fetch_manifest(environment.client("s3"), bucket)
        if model:
            write_json(path, {"model": model})
    if not path.is_file():
        raise NotDeployed(f"there is no model yet: run 'make train ENV={environment.name}'")
    return path


def release_file(environment: Environment, release: ReleaseFiles) -> Path:
    """Write where a release's functions and state machine lie, as seen from the root."""
    path = environment.home / "release.tfvars.json"
    places = {"packages_dir": release.packages, "statemachine_dir": release.statemachine}
    folder = TERRAFORM / "workflow"
    write_json(path, {name: os.path.relpath(place, folder) for name, place in places.items()})
    return path
