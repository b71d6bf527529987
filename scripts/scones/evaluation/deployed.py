"""Which model an endpoint serves: asked of SageMaker, as the newest one may not be deployed yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scones.errors import NotDeployed
from scones.training.models import fetch_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

ARTIFACT = re.compile(r"/models/([^/]+)/output/model\.tar\.gz$")


@dataclass(frozen=True)
class Deployed:
    """The model behind an endpoint. `manifest` is its manifest, empty when another model's is the newest."""

    training_job: str
    model_data_url: str
    manifest: dict[str, Any] = field(default_factory=dict)


def find_deployed(sagemaker: SageMakerClient, s3: S3Client, bucket: str, endpoint: str, env: str) -> Deployed:
    """Return the model of the endpoint's first variant; NotDeployed when there is no such endpoint."""
    try:
        config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        raise NotDeployed(f"there is no endpoint {endpoint}: run 'make plan apply ENV={env}'") from None
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    container = model.get("PrimaryContainer") or model["Containers"][0]
    url = container["ModelDataUrl"]
    manifest = fetch_manifest(s3, bucket) or {}
    if manifest.get("model_data_url") != url:
        manifest = {}
    found = ARTIFACT.search(url)
    return Deployed(manifest.get("training_job_name") or (found[1] if found else "unknown"), url, manifest)
