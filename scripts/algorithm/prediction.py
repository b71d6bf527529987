"""`python -m algorithm predict`: answers to the pictures of a list, a JSON line each, without a server.

    {"key": "bike_s_000658.png", "probabilities": [0.98, 0.02], "out_of_domain": 0.01, "statistics": {...}}

The pictures are answered in batches by the code that validates a training job's model: what it says is what
the training process says, to compare an endpoint's answers with.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from algorithm import artifact, images
from algorithm.data import Entry, Split, read_list
from algorithm.errors import AlgorithmError, ClientError
from algorithm.job import answered


def main(arguments: list[str]) -> int:
    """Print the answers; exit code 1 with one line on standard error when something is at fault."""
    parser = argparse.ArgumentParser(
        prog="python -m algorithm predict", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--model", type=Path, required=True, help="the unpacked model.tar.gz")
    parser.add_argument(
        "--pictures", type=Path, required=True, help="the folder that the list's paths are in"
    )
    parser.add_argument("--list", type=Path, required=True, help="a .lst file")
    chosen = parser.parse_args(arguments)
    try:
        classifier = artifact.load(chosen.model)
        if not chosen.list.is_file():
            raise ClientError(f"there is no list {chosen.list}")
        entries = read_list(chosen.list)
        split = _load(chosen.pictures, entries, classifier.architecture.image_shape)
    except AlgorithmError as error:
        print(error, file=sys.stderr)
        return 1
    for line in answered(classifier, split, [entry.path for entry in entries]):
        print(json.dumps(line))
    return 0


def _load(folder: Path, entries: list[Entry], shape: tuple[int, int, int]) -> Split:
    """The pictures as the endpoint would see them: resized where training would have refused them."""
    _, height, width = shape
    loaded = []
    for entry in entries:
        try:
            image = images.decode((folder / entry.path).read_bytes())
        except OSError:
            raise ClientError(f"image {entry.path} is listed but not in {folder}") from None
        except images.BadImageError as error:
            raise ClientError(f"image {entry.path}: {error}") from None
        loaded.append(images.pixels(images.resized(image, height, width)))
    return Split(torch.from_numpy(np.stack(loaded)), torch.tensor([entry.label for entry in entries]))
