"""Accuracy of the algorithm on CIFAR-100's bicycles and motorcycles, measured through its container contract.

    PYTHONPATH=scripts python tests/bench/algorithm_accuracy.py --archive cifar-100-python.tar.gz

For each seed: `python -m algorithm train` on what `make stage` cuts out of the archive (900 pictures, 100
that choose the epoch, and background), then `python -m algorithm serve`, which is sent the 200 test pictures
once, after the model has been chosen, and the background's. The last line is JSON.
"""

import argparse
import http.client
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scones.evaluation.calibration import correct, expected_calibration_error, reliability
from scones.staging import cifar100, dataset

SCRIPTS = Path(__file__).parents[2] / "scripts"


# --- data -------------------------------------------------------------------------------------------------


def stage(archive: Path) -> dataset.DataSet:
    """The data set as `make stage` cuts it: training, validation and test pictures, and the background."""
    return dataset.transform(dataset.extract(archive), cifar100.CLASSES, background=dataset.BACKGROUND)


def png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()


def write_job(base: Path, data: dataset.DataSet, hyperparameters: dict[str, str]) -> None:
    """A training job's folder: channels, lists and configuration."""
    assert data.background is not None
    folder = base / "input" / "data"
    for channel, split in (("train", data.train), ("background", data.background.train)):
        (folder / channel).mkdir(parents=True)
        for name, picture in zip(split.filenames, split.pixels, strict=True):
            (folder / channel / name).write_bytes(png(picture))
    (folder / "validation").symlink_to(folder / "train")
    lists = {
        "train_lst": "training.lst",
        "validation_lst": "validation.lst",
        "background_lst": "background_training.lst",
        "background_validation_lst": "background_validation.lst",
    }
    for channel, name in lists.items():
        (folder / channel).mkdir()
        (folder / channel / name).write_bytes(data.lists[name])
    (base / "input" / "config").mkdir()
    basics = {
        "image_shape": "3,32,32",
        "num_classes": "2",
        "num_training_samples": str(data.counts["training"]),
        "use_pretrained_model": "1",
    }
    (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(basics | hyperparameters))


# --- one run ----------------------------------------------------------------------------------------------


def train(base: Path) -> dict[str, float]:
    """Train; wall and CPU seconds of the whole process, and the artefact's own account of itself."""
    before, started = os.times(), time.monotonic()
    with (base / "log").open("w") as log:
        subprocess.run(command("train"), env=environment(base), check=True, stdout=log)
    after, seconds = os.times(), time.monotonic() - started
    record = json.loads((base / "model" / "image-classification-training.json").read_text())
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "best_epoch": record["best_epoch"],
        "validation": record["metrics"]["validation:accuracy"],
        "temperature": record["history"][record["best_epoch"] - 1]["temperature"],
        "params_bytes": next((base / "model").glob("*.params")).stat().st_size,
    }


def score(base: Path, data: dataset.DataSet) -> dict[str, float]:
    """Serve the model, ask it about every test picture once, and compare."""
    assert data.background is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(command("serve"), env=environment(base, port), stderr=subprocess.DEVNULL)
    try:
        connection = wait_for(port)
        own, others = (ask_all(connection, split.pixels) for split in (data.test, data.background.test))
    finally:
        server.terminate()
        server.wait()
    probabilities = np.array([answer["probabilities"] for answer in own])
    labels = np.array([data.class_labels.index(label) for label in data.test.labels.tolist()])
    inside, outside = (np.array([answer["out_of_domain"] for answer in part]) for part in (own, others))
    strange = outside[:, None]
    return {
        "test": float((probabilities.argmax(1) == labels).mean()),
        "calibration_error": expected_calibration_error(reliability(*correct(probabilities, labels))),
        "auroc": float((inside < strange).mean() + (inside == strange).mean() / 2),
    }


def ask_all(connection: http.client.HTTPConnection, pixels: np.ndarray) -> list[dict[str, Any]]:
    return [ask(connection, png(picture)) for picture in pixels]


def ask(connection: http.client.HTTPConnection, content: bytes) -> dict[str, Any]:
    headers = {"Content-Type": "image/png", "Accept": "application/json;verbose"}
    connection.request("POST", "/invocations", content, headers)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


def wait_for(port: int) -> http.client.HTTPConnection:
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/ping")
            connection.getresponse().read()
            return connection
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit("error: the server did not answer within 30 s")


def command(verb: str) -> list[str]:
    return [sys.executable, "-m", "algorithm", verb]


def environment(base: Path, port: int = 0) -> dict[str, str]:
    ours = {"PYTHONPATH": str(SCRIPTS), "SAGEMAKER_BASE_DIR": str(base)}
    return os.environ | ours | {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_BIND_TO_ADDRESS": "127.0.0.1"}


# --- all runs ---------------------------------------------------------------------------------------------


def main() -> None:
    """Measure every seed, print a line each and a summary."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--archive", type=Path, required=True, help="cifar-100-python.tar.gz")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", help="hyperparameters, such as epochs=60"
    )
    options = parser.parse_args()
    given = dict(pair.split("=", 1) for pair in options.set)
    data = stage(options.archive)
    results = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            write_job(Path(folder), data, {**given, "seed": str(seed)})
            results.append({"seed": seed, **train(Path(folder)), **score(Path(folder), data)})
        print(results[-1], file=sys.stderr, flush=True)
    print(json.dumps(summary(results)))


def summary(results: list[dict[str, float]]) -> dict[str, Any]:
    """Mean, spread and worst of the runs, and each run."""
    accuracies = [result["test"] for result in results]
    spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
    overall = {
        "mean": round(statistics.mean(accuracies), 4),
        "sd": round(spread, 4),
        "worst": min(accuracies),
    }
    return overall | {"longest_seconds": max(result["seconds"] for result in results), "runs": results}


if __name__ == "__main__":
    main()
