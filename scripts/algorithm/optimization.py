"""How weights move: the optimizer, the learning rate's schedule, and the average of weights."""

import copy
import math
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from algorithm.hyperparameters import Hyperparameters
from algorithm.model import Classifier
from algorithm.muon import Muon

WARM_UP = 0.2  # of all steps
AVERAGE_DECAY = 0.98  # a step: the average reaches back about 50 steps


class Schedule(Protocol):
    """The learning rate's factor at a step, the first being step 0."""

    def __call__(self, step: int) -> float: ...


def parameter_groups(classifier: Classifier, weight_decay: float) -> list[dict[str, Any]]:
    """The parameters that learn, in two groups: weight decay spares biases and normalisation."""
    weights = [value for value in classifier.parameters() if value.requires_grad]
    return [
        {"params": [value for value in weights if value.ndim > 1], "weight_decay": weight_decay},
        {"params": [value for value in weights if value.ndim <= 1], "weight_decay": 0.0},
    ]


def optimizer(classifier: Classifier, settings: Hyperparameters) -> torch.optim.Optimizer:
    """The optimizer that the settings name."""
    groups = parameter_groups(classifier, settings.weight_decay)
    if settings.optimizer == "muon":
        return Muon(groups, settings.learning_rate)
    rate, momentum = settings.learning_rate, settings.momentum
    if settings.optimizer == "adam":
        betas = (settings.beta_1, settings.beta_2)
        return torch.optim.Adam(groups, lr=rate, betas=betas, eps=settings.eps)
    if settings.optimizer == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, alpha=settings.gamma, eps=settings.eps)
    nesterov = settings.optimizer == "nag" and momentum > 0
    return torch.optim.SGD(groups, lr=rate, momentum=momentum, nesterov=nesterov)


def schedule(settings: Hyperparameters, steps_per_epoch: int) -> Schedule:
    """Steps at lr_scheduler_step where that is set; else one cycle: a linear rise, then a fall to 0."""
    total = max(1, settings.epochs * steps_per_epoch)

    def stepped(step: int) -> float:
        epoch = step // steps_per_epoch
        return settings.lr_scheduler_factor ** sum(epoch >= at for at in settings.lr_scheduler_step or ())

    return stepped if settings.lr_scheduler_step else lambda step: one_cycle(step, total)


def one_cycle(step: int, total: int) -> float:
    """The learning rate's factor at one of `total` steps: a linear rise, then a fall to 0."""
    done = (step + 1) / (total + 1)
    return min(done / WARM_UP, (1 - done) / (1 - WARM_UP))


def cycles(peaks: Sequence[float], step: int, total: int) -> float:
    """The learning rate at one of `total` steps: as many equal cycles as there are peaks, one after another.

    After Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
    """
    length = math.ceil(total / len(peaks))
    return peaks[step // length] * one_cycle(step % length, length)


class WeightAverage:
    """An exponential moving average of a classifier's weights: less noisy than any one step's."""

    def __init__(self, classifier: Classifier, decay: float = AVERAGE_DECAY) -> None:
        self.decay = decay
        self.classifier = copy.deepcopy(classifier).requires_grad_(False).eval()
        self.updates = 0

    @torch.no_grad()
    def update(self, source: nn.Module) -> None:
        """Move towards the source; the first updates move further, so that the random start is forgotten."""
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 10))
        for mine, theirs in zip(self._tensors(self.classifier), self._tensors(source), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)

    @staticmethod
    def _tensors(module: nn.Module) -> list[Tensor]:
        return [*module.parameters(), *module.buffers()]
