"""Pretraining: a backbone learnt once on classes that no training job asks about, for jobs to start from.

Resumable: after every epoch all that training needs to go on lies in a checkpoint; the same recipe, data,
machine and number of threads give the same weights whether or not it was interrupted.
"""

import dataclasses
import hashlib
import io
import json
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from algorithm.augmentation import crop, cutout, mirror
from algorithm.container import write_atomically
from algorithm.data import Split
from algorithm.errors import ClientError
from algorithm.evaluation import evaluate
from algorithm.model import COMPACT_LAYERS, Architecture, Classifier, random_classifier
from algorithm.muon import Muon
from algorithm.optimization import WeightAverage, cycles, parameter_groups

CHECKPOINT = "checkpoint.pt"
SAMPLE = 5_000  # pictures that the input statistics are taken from


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Every choice that decides the weights, beside the data."""

    widths: tuple[int, ...] = (64, 256, 384)
    epochs: int = 20
    batch_size: int = 256
    learning_rates: tuple[float, ...] = (0.12,)  # the peak of each cycle; cycles are equally long
    weight_decay: float = 0.0001
    label_smoothing: float = 0.1
    average_decay: float = 0.998  # a step
    cutout: float = 0.25  # of a picture's side
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Epoch:
    """What is told about an epoch, counted from 1."""

    epoch: int
    loss: float
    held_out_accuracy: float
    seconds: float


class Pretraining:
    """A classifier of many classes in training, its state complete between two epochs."""

    def __init__(self, recipe: Recipe, training: Split, held_out: Split, num_classes: int) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.training, self.held_out = recipe, training, held_out
        architecture = Architecture(COMPACT_LAYERS, num_classes, (3, 32, 32), recipe.widths)
        sample = training.images[:: max(1, len(training) // SAMPLE)].float() / 255
        self.classifier = random_classifier(architecture, sample)
        self.average = WeightAverage(self.classifier, recipe.average_decay)
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimizer = Muon(
            parameter_groups(self.classifier, recipe.weight_decay), recipe.learning_rates[0]
        )
        self.steps_per_epoch = len(training) // recipe.batch_size
        if not self.steps_per_epoch:
            raise ClientError(f"{len(training)} pictures are fewer than a batch of {recipe.batch_size}")
        self.history: list[Epoch] = []

    @property
    def finished(self) -> bool:
        return len(self.history) >= self.recipe.epochs

    def run_epoch(self, advance: Callable[[], None]) -> Epoch:
        """Train on every picture once, but a last batch that is not full; `advance` is called a batch."""
        started, total = time.monotonic(), 0.0
        self.classifier.train()
        order = torch.randperm(len(self.training), generator=self.generator)
        first = len(self.history) * self.steps_per_epoch
        batches = order[: self.steps_per_epoch * self.recipe.batch_size].split(self.recipe.batch_size)
        for number, chosen in enumerate(batches):
            total += self._step(chosen, first + number)
            advance()
        accuracy = evaluate(self.average.classifier, self.held_out).accuracy
        seconds = time.monotonic() - started
        self.history.append(Epoch(len(self.history) + 1, total / self.steps_per_epoch, accuracy, seconds))
        return self.history[-1]

    def _step(self, chosen: Tensor, step: int) -> float:
        images = self._augmented(self.training.images[chosen].float() / 255)
        rate = cycles(self.recipe.learning_rates, step, self.recipe.epochs * self.steps_per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        logits = self.classifier(images)
        labels = self.training.labels[chosen]
        loss = F.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.average.update(self.classifier)
        return loss.item()

    def _augmented(self, images: Tensor) -> Tensor:
        images = crop(mirror(images, self.generator), self.generator)
        return cutout(images, self.generator, self.recipe.cutout)

    # --- between epochs -----------------------------------------------------------------------------------

    def identity(self) -> str:
        """A digest of recipe and data: a checkpoint of other ones is not gone on with."""
        digest = hashlib.sha256(json.dumps(dataclasses.asdict(self.recipe)).encode())
        for split in (self.training, self.held_out):
            digest.update(split.images.numpy().tobytes())
            digest.update(split.labels.numpy().tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Leave a checkpoint in the folder."""
        state = {
            "identity": self.identity(),
            "classifier": self.classifier.state_dict(),
            "average": self.average.classifier.state_dict(),
            "updates": self.average.updates,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "history": [dataclasses.asdict(epoch) for epoch in self.history],
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomically(folder / CHECKPOINT, buffer.getvalue())

    def resume(self, folder: Path) -> bool:
        """Go on from the folder's checkpoint; false if there is none.

        Raises ClientError when it cannot be read, or is of another recipe or data: hours of work are not
        written over.
        """
        path = folder / CHECKPOINT
        if not path.is_file():
            return False
        try:
            state: dict[str, Any] = torch.load(path, weights_only=True)
            is_ours = state["identity"] == self.identity()
        except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError, TypeError):
            raise ClientError(f"{path} cannot be read: remove it, or name another folder") from None
        if not is_ours:
            raise ClientError(f"{path} is of another recipe or other data: remove it, or name another folder")
        self.classifier.load_state_dict(state["classifier"])
        self.average.classifier.load_state_dict(state["average"])
        self.average.updates = state["updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        return True


def split_digest(split: Split) -> str:
    """SHA-256 over the pictures' bytes, uint8 (n, 3, height, width), in their order."""
    return hashlib.sha256(split.images.numpy().tobytes()).hexdigest()


def half_precision(classifier: Classifier) -> Classifier:
    """The classifier as float16 weights give it: what a job that starts from the backbone will see."""
    classifier.load_state_dict(
        {name: value.half().float() for name, value in classifier.state_dict().items()}
    )
    return classifier
