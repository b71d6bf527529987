"""Accuracy of the algorithm on CIFAR-100's bicycles and motorcycles, measured through its container contract.

    python tests/bench/algorithm_accuracy.py --archive cifar-100-python.tar.gz --seeds 0 1 2 3

For each seed: `python -m algorithm train` on 900 pictures with 100 for validation, then `python -m algorithm
serve`, which is sent the 200 test pictures once, after the model has been chosen. The last line is JSON.
"""

import argparse
import http.client
import io
import json
import os
import pickle
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SCRIPTS = Path(__file__).parents[2] / "scripts"
BICYCLE, MOTORCYCLE = 8, 48  # fine labels
VALIDATION_PART = 10  # every tenth picture of a class


# --- data -------------------------------------------------------------------------------------------------


class PlainUnpickler(pickle.Unpickler):
    """Reads the archive's pickles, which hold numpy arrays of bytes in plain containers, and nothing else."""

    ALLOWED = frozenset(
        [
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        ]
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"the archive asks for {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_split(archive: Path, name: str) -> tuple[list[bytes], list[int]]:
    """PNGs and labels (0 bicycle, 1 motorcycle) of a split, in the archive's order."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"cifar-100-python/{name}")
        assert member is not None
        data = PlainUnpickler(io.BytesIO(member.read()), encoding="bytes").load()
    fine = np.array(data[b"fine_labels"])
    rows = np.flatnonzero((fine == BICYCLE) | (fine == MOTORCYCLE))
    pictures = np.asarray(data[b"data"])[rows].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return [png(picture) for picture in pictures], (fine[rows] == MOTORCYCLE).astype(int).tolist()


def png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, "PNG")
    return buffer.getvalue()


def write_job(base: Path, split: tuple[list[bytes], list[int]], hyperparameters: dict[str, str]) -> None:
    """A training job's folder: channels, lists and configuration."""
    folder = base / "input" / "data"
    for channel in ("train", "validation", "train_lst", "validation_lst"):
        (folder / channel).mkdir(parents=True)
    (base / "input" / "config").mkdir()
    seen, lists = [0, 0], {"train": [], "validation": []}  # type: ignore[var-annotated]
    for index, (content, label) in enumerate(zip(*split, strict=True)):
        channel = "validation" if seen[label] % VALIDATION_PART == 0 else "train"
        seen[label] += 1
        (folder / channel / f"{index}.png").write_bytes(content)
        lists[channel].append(f"{index}\t{label}\t{index}.png\n")
    for channel, lines in lists.items():
        (folder / f"{channel}_lst" / f"{channel}.lst").write_text("".join(lines))
    basics = {
        "image_shape": "3,32,32",
        "num_classes": "2",
        "num_training_samples": str(len(lists["train"])),
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


def score(base: Path, split: tuple[list[bytes], list[int]]) -> dict[str, float]:
    """Serve the model, ask it about every test picture once, and compare."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(command("serve"), env=environment(base, port), stderr=subprocess.DEVNULL)
    try:
        connection = wait_for(port)
        answers = np.array([ask(connection, content) for content in split[0]])
    finally:
        server.terminate()
        server.wait()
    right = answers.argmax(1) == np.array(split[1])
    sure = answers.max(1) > 0.93
    return {
        "test": float(right.mean()),
        "coverage_at_0.93": float(sure.mean()),
        "accuracy_at_0.93": float(right[sure].mean()) if sure.any() else 0.0,
    }


def ask(connection: http.client.HTTPConnection, content: bytes) -> list[float]:
    connection.request("POST", "/invocations", content, {"Content-Type": "image/png"})
    answer: list[float] = json.loads(connection.getresponse().read())
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
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", help="hyperparameters, such as epochs=60"
    )
    options = parser.parse_args()
    given = dict(pair.split("=", 1) for pair in options.set)
    splits = [read_split(options.archive, name) for name in ("train", "test")]
    results = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            write_job(Path(folder), splits[0], {**given, "seed": str(seed)})
            results.append({"seed": seed, **train(Path(folder)), **score(Path(folder), splits[1])})
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
