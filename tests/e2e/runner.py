"""Run the steps of the main job one after the other: each a command, its output in one log, its time kept."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.markup import escape

GRACE_SECONDS = 30  # Terraform ends its work cleanly when asked; give it the time
KILL_SECONDS = 2
TAIL_LINES = 25


class StepFailed(Exception):
    """A step did not do what it promises; the message says in one line what was seen."""


@dataclass(frozen=True)
class Step:
    """One step: commands that run side by side, and what to look at when they have ended well."""

    name: str
    commands: Sequence[Sequence[str]] = ()
    look: Callable[[], str] = lambda: ""


@dataclass
class Outcome:
    """What became of a step."""

    name: str
    seconds: float = 0.0
    result: str = "not run"  # ok | FAILED | stopped | not run
    note: str = ""


@dataclass
class Runner:
    """Runs steps in the folder and process environment given, until one fails."""

    folder: Path
    environment: Mapping[str, str]
    log_file: Path
    console: Console
    outcomes: list[Outcome] = field(default_factory=list)

    def run(self, steps: Sequence[Step]) -> bool:
        """Run the steps in order; say whether all went well. Those after a failure are not run."""
        self.outcomes += [Outcome(step.name) for step in steps]
        waiting = self.outcomes[-len(steps) :]
        return all(self._run_one(step, outcome) for step, outcome in zip(steps, waiting, strict=True))

    def _run_one(self, step: Step, outcome: Outcome) -> bool:
        started = time.monotonic()
        try:
            with self._log(step.name) as log, self.console.status(f"{step.name} …"):
                self._run_commands(step.commands, log)
                outcome.note = step.look()
            outcome.result = "ok"
        except Exception as failure:
            outcome.result, outcome.note = "FAILED", " ".join(str(failure).split()) or type(failure).__name__
            if not isinstance(failure, StepFailed):
                with self._log(f"{step.name}: a check broke") as log:
                    traceback.print_exc(file=log)
        except KeyboardInterrupt:
            outcome.result = "stopped"
            raise
        finally:
            outcome.seconds = time.monotonic() - started
            self._show(outcome)
        return outcome.result == "ok"

    def _show(self, outcome: Outcome) -> None:
        colour = {"ok": "green", "FAILED": "bold red"}.get(outcome.result, "yellow")
        figures = f"{outcome.name:<20}{outcome.seconds:7.1f} s  {escape(outcome.note)}"
        self.console.print(
            f"[{colour}]{outcome.result:>7}[/]  {figures}",
            highlight=False,
            soft_wrap=not self.console.is_terminal,
        )

    # --- Commands ------------------------------------------------------------------------------------

    def _run_commands(self, commands: Sequence[Sequence[str]], log: IO[str]) -> None:
        """Run the commands side by side; StepFailed names the first that did not end with 0."""
        running: list[subprocess.Popen[str]] = []
        try:
            for command in commands:
                running.append(self._start(command, log))
            codes = [process.wait() for process in running]
        except BaseException:
            for process in running:
                end_group(process)
            raise
        for command, code in zip(commands, codes, strict=True):
            if code != 0:
                raise StepFailed(f"{' '.join(shown(command))} ended with {code}")

    def _start(self, command: Sequence[str], log: IO[str]) -> subprocess.Popen[str]:
        log.write(f"$ {' '.join(shown(command))}\n")
        log.flush()
        # A group of its own: Ctrl-C reaches this program alone, which then ends the group in good order.
        return subprocess.Popen(
            list(command),
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @contextlib.contextmanager
    def _log(self, name: str) -> Iterator[IO[str]]:
        with self.log_file.open("a") as log:
            log.write(f"\n===== {name} =====\n")
            log.flush()
            yield log

    def tail(self) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def shown(command: Sequence[str]) -> list[str]:
    """The command as a person would type it."""
    return ["python" if word == sys.executable else word for word in command]


def end_group(process: subprocess.Popen[str]) -> None:
    """End a process and all that it started: asked first, then made to."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            process.poll()  # the leader may end long before Terraform, which it has started
            os.killpg(process.pid, 0)
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        # The leader is waited for; what it has left behind takes a moment more to go.
        deadline = time.monotonic() + KILL_SECONDS
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.01)
    process.wait()
