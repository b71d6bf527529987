"""Training that was interrupted goes on as if it had not been."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from algorithm.checkpoint import FILE
from algorithm.data import Split
from algorithm.hyperparameters import Hyperparameters, parse
from algorithm.selection import Selection
from algorithm.training import train

SCRIPTS = Path(__file__).parents[3] / "scripts"


def settings(**changes: str) -> Hyperparameters:
    basics = {"image_shape": "3,16,16", "num_classes": "2", "num_training_samples": "12", "epochs": "4"}
    return parse(basics | {"mini_batch_size": "4"} | changes)


@pytest.fixture(scope="module")
def splits() -> tuple[Split, Split]:
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(12) % 2
    images = torch.randint(0, 120, (12, 3, 16, 16), generator=generator)
    images[:, 0] += labels.view(-1, 1, 1) * 120
    return Split(images.to(torch.uint8), labels), Split(images[:6].to(torch.uint8), labels[:6])


Run = Callable[..., tuple[Selection, dict[str, bytes]]]


@pytest.fixture
def run(splits: tuple[Split, Split], tmp_path: Path) -> Run:
    """Train in a new model folder, as a job started again does; `batches`: after how many it is stopped."""

    def run(
        checkpoints: Path | None, batches: int = 1000, **changes: str
    ) -> tuple[Selection, dict[str, bytes]]:
        asked = iter(range(1000))
        folder = tmp_path / f"model-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        selection = train(
            *(settings(**changes), splits, splits[1], folder, lambda: next(asked) >= batches),
            checkpoints=checkpoints,
        )
        return selection, {path.name: path.read_bytes() for path in folder.glob("*.params")}

    return run


def outcome(selection: Selection) -> list[dict[str, Any]]:
    return [dataclasses.asdict(dataclasses.replace(epoch, seconds=0)) for epoch in selection.history]


@pytest.mark.parametrize("optimizer", ["muon", "adam"])
@pytest.mark.parametrize("batches", [3, 7, 11], ids=["at an epoch's end", "in the third", "in the last"])
def test_the_result_is_that_of_a_run_without_an_interruption(
    run: Run, tmp_path: Path, batches: int, optimizer: str
) -> None:
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    whole = run(None, optimizer=optimizer)

    stopped = run(checkpoints, batches, optimizer=optimizer)
    resumed = run(checkpoints, optimizer=optimizer)

    assert len(stopped[0].history) == batches // 3
    assert outcome(resumed[0]) == outcome(whole[0])
    assert resumed[1] == whole[1]
    assert resumed[0].best and whole[0].best
    assert resumed[0].best.epoch == whole[0].best.epoch


def test_a_job_that_had_ended_has_its_model_at_once(run: Run, tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    first = run(checkpoints)

    again = run(checkpoints, 0)

    assert (outcome(again[0]), again[1]) == (outcome(first[0]), first[1])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "cannot be read"), (b"PK\x03\x04 cut off", "cannot be read"), (None, "another job's")],
    ids=["empty", "damaged", "other settings"],
)
def test_a_checkpoint_that_does_not_fit_is_not_used(
    run: Run, tmp_path: Path, content: bytes | None, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    if content is None:
        run(checkpoints, seed="1")
    else:
        (checkpoints / FILE).write_bytes(content)

    resumed = run(checkpoints)

    assert reason in caplog.text
    assert (outcome(resumed[0]), resumed[1]) == (outcome(run(None)[0]), run(None)[1])


def test_a_job_that_is_killed_goes_on_from_its_checkpoint(job: Any) -> None:
    job.configure("hyperparameters", job.hyperparameters | {"epochs": "300"})
    (job.base / "checkpoints").mkdir()
    variables = {"PYTHONPATH": str(SCRIPTS), "SAGEMAKER_BASE_DIR": str(job.base)}
    command = [sys.executable, "-m", "algorithm", "train"]
    with subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as first:
        assert first.stdout is not None
        seen = next(line for line in first.stdout if "Epoch[2] Train-accuracy" in line)
        first.kill()
    assert seen

    with subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as second:
        assert second.stdout is not None
        resumed = next(line for line in second.stdout if "Resuming training after epoch" in line)
        next(line for line in second.stdout if "Validation-accuracy" in line)
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=60)

    done = int(resumed.rsplit(" ", 1)[1])
    assert done >= 2
    assert second.returncode == 0
    assert len(job.record["history"]) > done
