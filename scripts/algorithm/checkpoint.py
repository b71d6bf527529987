"""A checkpoint: all that training needs to go on after an interruption as if there had been none.

SageMaker keeps the container's checkpoints folder in step with S3, and gives it to the job that is started
again. One file, written whole after each epoch: weights, their average, the optimizer, the random generator,
the history, and the model folder's own files, since the folder of a new container is empty.
"""

import dataclasses
import io
import logging
import pickle
from pathlib import Path
from typing import Any, Protocol

import torch

from algorithm.container import write_atomically
from algorithm.selection import EpochMetrics, Selection

log = logging.getLogger(__name__)

FILE = "training.checkpoint"


class Trainer(Protocol):
    """What is trained, as one dictionary of tensors and numbers."""

    def state(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...


class Checkpoint:
    """The checkpoint of one job in a folder; without a folder, nothing is kept and nothing is found.

    `identity` is what makes two jobs the same; the checkpoint of another one is left alone.
    """

    def __init__(self, folder: Path | None, identity: dict[str, Any]) -> None:
        self._path, self._identity = folder / FILE if folder else None, identity

    def save(self, trainer: Trainer, selection: Selection, model: Path) -> None:
        """Keep an epoch's end."""
        if self._path is None:
            return
        content = {
            "identity": self._identity,
            "trainer": trainer.state(),
            "history": [dataclasses.asdict(metrics) for metrics in selection.history],
            "model": {path.name: _tensor(path.read_bytes()) for path in model.iterdir() if path.is_file()},
        }
        packed = io.BytesIO()
        torch.save(content, packed)
        write_atomically(self._path, packed.getvalue())

    def restore(self, trainer: Trainer, selection: Selection, model: Path | None) -> int:
        """Go back to the last epoch's end; returns how many epochs have ended, 0 without a checkpoint.

        `model` is where the kept model's files go, None on a rank that keeps none.
        """
        content = self._read()
        if content is None:
            return 0
        trainer.restore(content["trainer"])
        for metrics in content["history"]:
            selection.add(EpochMetrics(**metrics))
        for name, packed in content["model"].items() if model else ():
            write_atomically(model / Path(name).name, packed.numpy().tobytes())  # type: ignore[operator]
        log.info("Resuming training after epoch %d", len(selection.history))
        return len(selection.history)

    def _read(self) -> dict[str, Any] | None:
        if self._path is None or not self._path.is_file():
            return None
        try:
            content: dict[str, Any] = torch.load(self._path, weights_only=True)
        except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError) as error:
            log.warning("The checkpoint cannot be read and is not used (%s)", type(error).__name__)
            return None
        if content.get("identity") != self._identity:
            log.warning("The checkpoint is another job's and is not used")
            return None
        return content


def _tensor(content: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)
