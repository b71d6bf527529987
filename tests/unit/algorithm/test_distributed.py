"""Two processes that train together get the loss of one, and leave one model."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
HOSTS = ["algo-1", "algo-2"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(base: Path, port: int) -> subprocess.Popen[str]:
    variables = {
        "PYTHONPATH": str(SCRIPTS),
        "SAGEMAKER_BASE_DIR": str(base),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "algorithm", "train"]
    return subprocess.Popen(
        command, env=os.environ | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def train(job: Any, hosts: int, **hyperparameters: str) -> tuple[list[Path], list[str]]:
    """Run the job on so many hosts, each with a folder of its own; returns the folders and the logs."""
    job.configure("hyperparameters", job.hyperparameters | hyperparameters)
    names, port = HOSTS[:hosts], free_port()
    bases = [job.base.with_name(f"{job.base.name}-{hosts}-{name}") for name in names]
    for base, name in zip(bases, names, strict=True):
        shutil.copytree(job.base, base)
        resources = {"hosts": names, "current_host": name, "network_interface_name": "lo"}
        (base / "input" / "config" / "resourceconfig.json").write_text(json.dumps(resources))
    processes = [start(base, port) for base in bases]
    logs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * hosts, "\n".join(logs)
    return bases, logs


def history(base: Path) -> list[dict[str, float]]:
    record = json.loads((base / "model" / "image-classification-training.json").read_text())
    found: list[dict[str, float]] = record["history"]
    return found


def with_background(job: Any, images: Any) -> None:
    for index in range(7):
        green = images.picture(0, index + 9000).transpose(2)
        job.put("background", f"{index}.png", images.encoded(green))
    for name, rows in (("background_lst", range(5)), ("background_validation_lst", range(5, 7))):
        job.put(name, f"{name}.lst", "".join(f"{row}\t9\t{row}.png\n" for row in rows).encode())


@pytest.mark.parametrize(
    ("hyperparameters", "background"),
    [
        ({"mini_batch_size": "8"}, True),
        ({"mini_batch_size": "7"}, True),  # the shares differ: 4 and 3 pictures, 2 and 1 of the background
        ({"mini_batch_size": "8", "use_weighted_loss": "1", "optimizer": "sgd"}, False),
    ],
    ids=["even", "uneven", "weighted"],
)
def test_two_ranks_get_the_loss_of_one(
    job: Any, images: Any, hyperparameters: dict[str, str], background: bool
) -> None:
    if background:
        with_background(job, images)
    if "use_weighted_loss" in hyperparameters:  # 16 pictures of one class, 8 of the other
        lines = [f"{index}\t{int(index % 3 == 0)}\t{index}.png\n" for index in range(24)]
        job.put("train_lst", "train.lst", "".join(lines).encode())

    (alone,), _ = train(job, 1, epochs="2", **hyperparameters)
    (first, second), logs = train(job, 2, epochs="2", **hyperparameters)

    for one, both in zip(history(alone), history(first), strict=True):
        assert both["train_loss"] == pytest.approx(one["train_loss"], rel=1e-4)
        assert both["train_accuracy"] == pytest.approx(one["train_accuracy"])
        assert both["validation_loss"] == pytest.approx(one["validation_loss"], rel=1e-3)
    assert sorted(path.name for path in (second / "model").glob("*")) == []
    assert "Validation-accuracy" in logs[0]
    assert "Validation-accuracy" not in logs[1]
    assert (first / "output" / "data" / "evaluation.json").is_file()


def test_early_stopping_ends_all_ranks(job: Any) -> None:
    stop_early = {"early_stopping": "True", "early_stopping_min_epochs": "1", "early_stopping_patience": "1"}
    (first, _), logs = train(job, 2, epochs="9", learning_rate="0", **stop_early)

    assert len(history(first)) == 2
    assert "Early stopping criteria met." in logs[0]


def test_an_instance_that_never_comes_is_named(job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from algorithm import distributed

    monkeypatch.setattr(distributed, "PATIENCE", timedelta(seconds=0.2))
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", str(free_port()))
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    job.configure("resourceconfig", {"hosts": HOSTS, "current_host": "algo-2"})

    assert job.train() == 1
    assert job.failure.startswith("AlgorithmError: the 2 instances did not meet at tcp://127.0.0.1:")


def test_instances_that_would_go_on_after_different_epochs_are_refused(job: Any) -> None:
    (job.base / "checkpoints").mkdir()
    bases, _ = train(job, 2)
    assert any((bases[0] / "checkpoints").iterdir())  # the first instance alone has written one

    port = free_port()
    processes = [start(base, port) for base in bases]
    logs = [process.communicate(timeout=120)[0] for process in processes]

    assert [process.returncode for process in processes] == [1, 1]
    assert all("go on after different epochs" in log.splitlines()[-1] for log in logs)
