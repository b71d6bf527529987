"""The model artefact: what training leaves in the model folder and serving reads. No pickle.

image-classification-NNNN.params       weights as safetensors; NNNN is the best epoch, counted from 1
image-classification-symbol.json       the architecture that the weights fit
model-shapes.json                      name and shape of the input
image-classification-training.json     settings, seed, versions, best epoch, history of metrics
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from algorithm import weights
from algorithm.container import write_atomically
from algorithm.errors import AlgorithmError
from algorithm.model import Architecture, Classifier

PREFIX = "image-classification"
SYMBOL = f"{PREFIX}-symbol.json"
SHAPES = "model-shapes.json"
TRAINING = f"{PREFIX}-training.json"
FORMAT = "scones-image-classification/2"


def params_name(epoch: int) -> str:
    """The weights' file of an epoch counted from 1."""
    return f"{PREFIX}-{epoch:04d}.params"


def save_params(folder: Path, classifier: Classifier, epoch: int) -> Path:
    """Write an epoch's weights."""
    path = folder / params_name(epoch)
    write_atomically(path, weights.dump(classifier.state_dict()))
    return path


def save_description(folder: Path, architecture: Architecture, training: dict[str, Any]) -> None:
    """Write everything beside the weights."""
    shapes = [{"name": "data", "shape": [1, *architecture.image_shape]}]
    _save_json(folder / SYMBOL, {"format": FORMAT, "architecture": dataclasses.asdict(architecture)})
    _save_json(folder / SHAPES, shapes)
    _save_json(folder / TRAINING, training)


def _save_json(path: Path, value: Any) -> None:
    write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())


def load(folder: Path) -> Classifier:
    """The classifier in a model folder, ready to predict. Raises AlgorithmError saying what is amiss."""
    architecture = _architecture(folder)
    path = _params_path(folder)
    try:
        tensors = weights.load(path.read_bytes())
    except (weights.DamagedError, OSError) as error:
        raise AlgorithmError(f"{path.name} is damaged: {error}") from None
    classifier = Classifier(architecture)
    try:
        classifier.load_state_dict(tensors)
    except RuntimeError:
        raise AlgorithmError(f"{path.name} does not fit the architecture in {SYMBOL}") from None
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values() if value.is_floating_point()):
        raise AlgorithmError(f"{path.name} holds weights that are not finite numbers")
    return classifier.eval()


def _architecture(folder: Path) -> Architecture:
    try:
        symbol = json.loads((folder / SYMBOL).read_text())
        if symbol["format"] != FORMAT:
            raise AlgorithmError(f"{SYMBOL} has format {symbol['format']!r}, this program reads {FORMAT!r}")
        values = symbol["architecture"]
        shape, widths = tuple(values.pop("image_shape")), tuple(values.pop("widths"))
        return Architecture(image_shape=shape, widths=widths, **values)
    except FileNotFoundError:
        raise AlgorithmError(f"the model folder has no {SYMBOL}") from None
    except (ValueError, KeyError, TypeError):
        raise AlgorithmError(f"{SYMBOL} does not describe a network of this program") from None


def best_epoch(folder: Path) -> int:
    """The epoch, counted from 1, whose weights the training record names."""
    return int(json.loads((folder / TRAINING).read_text())["best_epoch"])


def _params_path(folder: Path) -> Path:
    """The best epoch's weights: the only file, or the one that the training record names."""
    found = sorted(folder.glob(f"{PREFIX}-*.params"))
    if len(found) == 1:
        return found[0]
    if found and (folder / TRAINING).is_file():
        best = folder / params_name(best_epoch(folder))
        if best in found:
            return best
    raise AlgorithmError(f"the model folder has {len(found)} {PREFIX}-NNNN.params files, one is needed")
