"""Which model an endpoint serves: asked of SageMaker, as the newest one may not be deployed yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scones.errors import NotDeployed, SconesError
from scones.training.models import fetch_manifest, find_package

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

ARTIFACT = re.compile(r"s3://(?P<bucket>[^/]+)/models/(?P<job>[^/]+)/output/model\.tar\.gz")
SCRIPT_MODE = "SAGEMAKER_PROGRAM"  # a variable of a container that serves a program of ours


@dataclass(frozen=True)
class Deployed:
    """The model behind an endpoint.

    `package` is its entry in the registry, None when there is none any more. `newest` is the training job of
    the model that was trained last, where that is another one.
    """

    training_job: str
    model_data_url: str
    runs_in_script_mode: bool
    package: str | None = None
    newest: str | None = None


def find_deployed(
    sagemaker: SageMakerClient, s3: S3Client, bucket: str, group: str, endpoint: str, env: str
) -> Deployed:
    """Return the model that an endpoint serves, whichever was trained last.

    `group` is the registry's group of model packages. NotDeployed when there is no such endpoint; SconesError
    when it does not serve one model, all the time, that a training job left in the bucket.
    """
    try:
        found = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if "Could not find" not in str(error):
            raise
        raise NotDeployed(f"there is no endpoint {endpoint}: run 'make plan apply ENV={env}'") from None
    if found["EndpointStatus"] != "InService":
        raise SconesError(
            f"{endpoint} is {found['EndpointStatus']}: evaluate it once it is InService and one model answers"
        )
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    names = {variant["ModelName"] for variant in variants["ProductionVariants"]}
    if len(names) > 1:
        raise SconesError(f"{endpoint} serves {len(names)} models at once: an evaluation is of one")
    model = sagemaker.describe_model(ModelName=names.pop())
    container = model.get("PrimaryContainer") or model["Containers"][0]
    url, newest = container["ModelDataUrl"], fetch_manifest(s3, bucket) or {}
    place = ARTIFACT.fullmatch(url)
    if not place or place["bucket"] != bucket:
        raise SconesError(
            f"{endpoint} serves {url}, which no training job left in s3://{bucket}/models/: "
            f"run 'make train plan apply ENV={env}'"
        )
    job, is_newest = place["job"], newest.get("model_data_url") == url
    package = newest.get("model_package_arn") if is_newest else find_package(sagemaker, group, job)
    return Deployed(
        training_job=job,
        model_data_url=url,
        runs_in_script_mode=SCRIPT_MODE in container.get("Environment", {}),
        package=package,
        newest=None if is_newest else newest.get("training_job_name"),
    )
