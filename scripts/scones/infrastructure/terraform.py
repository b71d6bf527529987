"""The two Terraform roots of an environment, driven through python-terraform.

A root runs where its code is, but everything it makes (its data folder, the saved plan, local state) lies
in the environment's home, so that environments do not meet.
"""

import contextlib
import hashlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as PythonTerraform

from scones.errors import SconesError
from scones.infrastructure import failures, toolchain
from scones.infrastructure.state import State, StatePlace
from scones.settings import BUILD, TERRAFORM, Environment, write_json

ROOTS = ("foundation", "workflow")
# What `terraform init` reads of the code: modules and their sources, required providers and their versions.
SOURCE = re.compile(r'^\s*(?:module\s+"[^"]+"|source\s*=\s*"[^"]+"|version\s*=\s*"[^"]+")', re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"\bon (\S+\.tf\S*) line (\d+)")
UNDECLARED = re.compile(r'does not declare a variable\s+named "([^"]+)"')
NO_CHANGES, FAILED, CHANGES = 0, 1, 2  # `terraform plan -detailed-exitcode`


class Root:
    """One Terraform root in one environment."""

    def __init__(self, name: str, environment: Environment) -> None:
        self.name = name
        self.environment = environment
        self.folder = TERRAFORM / name
        self._home = environment.home
        self._state_place = StatePlace(name, environment)
        self._program = PythonTerraform(
            working_dir=str(self.folder), terraform_bin_path=str(toolchain.terraform_program())
        )

    # --- Commands ------------------------------------------------------------------------------------

    def init(self) -> None:
        """Prepare the root: backend and provider. Nothing is asked of AWS but the state's place.

        It takes two seconds, so it is left out when the last one was for this code and this place.
        """
        backend = self._state_place.options()
        done, wanted = self._data_folder / "initialised", self._fingerprint(backend)
        if done.is_file() and done.read_text() == wanted:
            return
        self._init(backend, reconfigure=IsFlagged)
        done.write_text(wanted)

    def keep_state_in_bucket(self) -> None:
        """Move a state that is in a file into the bucket that has been made for it."""
        if self._state_place.is_bootstrap:
            self._init(self._state_place.in_the_bucket(), migrate_state=IsFlagged, force_copy=IsFlagged)
            self._state_place.file.unlink()

    def keep_state_in_file(self) -> bool:
        """Move an account's state out of the bucket, which is about to go; say whether it was moved."""
        if self.environment.is_local or self._state_place.is_bootstrap:
            return False
        self.init()
        self._init(self._state_place.in_a_file(), migrate_state=IsFlagged, force_copy=IsFlagged)
        self._state_place.forget_old_states()
        return True

    def _init(self, backend: list[str], **options: Any) -> None:
        (self._data_folder / "initialised").unlink(missing_ok=True)
        self._run("init", capture=True, backend_config=backend, lockfile="readonly", **options)

    def plan(
        self, out: Path, variable_files: Sequence[Path], *, destroy: bool = False, refresh_only: bool = False
    ) -> bool:
        """Save a plan in `out`, and say whether it changes anything. The root has been initialised."""
        out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        out.unlink(missing_ok=True)
        code, said = self._run(
            "plan",
            ok=(NO_CHANGES, CHANGES),
            capture=True,
            var_file=[str(path) for path in variable_files],
            out=str(out),
            detailed_exitcode=IsFlagged,
            destroy=IsFlagged if destroy else None,
            refresh_only=IsFlagged if refresh_only else None,
            # A plan changes no state. A role that may only read cannot lock it, either.
            lock=False if os.environ.get("PLAN_LOCK") == "false" else None,
            lock_timeout=self._lock_timeout,
        )
        out.chmod(0o600)  # it holds every value, the secret ones too
        self._refuse_strangers(said)
        return code == CHANGES

    def _refuse_strangers(self, said: str) -> None:
        """Raise SconesError for a variable that nobody declares: Terraform warns, and goes on without it."""
        names = sorted(set(UNDECLARED.findall(" ".join(said.split()))))
        if names:
            raise SconesError(
                f"a file of variables sets {', '.join(names)}, which {self.name} does not know: "
                f"correct the name in terraform/environments"
            )

    def show(self, plan_file: Path) -> str:
        """Return a saved plan as JSON. It holds secrets in clear."""
        code, out, err = self._ask("show", "-json", str(plan_file))
        if code != 0:
            raise SconesError(f"terraform cannot read the plan of {self.name}: {_first_line(err)}")
        return out

    def apply(self, plan_file: Path) -> None:
        """Apply a saved plan, and write down the outputs. Whether it may be applied is not asked here."""
        outputs = self._outputs_file()
        outputs.unlink(missing_ok=True)
        try:
            self._run("apply", str(plan_file), lock_timeout=self._lock_timeout)
        finally:
            # Also after a failure: what was applied until then has outputs, and the next steps read them.
            found = self.state().outputs
            if found:
                write_json(outputs, found)

    def unlock(self, lock_id: str) -> None:
        """Take away the lock of a run that is dead."""
        self.init()
        code, out, err = self._ask("force-unlock", "-force", lock_id)
        if code != 0:
            raise SconesError(f"no lock was taken away from {self.name}: {_first_line(err or out)}")

    @property
    def _data_folder(self) -> Path:
        return self._home / f"{self.name}.terraform"

    def _fingerprint(self, backend: list[str]) -> str:
        """What an initialisation depends on: the place of the state, providers, which modules there are."""
        files = [self.folder / ".terraform.lock.hcl", *(Path(option) for option in backend)]
        lines = [
            *backend,
            *(path.read_text() for path in files if path.is_file() and path.suffix != ".tfstate"),
        ]
        for path in sorted([*self.folder.glob("*.tf"), *(TERRAFORM / "modules").glob("*/*.tf")]):
            sources = SOURCE.findall(path.read_text()) if path.name != "backend_override.tf" else []
            lines += [f"{path.name}: {source}" for source in sources]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    # --- What there is -------------------------------------------------------------------------------

    def state(self) -> State:
        """Return the state as it is now; an empty one when nothing was applied yet."""
        if not self._data_folder.is_dir():
            self.init()
        code, out, err = self._ask("state pull")
        if code != 0:
            raise SconesError(f"terraform cannot read {self.name}: {_first_line(err)}")
        return State(json.loads(out) if out.strip() else {})

    def read_outputs(self) -> dict[str, Any]:
        """Return the outputs that the state holds; empty when nothing is deployed."""
        return self.state().outputs

    def versions(self) -> tuple[str, dict[str, str]]:
        """Return the versions of Terraform and of the providers, by their address."""
        code, out, err = self._ask("version", "-json")
        if code != 0:
            raise SconesError(f"terraform does not say its version: {_first_line(err)}")
        answer = json.loads(out)
        return answer["terraform_version"], answer["provider_selections"]

    def forget(self) -> None:
        """Remove what the commands kept of a root that has been destroyed."""
        self._outputs_file().unlink(missing_ok=True)
        if not self.environment.is_local:
            self._state_place.file.unlink(missing_ok=True)

    def _outputs_file(self) -> Path:
        return self._home / f"{self.name}.outputs.json"

    # --- Running -------------------------------------------------------------------------------------

    @property
    def _lock_timeout(self) -> str:
        """How long to wait for another run; nobody else works on local AWS."""
        return "0s" if self.environment.is_local else os.environ.get("LOCK_TIMEOUT", "60s")

    def _run(
        self, command: str, *arguments: str, ok: tuple[int, ...] = (0,), capture: bool = False, **options: Any
    ) -> tuple[int, str]:
        """Run a command that may fail for a reason of the user's; SconesError says which.

        Returns the exit code, and what was printed where it was captured.
        """
        code, out, err = self._ask(
            command,
            *arguments,
            capture_output=True if capture else "terminal",
            no_color=None if sys.stdout.isatty() and not capture else IsFlagged,
            **options,
        )
        if code not in ok:
            explained = failures.explain(err, self.name, self.environment.name)
            if explained:
                raise explained
            if command != "init" and capture:
                print(err or out, file=sys.stderr)
                capture = False
            shown = f": {_first_line(err or out or '')}" if capture else "; what it says stands above"
            raise SconesError(f"terraform {command} failed in {self.name}{shown}")
        return int(code), out

    def _ask(self, *words: str, capture_output: Any = True, **options: Any) -> tuple[int, str, str]:
        """Run Terraform. What goes to the terminal is shown, and what it says of errors is returned, too."""
        with _until_it_ends(), self._process_environment(), tempfile.TemporaryFile("w+") as errors:
            if capture_output is True:
                code, out, err = self._program.cmd(*words, **options)
                return code, out, err
            with contextlib.redirect_stderr(errors):  # the process inherits what stands in sys.stderr
                code, _, _ = self._program.cmd(*words, capture_output=capture_output, **options)
            errors.seek(0)
            said = errors.read()
        sys.stderr.write(said)
        return code, "", said

    @contextlib.contextmanager
    def _process_environment(self) -> Iterator[None]:
        """python-terraform hands on this process's environment, so that is where the settings go."""
        before = dict(os.environ)
        settings = self.environment.process_environment() | toolchain.cli_environment(BUILD)
        self._state_place.fit_code()
        settings["TF_DATA_DIR"] = str(self._data_folder)
        os.environ.clear()
        os.environ.update(settings)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


@contextlib.contextmanager
def _until_it_ends() -> Iterator[None]:
    """Ctrl-C reaches Terraform as well, which then ends in good order: this command ends after it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        raise KeyboardInterrupt


def _first_line(text: str) -> str:
    """Terraform's error in one line, with its place in the code."""
    lines = [line.strip(" │╷╵") for line in COLOUR.sub("", text).splitlines()]
    said = [line for line in lines if line and not line.startswith("Warning")]
    first = next((line for line in said if line.startswith("Error")), said[0] if said else "it said nothing")
    place = PLACE.search(" ".join(said))
    return f"{first} ({place[1]}, line {place[2]})" if place else first
