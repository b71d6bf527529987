"""One picture in, probabilities out: decode, predict, encode. No HTTP here."""

import json
from collections.abc import Sequence

import torch

from algorithm import images
from algorithm.model import Classifier

JSON, JSON_LINES = "application/json", "application/jsonlines"
ACCEPTED = {"": JSON, "*/*": JSON, "application/*": JSON, JSON: JSON, JSON_LINES: JSON_LINES}
CONTENT_TYPES = {"image/png", "image/jpeg", "image/jpg", "application/x-image"}


def media_type(header: str) -> str:
    """A header's media type without parameters, in lower case."""
    return header.split(";")[0].strip().lower()


def response_type(accept: str) -> str | None:
    """The first type of an Accept header that can be answered with; None if there is none."""
    types = (ACCEPTED.get(media_type(part)) for part in accept.split(","))
    return next((kind for kind in types if kind), None)


@torch.inference_mode()
def predict(classifier: Classifier, content: bytes) -> list[float]:
    """Probabilities of the classes for one PNG or JPEG. Raises images.BadImageError."""
    _, height, width = classifier.architecture.image_shape
    pixels = images.pixels(images.resized(images.decode(content), height, width))
    probabilities: list[float] = classifier.probabilities(torch.from_numpy(pixels)[None])[0].tolist()
    return probabilities


def encode(probabilities: Sequence[float], kind: str) -> bytes:
    """The documented body: a bare array, or a JSON line with the array under `prediction`."""
    if kind == JSON_LINES:
        return (json.dumps({"prediction": probabilities}) + "\n").encode()
    return json.dumps(probabilities).encode()
