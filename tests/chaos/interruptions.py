"""Applies that are killed, and the next plan and apply that bring the workflow to its end.

The workflow is applied from nothing. Each apply but the last is killed, it and all that it started, as soon
as it has brought its share of the resources into the state, while others are being made.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable

from e2e.main import HOME, LOG
from e2e.runner import Step, StepFailed
from scones.settings import REPOSITORY

PATIENCE_SECONDS = 300
POLL_SECONDS = 0.02
STATE = HOME / "workflow.tfstate"
Script = Callable[..., list[str]]


def steps(script: Script, kills: int) -> list[Step]:
    """`kills` times a plan and a killed apply, then a plan, an apply, and a plan that is empty."""
    found: list[Step] = []
    for number in range(1, kills + 1):
        share = number / (kills + 1)
        found += [
            Step(f"plan {number}", [script("plan", "--root", "workflow")]),
            Step(f"apply {number}: killed", look=lambda share=share: _kill(script, share)),
        ]
    return [
        *found,
        Step("plan the rest", [script("plan", "--root", "workflow")]),
        Step("apply the rest", [script("apply")], lambda: f"{_instances()} resources"),
        Step("plan again", [script("plan", "--check", "--root", "workflow")], lambda: "it is empty"),
    ]


def _kill(script: Script, share: float) -> str:
    """Apply, and kill it when this share of all resources is in the state."""
    had = _instances()
    wanted = max(share * (had + _planned()), had + 1)
    with LOG.open("a") as log:
        process = subprocess.Popen(
            script("apply"),
            cwd=REPOSITORY,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while _instances() < wanted and process.poll() is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        raise StepFailed(f"the apply ended with {process.returncode} before it could be killed")
    return f"at {_instances()} resources"


def _planned() -> int:
    """How many resources the plan creates."""
    changes = json.loads((HOME / "plans" / "workflow" / "plan.json").read_text())["resource_changes"]
    return sum("create" in change["change"]["actions"] for change in changes if change["mode"] == "managed")


def _instances() -> int:
    """How many resources are in the state."""
    try:
        resources = json.loads(STATE.read_text())["resources"]
    except (FileNotFoundError, ValueError):  # ValueError: it is being written
        return 0
    return sum(len(entry["instances"]) for entry in resources if entry["mode"] == "managed")
