"""A training job's folder with tiny pictures, and the algorithm run on it as SageMaker runs it."""

import io
import json
import logging
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from algorithm.__main__ import main

SIDE = 16
BASICS = {"image_shape": f"3,{SIDE},{SIDE}", "num_classes": "2", "num_training_samples": "24", "epochs": "1"}


def picture(label: int, seed: int, side: int = SIDE) -> Image.Image:
    """Noise that is red for label 0 and blue for label 1."""
    pixels = np.random.default_rng(seed).integers(0, 120, (side, side, 3), dtype=np.uint8)
    pixels[:, :, 2 if label else 0] += 120
    return Image.fromarray(pixels)


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def animated(*frames: Image.Image) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


class Job:
    """A container's base folder, and what a user or SageMaker does with it."""

    def __init__(self, base: Path, run: Callable[[Path], int]) -> None:
        self.base, self._run = base, run
        self.hyperparameters = dict(BASICS)
        for channel, count in (("train", 24), ("validation", 8)):
            self.channel(channel).mkdir(parents=True)
            for index in range(count):
                self.put(channel, f"{index}.png", encoded(picture(index % 2, index + 100 * count)))
            lines = [f"{index}\t{index % 2}\t{index}.png\n" for index in range(count)]
            self.put(f"{channel}_lst", f"{channel}.lst", "".join(lines).encode())

    def channel(self, name: str) -> Path:
        return self.base / "input" / "data" / name

    def put(self, channel: str, name: str, content: bytes) -> None:
        self.channel(channel).mkdir(parents=True, exist_ok=True)
        (self.channel(channel) / name).write_bytes(content)

    def add_background(self, training: int = 12, validation: int = 4) -> None:
        """Channels of pictures that are neither: green noise."""
        lists = {"background_lst": training, "background_validation_lst": validation}
        for channel, count in lists.items():
            names = [f"{channel}-{index}.png" for index in range(count)]
            for index, name in enumerate(names):
                pixels = np.random.default_rng(index).integers(0, 120, (SIDE, SIDE, 3), dtype=np.uint8)
                pixels[:, :, 1] += 120
                self.put("background", name, encoded(Image.fromarray(pixels)))
            lines = [f"{index}\t7\t{name}\n" for index, name in enumerate(names)]
            self.put(channel, f"{channel}.lst", "".join(lines).encode())

    def configure(self, name: str, value: Any) -> None:
        folder = self.base / "input" / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(value))

    def train(self, **hyperparameters: str) -> int:
        """Run the job; its exit code."""
        self.configure("hyperparameters", self.hyperparameters | hyperparameters)
        return self._run(self.base)

    @property
    def failure(self) -> str:
        path = self.base / "output" / "failure"
        return path.read_text() if path.exists() else ""

    @property
    def model(self) -> list[str]:
        folder = self.base / "model"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    @property
    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(
            (self.base / "model" / "image-classification-training.json").read_text()
        )
        return record


@pytest.fixture(scope="session")
def images() -> Any:
    """The makers of test pictures: picture(label, seed, side), encoded(image, form), animated(*frames)."""

    class Images:
        picture = staticmethod(picture)
        encoded = staticmethod(encoded)
        animated = staticmethod(animated)

    return Images


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job of 24 training and 8 validation pictures, one epoch, run in this process."""
    handler, handlers = signal.getsignal(signal.SIGTERM), list(logging.getLogger().handlers)

    def run(base: Path) -> int:
        monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
        return main(["train"])

    yield Job(tmp_path, run)
    signal.signal(signal.SIGTERM, handler)
    logging.getLogger().handlers = handlers
