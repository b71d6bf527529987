"""What AWS's PyTorch container calls to serve the model: the same answers as `python -m algorithm serve`.

It lies in code/ of model.tar.gz beside the package `algorithm`. A request that is refused gets the status
that the toolkit reads off its own error class.
"""

from pathlib import Path
from typing import Any

import torch

from algorithm import artifact, images, inference
from algorithm.model import Classifier
from algorithm.serving import CUSTOM_ATTRIBUTES

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError
except ImportError:  # another server on the same contract

    class BaseInferenceToolkitError(Exception):  # type: ignore[no-redef]
        """An error with the status and the text of its answer."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            super().__init__(message)
            self.status_code, self.message, self.phrase = status_code, message, phrase


def model_fn(folder: str) -> Classifier:
    torch.set_num_threads(
        1
    )  # one small picture a request: a second thread costs more to wake than it computes
    return artifact.load(Path(folder))


def input_fn(content: bytes, content_type: str | None) -> bytes:
    kind = inference.media_type(content_type or "")
    if kind not in inference.CONTENT_TYPES:
        known = ", ".join(sorted(inference.CONTENT_TYPES))
        raise _refusal(415, f"content type {kind or '(none)'} is not one of {known}")
    return content


def predict_fn(content: bytes, classifier: Classifier) -> inference.Prediction:
    try:
        return inference.predict(classifier, content)
    except images.TooManyPixelsError as error:
        raise _refusal(413, str(error)) from None
    except images.BadImageError as error:
        raise _refusal(400, str(error)) from None


def output_fn(prediction: inference.Prediction, accept: str, context: Any) -> tuple[bytes, str]:
    kind = inference.response_type(accept)
    if kind is None:
        raise _refusal(406, f"cannot answer {accept}; only {', '.join(inference.KINDS)}")
    context.set_response_header(0, CUSTOM_ATTRIBUTES, f"out-of-domain={prediction.out_of_domain:.6f}")
    return inference.encode(prediction, kind), inference.media_type(kind)


def _refusal(status: int, reason: str) -> BaseInferenceToolkitError:
    return BaseInferenceToolkitError(status, reason, reason)
