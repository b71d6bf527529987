"""The two Terraform roots of an environment, driven through python-terraform.

A root runs where its code is, but everything it makes (its data folder, the saved plan, local state) lies
in the environment's home, so that environments do not meet.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as PythonTerraform

from scones.errors import NotDeployed, SconesError
from scones.infrastructure import inputs, toolchain
from scones.infrastructure.state import StatePlace
from scones.settings import BUILD, ENVIRONMENTS, TERRAFORM, Environment, write_json
from scones.training import models

ROOTS = ("foundation", "workflow")
NO_CHANGES, FAILED, CHANGES = 0, 1, 2  # `terraform plan -detailed-exitcode`


class Root:
    """One Terraform root in one environment."""

    def __init__(self, name: str, environment: Environment) -> None:
        self.name = name
        self.environment = environment
        self.folder = TERRAFORM / name
        self.plan_file = environment.home / f"{name}.tfplan"
        self._home = environment.home
        self._state_place = StatePlace(name, environment)
        self._program = PythonTerraform(
            working_dir=str(self.folder), terraform_bin_path=str(toolchain.terraform_program())
        )

    # --- Commands ------------------------------------------------------------------------------------

    def init(self) -> None:
        """Prepare the root: backend and provider. Nothing is asked of AWS but the state's place."""
        self._init(self._state_place.options(), reconfigure=IsFlagged)

    def keep_state_in_bucket(self) -> None:
        """Move a state that is in a file into the bucket that has been made for it."""
        if self._state_place.is_bootstrap:
            self._init(self._state_place.in_the_bucket(), migrate_state=IsFlagged, force_copy=IsFlagged)
            self._state_place.file.unlink()

    def keep_state_in_file(self) -> None:
        """Move an account's state out of the bucket, which is about to go."""
        if not self.environment.is_local and not self._state_place.is_bootstrap:
            self.init()
            self._init(self._state_place.in_a_file(), migrate_state=IsFlagged, force_copy=IsFlagged)
            self._state_place.forget_old_states()

    def _init(self, backend: list[str], **options: Any) -> None:
        self._run("init", capture=True, backend_config=backend, lockfile="readonly", **options)

    def plan(self, *, destroy: bool = False, show: bool = True) -> bool:
        """Save a plan, and say whether it changes anything; `show` prints it for whoever has to read it."""
        self.init()
        self.plan_file.unlink(missing_ok=True)
        variable_files = self._variable_files()
        code = self._run(
            "plan",
            ok=(NO_CHANGES, CHANGES),
            capture=not show,
            var_file=[str(path) for path in variable_files],
            out=str(self.plan_file),
            detailed_exitcode=IsFlagged,
            destroy=IsFlagged if destroy else None,
        )
        inputs.record(self.plan_file, self.name, variable_files)
        return code == CHANGES

    def apply(self) -> None:
        """Apply the saved plan and nothing else, and write down the outputs.

        Raises PlanOutdated, with nothing applied, when what the plan was made from has changed since.
        """
        if not self.plan_file.is_file():
            raise NotDeployed(f"no plan is saved: run 'make plan ENV={self.environment.name}' first")
        inputs.check(self.plan_file)
        outputs = self._outputs_file()
        outputs.unlink(missing_ok=True)
        try:
            self._run("apply", str(self.plan_file))
        finally:
            self.plan_file.unlink(missing_ok=True)  # a plan can be applied once
        found = self.read_outputs()
        if found:
            write_json(outputs, found)

    def read_outputs(self) -> dict[str, Any]:
        """Return the outputs that the state holds; empty when nothing is deployed."""
        return {name: output["value"] for name, output in self._state().get("outputs", {}).items()}

    def is_empty(self) -> bool:
        """Say whether the state holds nothing."""
        return not self._state().get("resources")

    def destroys_data(self) -> bool:
        """Say whether every bucket in the state may be destroyed with what it holds."""
        buckets = [entry for entry in self._state().get("resources", []) if entry["type"] == "aws_s3_bucket"]
        data = [bucket for bucket in buckets if bucket.get("module") == "module.data"]
        return all(item["attributes"]["force_destroy"] for bucket in data for item in bucket["instances"])

    def forget(self) -> None:
        """Remove what the commands kept of a root that has been destroyed."""
        self._outputs_file().unlink(missing_ok=True)
        if not self.environment.is_local:
            self._state_place.file.unlink(missing_ok=True)

    def _state(self) -> dict[str, Any]:
        if not (self._home / f"{self.name}.terraform").is_dir():
            self.init()
        with self._process_environment():
            code, out, err = self._program.cmd("state pull")
        if code != 0:
            raise SconesError(f"terraform cannot read the state of {self.name}: {_first_line(err)}")
        state: dict[str, Any] = json.loads(out) if out.strip() else {}
        return state

    # --- Files ---------------------------------------------------------------------------------------

    def _outputs_file(self) -> Path:
        return self._home / f"{self.name}.outputs.json"

    def _variable_files(self) -> list[Path]:
        # A variable that a root does not declare makes Terraform warn, so each root has its own file besides.
        name = f"{self.environment.name}.tfvars"
        files = [path for path in (ENVIRONMENTS / name, ENVIRONMENTS / self.name / name) if path.is_file()]
        if self.name == "workflow":
            files += [self._handed_over("foundation"), self._handed_over("model")]
        return files

    def _handed_over(self, step: str) -> Path:
        """What an earlier step hands to this root, as a file of variables."""
        path = self._home / f"{step}.tfvars.json"
        if step == "foundation":
            write_json(path, {"foundation": self.environment.outputs("foundation")})
        elif not self.environment.is_local or not path.is_file():
            # Another machine may have trained since: what the bucket says holds.
            foundation = self.environment.foundation
            model = models.fetch_manifest(self.environment.client("s3"), foundation.data_bucket)
            if model:
                write_json(path, {"model": model})
        if not path.is_file():
            command = {"foundation": "foundation", "model": "train"}[step]
            raise NotDeployed(f"there is no {step} yet: run 'make {command} ENV={self.environment.name}'")
        return path

    # --- Running -------------------------------------------------------------------------------------

    def _run(
        self, command: str, *arguments: str, ok: tuple[int, ...] = (0,), capture: bool = False, **options: Any
    ) -> int:
        with self._process_environment():
            code, out, err = self._program.cmd(
                command,
                *arguments,
                capture_output=True if capture else "terminal",
                no_color=None if sys.stdout.isatty() and not capture else IsFlagged,
                **options,
            )
        if code not in ok:
            if command != "init" and capture:
                print(out, err, file=sys.stderr)
                capture = False
            shown = f": {_first_line(err or out or '')}" if capture else "; what it says stands above"
            raise SconesError(f"terraform {command} failed in {self.name}{shown}")
        return int(code)

    @contextlib.contextmanager
    def _process_environment(self) -> Iterator[None]:
        """python-terraform hands on this process's environment, so that is where the settings go."""
        before = dict(os.environ)
        settings = self.environment.process_environment() | toolchain.cli_environment(BUILD)
        self._state_place.fit_code()
        settings["TF_DATA_DIR"] = str(self._home / f"{self.name}.terraform")
        os.environ.clear()
        os.environ.update(settings)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _first_line(text: str) -> str:
    lines = [line.strip(" │╷╵") for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("Warning")]
    return next((line for line in said if line.startswith("Error")), said[0] if said else "it said nothing")
