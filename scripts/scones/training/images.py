"""The container images that train and serve each algorithm, and what they run on."""

from __future__ import annotations

from scones.training.models import Serving

ALGORITHMS = ("pytorch", "builtin")
# The newest PyTorch that AWS has for training and for serving alike (CPU images, Python 3.12).
PYTORCH_VERSION = "2.6.0"
INSTANCE_TYPES = {"pytorch": "ml.c5.2xlarge", "builtin": "ml.g4dn.xlarge"}
# As the SageMaker SDK sets them for a model in script mode.
SCRIPT_MODE_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
}


def training_image(algorithm: str, region: str) -> str:
    """Return the image that trains an algorithm in a region, as the SageMaker SDK knows it."""
    if algorithm == "pytorch":
        return _pytorch_image("training", region)
    from sagemaker.core import image_uris  # two seconds to import: only when it is needed

    return str(image_uris.retrieve("image-classification", region))


def serving(algorithm: str, region: str) -> Serving:
    """Return what serves an algorithm's models: the built-in one's image does both."""
    if algorithm == "builtin":
        return Serving(training_image(algorithm, region))
    return Serving(
        _pytorch_image("inference", region), SCRIPT_MODE_ENVIRONMENT | {"SAGEMAKER_REGION": region}
    )


def _pytorch_image(scope: str, region: str) -> str:
    from sagemaker.core import image_uris

    kind = INSTANCE_TYPES["pytorch"]  # any CPU instance has the same image
    return str(
        image_uris.retrieve("pytorch", region, version=PYTORCH_VERSION, image_scope=scope, instance_type=kind)
    )
