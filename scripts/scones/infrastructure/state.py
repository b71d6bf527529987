"""The state of a Terraform root, and where it is kept: a file beside local AWS, a bucket in an account.

The bucket is made by the foundation, whose state belongs into it too. So the first apply of a foundation
keeps its state in a file and then moves it into the bucket, and the last destroy moves it back out before the
bucket goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scones.errors import NotDeployed, SconesError
from scones.settings import ENVIRONMENTS, TERRAFORM, Environment

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

# States, their locks (which end in .tflock), and the plans that pull requests have left.
OLD_STATES = ("foundation.tfstate", "workflow.tfstate", "plans/")
# Terraform reads any *_override.tf last, so this takes the place of backend.tf. It is ignored by git.
LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True)
class State:
    """A state as `terraform state pull` gives it; empty where nothing was ever applied."""

    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lineage(self) -> str:
        return str(self.raw.get("lineage", ""))

    @property
    def serial(self) -> int:
        return int(self.raw.get("serial", 0))

    @property
    def outputs(self) -> dict[str, Any]:
        return {name: output["value"] for name, output in self.raw.get("outputs", {}).items()}

    @cached_property
    def resources(self) -> list[dict[str, Any]]:
        """What Terraform manages, one entry an instance: type, name, module, attributes."""
        return [
            {
                "type": entry["type"],
                "name": entry["name"],
                "module": entry.get("module", ""),
                "attributes": instance["attributes"],
            }
            for entry in self.raw.get("resources", [])
            if entry["mode"] == "managed"
            for instance in entry["instances"]
            if "deposed" not in instance
        ]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the attributes of every instance of one resource type."""
        return [entry["attributes"] for entry in self.resources if entry["type"] == kind]


class StatePlace:
    """The place of one root's state in one environment."""

    def __init__(self, root: str, environment: Environment) -> None:
        self.file = environment.home / f"{root}.tfstate"
        self._root = root
        self._environment = environment
        self._override = TERRAFORM / root / "backend_override.tf"
        self._in_a_file: bool | None = None  # not chosen yet

    @property
    def is_bootstrap(self) -> bool:
        """True when an account's state is still, or again, in a file."""
        return not self._environment.is_local and self.file.is_file()

    def options(self) -> list[str]:
        """Return the `-backend-config` values of the place where the state is; the code is made to fit."""
        if self._environment.is_local or self.is_bootstrap:
            return self.in_a_file()
        if not self._bucket_exists():
            if self._root != "foundation":
                name = self._environment.name
                raise NotDeployed(f"{name} has no state bucket yet: run 'make foundation ENV={name}'")
            return self.in_a_file()
        return self.in_the_bucket()

    def fit_code(self) -> None:
        """Make the code say where the state is. Environments share the code, so before every command anew."""
        in_a_file = self._in_a_file
        if in_a_file is None:
            in_a_file = self._environment.is_local or self.is_bootstrap
        if in_a_file:
            # Left alone where it says so already: a Terraform that runs beside this one may be reading it.
            if not self._override.is_file() or self._override.read_text() != LOCAL_BACKEND:
                self._override.write_text(LOCAL_BACKEND)
        else:
            self._override.unlink(missing_ok=True)

    def in_a_file(self) -> list[str]:
        self._in_a_file = True
        return [f"path={self.file}"]

    def in_the_bucket(self) -> list[str]:
        self._in_a_file = False
        return [str(self._settings_file()), f"key={self._root}.tfstate"]

    def forget_old_states(self) -> None:
        """Remove what the bucket still holds of the states that left it, or it could not be destroyed."""
        s3, bucket = self._environment.client("s3"), self.bucket_name()
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found: list[ObjectIdentifierTypeDef] = [
                {"Key": item["Key"], "VersionId": item["VersionId"]}
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                if item["Key"].startswith(OLD_STATES)
            ]
            if not found:
                continue
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
            if answer.get("Errors"):
                raise SconesError(f"s3://{bucket} keeps old states: {answer['Errors'][0]['Message']}")

    # --- The bucket ----------------------------------------------------------------------------------

    def _bucket_exists(self) -> bool:
        """Look for the bucket in this account: names are everybody's, and a stranger may own this one."""
        account = self._environment.client("sts").get_caller_identity()["Account"]
        name = self.bucket_name()
        if f"-{account}-" not in name:
            file = self._settings_file()
            raise SconesError(f"{file} names the bucket {name}, but this is account {account}: correct it")
        try:
            self._environment.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=account)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                return False
            raise
        return True

    def bucket_name(self) -> str:
        """Return the state bucket's name, as the environment's backend file says it."""
        found = re.search(r'^\s*bucket\s*=\s*"([^"]+)"', self._settings_file().read_text(), re.MULTILINE)
        if not found:
            raise SconesError(f'{self._settings_file()} names no bucket: add a line bucket = "…"')
        return found[1]

    def _settings_file(self) -> Path:
        path = ENVIRONMENTS / f"{self._environment.name}.s3.tfbackend"
        if not path.is_file():
            raise SconesError(f"{path} is missing: it names the bucket that keeps the state")
        return path
