"""Runs a tool and turns what it says into a finding."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from checks.check import Found
from scones.errors import SconesError

Command = list[str | Path]

ENVIRONMENT = Path(sys.executable).parent
# A person's own settings, which would change what a tool says.
UNWANTED = ("FORCE_COLOR", "TF_CLI_ARGS", "TF_VAR_", "TF_WORKSPACE", "MYPYPATH", "GITHUB_", "BC_API")
LONGEST = 600  # seconds; no tool here takes a tenth of it


def installed(name: str) -> Path:
    """Return a program of the project's own Python environment; SconesError when it is not there."""
    program = ENVIRONMENT / name
    if not program.is_file():
        raise SconesError(f"{name} is not installed in {ENVIRONMENT.parent}: run 'make setup'")
    return program


def accepts(
    command: Command, folder: Path, variables: Mapping[str, str] | None = None, text: str = ""
) -> str:
    """Run a tool and return what it printed; Found with all that it said when it does not exit with 0."""
    done = answer(command, folder, variables, text)
    if done.returncode != 0:
        said = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
        raise Found(said or f"{Path(command[0]).name} exited with {done.returncode} and said nothing")
    return done.stdout


def answer(
    command: Command, folder: Path, variables: Mapping[str, str] | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a tool in a folder with further environment variables, and `text` on its standard input."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env={**kept, "NO_COLOR": "1", **(variables or {})},
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        raise SconesError(f"{Path(command[0]).name} did not end within {LONGEST} s") from None
