"""One picture in, an answer out: decode, predict, encode. No HTTP here.

Accept                      body
application/json            [p0, p1, ...]
application/jsonlines       {"prediction": [p0, p1, ...]}
application/json;verbose    {"probabilities": [p0, p1, ...], "out_of_domain": 0.01, "statistics": {...}}

The first two are the built-in algorithm's. The third asks for more, in the way that SageMaker JumpStart's
models are asked; `statistics` are of the picture at the model's size.
"""

import json
from dataclasses import dataclass

import torch

from algorithm import images
from algorithm.model import Classifier

JSON, JSON_LINES, VERBOSE = "application/json", "application/jsonlines", "application/json;verbose"
KINDS = (JSON, VERBOSE, JSON_LINES)
ACCEPTED = {
    "": JSON,
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    JSON_LINES: JSON_LINES,
    VERBOSE: VERBOSE,
}
CONTENT_TYPES = {"image/png", "image/jpeg", "image/jpg", "application/x-image"}


@dataclass(frozen=True)
class Prediction:
    """What is said of one picture."""

    probabilities: list[float]
    out_of_domain: float  # 0 to 1: how little it is like what the model was trained on
    statistics: dict[str, float]


def media_type(header: str) -> str:
    """A header's media type without parameters, in lower case."""
    return header.split(";")[0].strip().lower()


def response_type(accept: str) -> str | None:
    """The first type of an Accept header that can be answered with; None if there is none."""
    return next((kind for kind in map(_accepted, accept.split(",")) if kind), None)


def _accepted(part: str) -> str | None:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    return ACCEPTED.get(VERBOSE if kind == JSON and "verbose" in parameters else kind)


@torch.inference_mode()
def predict(classifier: Classifier, content: bytes) -> Prediction:
    """What a classifier says of one PNG or JPEG. Raises images.BadImageError."""
    _, height, width = classifier.architecture.image_shape
    pixels = images.pixels(images.resized(images.decode(content), height, width))
    answer = classifier.answer(torch.from_numpy(pixels)[None])
    return Prediction(
        answer.probabilities[0].tolist(), answer.out_of_domain.item(), images.statistics(pixels)
    )


def encode(prediction: Prediction, kind: str) -> bytes:
    """The body in one of the forms above."""
    if kind == JSON_LINES:
        return (json.dumps({"prediction": prediction.probabilities}) + "\n").encode()
    return json.dumps(vars(prediction) if kind == VERBOSE else prediction.probabilities).encode()
