"""What is declared before it serves: models and endpoint configurations, each checked as SageMaker would.

Real: both are kept whole and shown as they were given; image, role, model data, model names, instance types
and variant names are checked. Not real: several containers, multi-model containers and uncompressed model
data, which are refused by name; a VPC is kept and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import botocore.session
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from ..settings import Settings
from . import roles
from .container import container_of
from .serving import Model
from .storage import ClientError, Storage

# The container that a model package's name or ARN stands for
PackagedContainer = Callable[[str], dict[str, Any]]


class HostedModel:
    """CreateModel's request. The attributes are those that moto's listing and tagging read."""

    def __init__(self, request: dict[str, Any], arn: str, served: Model) -> None:
        self.request, self.arn, self.served = request, arn, served
        self.model_name: str = request["ModelName"]
        self.tags: list[dict[str, str]] = request.get("Tags") or []
        self.creation_time = utcnow()

    @property
    def response_object(self) -> dict[str, Any]:
        """DescribeModel's answer, with the defaults that SageMaker fills in."""
        shown = {
            "EnableNetworkIsolation": False,
            **self.request,
            "ModelArn": self.arn,
            "CreationTime": self.creation_time,
        }
        if "PrimaryContainer" in shown:
            shown["PrimaryContainer"] = _with_defaults(shown["PrimaryContainer"])
        if "Containers" in shown:
            shown["Containers"] = [_with_defaults(container) for container in shown["Containers"]]
        return shown


class EndpointConfig:
    """CreateEndpointConfig's request. The attributes are those that moto's listing and tagging read."""

    def __init__(self, request: dict[str, Any], arn: str) -> None:
        self.request, self.arn = request, arn
        self.endpoint_config_name: str = request["EndpointConfigName"]
        self.tags: list[dict[str, str]] = request.get("Tags") or []
        self.creation_time = utcnow()

    @property
    def variants(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.request["ProductionVariants"]
        return found

    @property
    def instances(self) -> int:
        """Those of the smallest variant: what a step of a deployment is measured by."""
        return min(int(variant.get("InitialInstanceCount", 1)) for variant in self.variants)

    @property
    def capture(self) -> dict[str, Any] | None:
        config: dict[str, Any] | None = self.request.get("DataCaptureConfig")
        return config

    def summary(self) -> dict[str, Any]:
        return {
            "EndpointConfigName": self.endpoint_config_name,
            "EndpointConfigArn": self.arn,
            "CreationTime": self.creation_time,
        }

    def describe(self) -> dict[str, Any]:
        return {**self.request, **self.summary()}


def served_model(settings: Settings, request: dict[str, Any], packaged: PackagedContainer) -> Model:
    """What a CreateModel request would serve. Raises ValidationError for a model that cannot be."""
    declared = [request["PrimaryContainer"]] if request.get("PrimaryContainer") else request.get("Containers")
    if not declared or len(declared) != 1:
        raise ValidationError(
            "Local AWS serves one container a model: give PrimaryContainer, or one of Containers."
        )
    container = declared[0]
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise ValidationError("Local AWS has no multi-model containers: Mode must be SingleModel.")
    source = packaged(container["ModelPackageName"]) if "ModelPackageName" in container else container
    if not source.get("Image"):
        raise ValidationError("Local AWS runs images: give the container an Image or a ModelPackageName.")
    container_of(settings, source["Image"])
    role_arn = request.get("ExecutionRoleArn") or ""
    roles.check(settings, role_arn)
    data_url = _data_url(source)
    if data_url:
        _check_data(settings, data_url, role_arn)
    environment = {**(source.get("Environment") or {}), **(container.get("Environment") or {})}
    return Model(source["Image"], data_url, environment, role_arn)


def check_config(request: dict[str, Any], models: Collection[str], model_arn: Callable[[str], str]) -> None:
    """Raise ValidationError for an endpoint configuration that SageMaker would refuse."""
    variants = request["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants + (request.get("ShadowProductionVariants") or [])]
    if len(names) != len(set(names)):
        raise ValidationError("Production variant names must be unique within an endpoint configuration.")
    for variant in variants:
        if variant.get("ModelName") not in models:
            raise ValidationError(f'Could not find model "{model_arn(variant.get("ModelName", ""))}".')
        kind = variant.get("InstanceType")
        if (kind is None) == ("ServerlessConfig" not in variant):
            raise ValidationError(f"Variant {variant['VariantName']} needs InstanceType or ServerlessConfig.")
        if "ServerlessConfig" in variant and request.get("DataCaptureConfig"):
            raise ValidationError("Data capture is not supported for serverless variants.")
        if kind is not None and kind not in _instance_types():
            raise ValidationError(
                f"1 validation error detected: Value '{kind}' at 'productionVariants.1.member.instanceType' "
                "failed to satisfy constraint: Member must satisfy enum value set: "
                f"{sorted(_instance_types())}"
            )


def _with_defaults(container: dict[str, Any]) -> dict[str, Any]:
    return {"Mode": "SingleModel", "Environment": {}, **container}


def _data_url(container: dict[str, Any]) -> str | None:
    url: str | None = container.get("ModelDataUrl")
    source = (container.get("ModelDataSource") or {}).get("S3DataSource")
    if url or not source:
        return url
    if (source["S3DataType"], source["CompressionType"]) != ("S3Object", "Gzip"):
        raise ValidationError(
            "Local AWS serves model.tar.gz only: ModelDataSource must be a gzipped S3Object."
        )
    return str(source["S3Uri"])


def _check_data(settings: Settings, url: str, role_arn: str) -> None:
    try:
        Storage(settings, role_arn).check(url)
    except ClientError as error:
        raise ValidationError(
            f'Could not access model data at {url}. Please ensure that the role "{role_arn}" exists and that '
            f'its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"{roles.PRINCIPAL}". Also ensure that the role has "s3:GetObject" permissions and that the '
            f"object is located in {settings.region}."
        ) from error


@cache
def _instance_types() -> frozenset[str]:
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape: Any = service.shape_for("ProductionVariantInstanceType")  # a string's shape, which has an enum
    return frozenset(shape.enum)
