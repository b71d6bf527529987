"""`python scripts/train.py` says in one line which of its words do not fit together."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scones.settings import REPOSITORY


def train(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/train.py", "--env", "local", *arguments]
    environment = os.environ | {"SCONES_LOCAL_HOME": str(home)} | variables
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--algorithm", "mxnet"], "there is no algorithm 'mxnet': choose pytorch or builtin"),
        (["--instance-count", "0"], "--instance-count 0: a job has at least one instance"),
        (["--algorithm", "builtin", "--instance-count", "2"], "--instance-count is for --algorithm pytorch"),
        (["--max-wait", "7200"], "--max-wait is for --spot"),
        (["--spot", "--max-wait", "60"], "--max-wait 60 must not be below --max-run 3600"),
        (["--max-run", "0"], "--max-run 0"),
        (["--target-error", "1"], "--target-error 1: give a share from 0 to below 1"),
        (["--target-error", "nan"], "--target-error nan: give a share"),
        (["--set", "epochs"], "--set epochs: write NAME=VALUE"),
    ],
)
def test_words_that_do_not_fit_together_are_refused(tmp_path: Path, words: list[str], message: str) -> None:
    run = train(*words, home=tmp_path)

    assert run.returncode == 2
    assert run.stderr.startswith(f"error: {message}")
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_variable_names_the_algorithm_and_a_word_overrides_it(tmp_path: Path) -> None:
    assert "no algorithm 'other'" in train(home=tmp_path, ALGORITHM="other").stderr
    named = train("--algorithm", "builtin", home=tmp_path, ALGORITHM="other")
    assert (named.returncode, named.stderr) == (1, "error: local AWS is not running: run 'make up'\n")


def test_an_empty_variable_is_the_default(tmp_path: Path) -> None:
    assert train(home=tmp_path, ALGORITHM="").stderr == "error: local AWS is not running: run 'make up'\n"
