"""The backbone: weights learnt once on other classes, that a job with use_pretrained_model=1 starts from.

backbone/backbone.safetensors   the whole classifier of the other classes, float16
backbone/card.json              data, recipe, digests, time, accuracy: what it has seen and what not

`scripts/pretrain.py` makes both; `pretraining.py` is the recipe.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from algorithm import weights
from algorithm.container import write_atomically
from algorithm.errors import AlgorithmError
from algorithm.model import Classifier

FOLDER = Path(__file__).with_name("backbone")
WEIGHTS, CARD = "backbone.safetensors", "card.json"
FORMAT = "scones-backbone/1"
HEAD = "network.head."  # the layer that belongs to the other classes, and is not carried over


@dataclass(frozen=True)
class Backbone:
    """Weights by name, and the widths of the network that they fit."""

    widths: tuple[int, ...]
    weights: dict[str, Tensor]
    digest: str

    def start(self, classifier: Classifier) -> None:
        """Give a classifier of the same widths these weights; its head and temperature stay its own."""
        taken = {name: value.float() for name, value in self.weights.items() if not name.startswith(HEAD)}
        taken.pop("temperature", None)
        result = classifier.load_state_dict(taken, strict=False)
        if result.unexpected_keys:
            raise AlgorithmError(f"the backbone has {result.unexpected_keys[0]}, which the network has not")


def save_backbone(folder: Path, classifier: Classifier, card: dict[str, Any]) -> Path:
    """Write the weights as float16 and the card, which gets the weights' digest and size."""
    folder.mkdir(parents=True, exist_ok=True)
    content = weights.dump({name: value.half() for name, value in classifier.state_dict().items()})
    facts = {
        "format": FORMAT,
        "widths": list(classifier.architecture.widths),
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "weights_bytes": len(content),
        "parameters": sum(value.numel() for value in classifier.parameters()),
    }
    write_atomically(folder / WEIGHTS, content)
    write_atomically(folder / CARD, (json.dumps(facts | card, indent=2) + "\n").encode())
    return folder / WEIGHTS


def read_card(folder: Path = FOLDER) -> dict[str, Any]:
    """The card beside the weights. Raises AlgorithmError when there is none."""
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text())
    except (OSError, ValueError):
        raise AlgorithmError(
            "no pretrained weights are shipped: make them with scripts/pretrain.py"
        ) from None
    if card.get("format") != FORMAT:
        raise AlgorithmError(f"{CARD} has format {card.get('format')!r}, this program reads {FORMAT!r}")
    return card


def load_backbone(folder: Path = FOLDER) -> Backbone:
    """The shipped backbone. Raises AlgorithmError when it is missing, or not the one that its card names."""
    card = read_card(folder)
    try:
        content = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise AlgorithmError(f"{WEIGHTS} cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != card["weights_sha256"]:
        raise AlgorithmError(f"{WEIGHTS} is not the one that {CARD} describes (its SHA-256 differs)")
    try:
        tensors = weights.load(content)
    except weights.DamagedError as error:
        raise AlgorithmError(f"{WEIGHTS} is damaged: {error}") from None
    return Backbone(tuple(card["widths"]), tensors, digest)
