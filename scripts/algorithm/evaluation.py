"""How good a classifier is on a split it does not train on."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from algorithm.data import Split
from algorithm.model import Answer, Classifier

BATCH = 256
LOWEST, HIGHEST = 0.25, 4.0  # temperatures


@dataclass(frozen=True)
class Evaluation:
    """Logits of every picture of a split, and its labels."""

    logits: Tensor
    labels: Tensor

    @property
    def accuracy(self) -> float:
        return self.top_k_accuracy(1)

    def loss(self, temperature: float) -> float:
        """Mean cross-entropy in nats of the probabilities that this temperature gives."""
        return F.cross_entropy(self.logits / temperature, self.labels).item()

    def top_k_accuracy(self, k: int) -> float:
        """The share of pictures whose label is among the k most probable classes."""
        return top_k_hits(self.logits, self.labels, k) / len(self.labels)


def top_k_hits(logits: Tensor, labels: Tensor, k: int) -> int:
    """How many pictures have their label among the k highest logits."""
    return int((logits.topk(k, dim=1).indices == labels[:, None]).any(1).sum())


@torch.inference_mode()
def evaluate(classifier: Classifier, split: Split) -> Evaluation:
    """Score a split exactly as the endpoint would, mirror images included."""
    classifier.eval()
    logits = [classifier.logits(batch) for batch in split.images.split(BATCH)]
    return Evaluation(torch.cat(logits), split.labels)


@torch.inference_mode()
def answers(classifier: Classifier, images: Tensor) -> Answer:
    """What the endpoint would answer to uint8 pictures (n, 3, height, width)."""
    classifier.eval()
    parts = [classifier.answer(batch) for batch in images.split(BATCH)]
    return Answer(*(torch.cat(column) for column in zip(*parts, strict=True)))


def fit_temperature(evaluation: Evaluation) -> float:
    """The temperature, from LOWEST to HIGHEST, at which a split's confidences fit its labels best.

    After Guo et al., "On Calibration of Modern Neural Networks" (2017). The bounds
    keep a small split that is answered perfectly from asking for certainty.
    """
    candidates = torch.logspace(math.log2(LOWEST), math.log2(HIGHEST), 201, base=2)
    losses = [F.cross_entropy(evaluation.logits / value, evaluation.labels) for value in candidates]
    return round(float(candidates[int(torch.stack(losses).argmin())]), 4)
