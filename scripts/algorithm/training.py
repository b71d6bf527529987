"""The training loop: epochs over a split in memory, the best of them kept on disk.

Log lines have the order and form of the built-in algorithm's, so that its metric definitions match.
"""

import dataclasses
import hashlib
import logging
import math
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from algorithm import artifact
from algorithm.augmentation import augmentation
from algorithm.backbone import load_backbone, read_card
from algorithm.checkpoint import Checkpoint
from algorithm.data import Split
from algorithm.distributed import Ranks
from algorithm.errors import AlgorithmError, ClientError
from algorithm.evaluation import evaluate, fit_temperature, top_k_hits
from algorithm.hyperparameters import Hyperparameters
from algorithm.model import COMPACT_LAYERS, Architecture, Classifier, random_classifier
from algorithm.optimization import WeightAverage, optimizer, schedule
from algorithm.selection import EpochMetrics, Selection

log = logging.getLogger(__name__)

LABEL_SMOOTHING = 0.1
LOG_EVERY = 20  # batches
BACKGROUND_PART = 2  # one background picture for so many of the classes'
DOMAIN_WEIGHT = 0.5  # of the loss that tells the two apart


class Stopped(Exception):
    """Training was asked to stop in the middle of an epoch."""


# --- one epoch --------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Tally:
    """What an epoch's batches add up to."""

    seen: float = 0
    hits: float = 0
    top_hits: float = 0
    loss: float = 0.0
    started: float = dataclasses.field(default_factory=time.monotonic)

    def add(self, logits: Tensor, labels: Tensor, loss: float, batch: int, top_k: int | None) -> None:
        """Count these pictures' part of a batch; `loss` is their part of its mean."""
        self.seen += len(labels)
        self.hits += top_k_hits(logits, labels, 1)
        self.top_hits += top_k_hits(logits, labels, top_k) if top_k else 0
        self.loss += loss * batch

    @property
    def accuracy(self) -> float:
        return self.hits / self.seen

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Trainer:
    """A classifier in training, with the random generator that decides order and augmentation.

    Several ranks train one classifier, each on its share of every batch (distributed.py).
    """

    def __init__(
        self,
        settings: Hyperparameters,
        split: Split,
        background: Split | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.split, self.background = settings, split, background
        self.ranks = ranks or Ranks()
        self.classifier = start(settings, split)
        self.ranks.synchronise(self.classifier)
        self.domain = nn.Linear(self.classifier.network.head.in_features, 1)
        self.average = WeightAverage(self.classifier)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.augment = augmentation(settings.augmentation_type)
        self.batch_size = min(settings.mini_batch_size, len(split))
        self.steps_per_epoch = len(split) // self.batch_size
        self.optimizer = optimizer(self.classifier, settings)
        self.optimizer.add_param_group({"params": list(self.domain.parameters()), "weight_decay": 0.0})
        self.factor = schedule(settings, self.steps_per_epoch)
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.class_weights = class_weights(split, settings) if settings.use_weighted_loss else None
        self.step = 0

    def run_epoch(self, epoch: int, stop_requested: Callable[[], bool]) -> Tally:
        """Train on every picture once, a last batch that is not full left out. Raises Stopped if asked."""
        self.classifier.train()
        tally = Tally()
        order = torch.randperm(len(self.split), generator=self.generator)
        full = order[: self.steps_per_epoch * self.batch_size]
        for number, chosen in enumerate(full.split(self.batch_size), 1):
            if self.ranks.any(stop_requested()):
                raise Stopped
            self._step(chosen, tally)
            if number % LOG_EVERY == 0:
                speed = tally.seen / max(tally.seconds, 1e-9)
                log.info(
                    "Epoch[%d] Batch [%d]#011Speed: %.3f samples/sec#011accuracy=%.6f",
                    *(epoch, number, speed, tally.accuracy),
                )
        tally.seen, tally.hits, tally.top_hits, tally.loss = self.ranks.sum(
            [tally.seen, tally.hits, tally.top_hits, tally.loss]
        )
        return tally

    def _step(self, chosen: Tensor, tally: Tally) -> None:
        # Every rank draws what happens to the whole batch, and then goes on with its share of it.
        images = self.ranks.share(self.augment(self.split.images[chosen].float() / 255, self.generator))
        batch_labels = self.split.labels[chosen]
        labels = self.ranks.share(batch_labels)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.factor(self.step)
        if self.background is not None:
            images = torch.cat([images, self.ranks.share(self._background_batch(len(chosen)))])
        features = self.classifier.image_features(images)
        logits = self.classifier.network.head(features[: len(labels)])
        # Means over this rank's pictures, each for its part of the mean over all.
        loss = F.cross_entropy(logits, labels, self.class_weights, label_smoothing=LABEL_SMOOTHING)
        loss = loss * (self._weight(labels) / self._weight(batch_labels))
        total = loss
        if self.background is not None:
            inside = (torch.arange(len(images)) < len(labels)).float()
            apart = F.binary_cross_entropy_with_logits(self.domain(features)[:, 0], inside)
            total = loss + DOMAIN_WEIGHT * apart * (len(images) / self._batch_size(len(chosen)))
        self.optimizer.zero_grad()
        total.backward()
        self.ranks.add_gradients([*self.classifier.parameters(), *self.domain.parameters()])
        self.optimizer.step()
        self.average.update(self.classifier)
        self.step += 1
        tally.add(logits.detach(), labels, loss.item(), len(chosen), self.settings.top_k)

    def _weight(self, labels: Tensor) -> float:
        """What so many pictures count in a mean."""
        return float(len(labels) if self.class_weights is None else self.class_weights[labels].sum())

    def _batch_size(self, count: int) -> int:
        """Pictures of a whole batch, those of the background included."""
        return count + (max(1, count // BACKGROUND_PART) if self.background is not None else 0)

    def state(self) -> dict[str, Any]:
        """All that changes in training, for a checkpoint."""
        return {
            "classifier": self.classifier.state_dict(),
            "domain": self.domain.state_dict(),
            "average": self.average.classifier.state_dict(),
            "updates": self.average.updates,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.classifier.load_state_dict(state["classifier"])
        self.domain.load_state_dict(state["domain"])
        self.average.classifier.load_state_dict(state["average"])
        self.average.updates, self.step = state["updates"], state["step"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])

    def _background_batch(self, count: int) -> Tensor:
        """Pictures of other things, augmented, for so many of the classes'."""
        assert self.background is not None
        number = self._batch_size(count) - count
        chosen = torch.randint(len(self.background), (number,), generator=self.generator)
        return self.augment(self.background.images[chosen].float() / 255, self.generator)


def start(settings: Hyperparameters, split: Split) -> Classifier:
    """A classifier to train: with the backbone's weights or random ones; the head is random either way."""
    if settings.use_pretrained_model:
        backbone = load_backbone()
        shape = settings.image_shape
        classifier = Classifier(Architecture(COMPACT_LAYERS, settings.num_classes, shape, backbone.widths))
        backbone.start(classifier)
        return classifier
    architecture = Architecture(settings.num_layers, settings.num_classes, settings.image_shape)
    return random_classifier(architecture, split.images.float() / 255)


def class_weights(split: Split, settings: Hyperparameters) -> Tensor:
    """Weights that give each class the same say, shape (num_classes,), mean 1 over the pictures."""
    counts = split.counts(settings.num_classes).float()
    return len(split) / (settings.num_classes * counts)


# --- all epochs -------------------------------------------------------------------------------------------


def train(
    settings: Hyperparameters,
    splits: tuple[Split, Split],
    background: Split | None,
    folder: Path,
    stop_requested: Callable[[], bool],
    shown: Callable[[Path], str] = str,
    checkpoints: Path | None = None,
    ranks: Ranks | None = None,
) -> Selection:
    """Train on the first split, choose the epoch by the second, leave the model artefact in the folder.

    `background` are pictures of other things, so that the features go on telling them from the classes'.

    Stops early, with the best model so far, as soon as stop_requested() is true. `shown` renders a path for
    the log. Goes on from the checkpoint in `checkpoints`, if there is one, with the same result as without
    the interruption, and leaves one there after every epoch. Of several ranks, the first alone validates and
    writes; what it returns counts.
    """
    ranks = ranks or Ranks()
    trainer, selection = Trainer(settings, splits[0], background, ranks), Selection(settings)
    checkpoint = Checkpoint(checkpoints, identity(settings, splits, background))
    done = checkpoint.restore(trainer, selection, folder if ranks.leads else None)
    if not ranks.agree(done):
        raise AlgorithmError(
            "the instances would go on after different epochs: remove the job's checkpoints and start it anew"
        )
    for epoch in range(done, settings.epochs):
        if ranks.any(selection.should_stop()):
            log.info("Early stopping criteria met.")
            break
        try:
            tally = trainer.run_epoch(epoch, stop_requested)
        except Stopped:
            break
        if ranks.leads:
            finish_epoch(trainer, selection, splits[1], tally, folder, shown)
            checkpoint.save(trainer, selection, folder)
        else:
            refuse_divergence(tally, epoch)  # that every instance tells why the job ends
    return selection


def identity(
    settings: Hyperparameters, splits: tuple[Split, Split], background: Split | None
) -> dict[str, Any]:
    """What two jobs must share for one to go on where the other was interrupted."""
    sizes = [len(split) if split else 0 for split in (*splits, background)]
    return {"settings": dataclasses.asdict(settings), "program": source_digest(), "pictures": sizes}


def refuse_divergence(tally: Tally, epoch: int) -> None:
    """Raise ClientError when an epoch's loss, which all ranks know, is no number any more."""
    if not math.isfinite(tally.loss):
        raise ClientError(
            f"training diverged in epoch {epoch}: the loss is {tally.loss}; lower learning_rate"
        )


def finish_epoch(
    trainer: Trainer,
    selection: Selection,
    validation: Split,
    tally: Tally,
    folder: Path,
    shown: Callable[[Path], str],
) -> None:
    """Measure an epoch on the validation split, log it, and save what is to be kept."""
    epoch, top_k = len(selection.history), trainer.settings.top_k
    refuse_divergence(tally, epoch)
    log.info("Epoch[%d] Train-accuracy=%.6f", epoch, tally.accuracy)
    if top_k:
        log.info("Epoch[%d] Train-top_k_accuracy_%d=%.6f", epoch, top_k, tally.top_hits / tally.seen)
    log.info("Epoch[%d] Time cost=%.3f", epoch, tally.seconds)
    classifier = trainer.average.classifier
    scored = evaluate(classifier, validation)
    log.info("Epoch[%d] Validation-accuracy=%.6f", epoch, scored.accuracy)
    if top_k:
        log.info("Epoch[%d] Validation-top_k_accuracy_%d=%.6f", epoch, top_k, scored.top_k_accuracy(top_k))
    temperature = fit_temperature(scored)
    classifier.temperature.fill_(temperature)
    # The loss of what would be served: label smoothing makes the raw one grow as training goes well.
    losses = tally.loss / tally.seen, scored.loss(temperature)
    metrics = EpochMetrics(
        epoch + 1, tally.accuracy, losses[0], scored.accuracy, losses[1], temperature, tally.seconds
    )
    keep(classifier, selection, metrics, folder, shown)


def keep(
    classifier: Classifier,
    selection: Selection,
    metrics: EpochMetrics,
    folder: Path,
    shown: Callable[[Path], str],
) -> None:
    """Save an epoch that is the best so far or due by checkpoint_frequency; drop the best it replaces."""
    frequency, before = selection.settings.checkpoint_frequency, selection.best
    best = selection.add(metrics)
    due = frequency is not None and metrics.epoch % frequency == 0
    if best:
        log.info("Storing the best model with validation accuracy: %.6f", metrics.validation_accuracy)
    if best or due:
        path = artifact.save_params(folder, classifier, metrics.epoch)
        log.info('Saved checkpoint to "%s"', shown(path))
    artifact.save_description(folder, classifier.architecture, training_record(selection))
    if best and before and not (frequency and before.epoch % frequency == 0):
        (folder / artifact.params_name(before.epoch)).unlink(missing_ok=True)


def training_record(selection: Selection) -> dict[str, object]:
    """Everything that says how the kept model came to be, for the artefact's training JSON."""
    if selection.best is None:
        raise ValueError("no epoch has ended yet")
    return {
        "best_epoch": selection.best.epoch,
        "metrics": {
            "train:accuracy": selection.best.train_accuracy,
            "validation:accuracy": selection.best.validation_accuracy,
            "validation:loss": selection.best.validation_loss,
        },
        "hyperparameters": dataclasses.asdict(selection.settings),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "source_sha256": source_digest(),
        "backbone_sha256": read_card()["weights_sha256"] if selection.settings.use_pretrained_model else None,
        "threads": torch.get_num_threads(),
        "history": [dataclasses.asdict(metrics) for metrics in selection.history],
    }


def source_digest() -> str:
    """SHA-256 over this package's files, names and contents: which program trained a model."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
