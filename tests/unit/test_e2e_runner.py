"""The runner of the main job: steps in order, failures named, and nothing left running."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from e2e.leftovers import processes
from e2e.runner import Runner, Step, StepFailed, end_group

LEADER = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(2, signal.SIG_IGN); \
print('up', flush=True); time.sleep(60)"])
time.sleep(60)
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path, os.environ, tmp_path / "log", Console(quiet=True))


def command(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_steps_run_in_order_and_say_what_was_seen(runner: Runner) -> None:
    went_well = runner.run([Step("one", [command("print('hello')")]), Step("two", look=lambda: "seen")])

    assert went_well
    assert [(outcome.name, outcome.result, outcome.note) for outcome in runner.outcomes] == [
        ("one", "ok", ""),
        ("two", "ok", "seen"),
    ]
    assert "hello" in runner.log_file.read_text()


def test_a_failed_command_is_named_and_ends_the_run(runner: Runner) -> None:
    went_well = runner.run([Step("one", [command("raise SystemExit(3)")]), Step("two")])

    assert not went_well
    assert [outcome.result for outcome in runner.outcomes] == ["FAILED", "not run"]
    assert runner.outcomes[0].note.endswith("ended with 3")


@pytest.mark.parametrize("fault", [StepFailed("nothing was staged"), TypeError("nothing was staged")])
def test_a_look_that_fails_or_breaks_is_a_failed_step(runner: Runner, fault: Exception) -> None:
    def look() -> str:
        raise fault

    assert not runner.run([Step("one", look=look)])
    assert (runner.outcomes[0].result, runner.outcomes[0].note) == ("FAILED", "nothing was staged")


def test_a_group_is_ended_with_the_child_that_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("e2e.runner.GRACE_SECONDS", 1)
    leader = subprocess.Popen(
        command(LEADER), stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=tmp_path
    )
    assert leader.stdout is not None
    assert leader.stdout.readline() == "up\n"
    assert len(processes(tmp_path)) == 2

    end_group(leader)

    leader.stdout.close()
    assert processes(tmp_path) == []
