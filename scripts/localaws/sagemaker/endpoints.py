"""Endpoints: variants that serve, and the way from one configuration to the next.

Real: Creating, InService, Updating, RollingBack and Failed are what happens to the processes. An update
starts the new variants beside the old ones, moves the traffic in one step, and lets the old ones finish
what they are at; if the new ones do not come up, the old ones go on serving. Weights and TargetVariant
choose the variant. Not real: canary and linear traffic shifting, alarms that roll back (the deployment
configuration is kept and shown), instances, and shadow variants, which are kept and shown but get no
traffic.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from .. import background
from ..settings import Settings
from .capture import Capture
from .container import LogStream
from .hosting import EndpointConfig
from .serving import Model, ModelServer, StartError
from .storage import Storage

BUSY = ("Creating", "Updating", "RollingBack", "Deleting")


class Variant:
    """One production variant at work."""

    def __init__(
        self, declared: dict[str, Any], model: Model, capture: Capture | None, server: ModelServer
    ) -> None:
        self.name: str = declared["VariantName"]
        self.model, self.capture, self.server = model, capture, server
        self.weight = float(declared.get("InitialVariantWeight", 1.0))
        self.instances = int(declared.get("InitialInstanceCount", 1))

    def summary(self) -> dict[str, Any]:
        image = {
            "SpecifiedImage": self.model.image,
            "ResolvedImage": self.model.image,
            "ResolutionTime": utcnow(),
        }
        return {
            "VariantName": self.name,
            "DeployedImages": [image],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.instances,
            "DesiredInstanceCount": self.instances,
        }


class Endpoint:
    """An endpoint's record and its life. The attributes are those that moto's listing and tagging read."""

    def __init__(
        self,
        request: dict[str, Any],
        arn: str,
        config: EndpointConfig,
        models: dict[str, Model],
        settings: Settings,
    ) -> None:
        self.settings, self.arn, self.config = settings, arn, config
        self.endpoint_name: str = request["EndpointName"]
        self.deployment: dict[str, Any] | None = request.get("DeploymentConfig")
        self.tags: list[dict[str, str]] = request.get("Tags") or []
        self.endpoint_status, self.failure_reason = "Creating", None
        self.creation_time = self.last_modified_time = utcnow()
        self.log_group = f"/aws/sagemaker/Endpoints/{self.endpoint_name}"
        self._lock = threading.Lock()
        self.variants: dict[str, Variant] = {}
        background.run(self._create, models)

    def update(
        self, config: EndpointConfig, models: dict[str, Model], deployment: dict[str, Any] | None, keep: bool
    ) -> None:
        """UpdateEndpoint; `keep` the weights and instance counts of variants that stay."""
        self._become("Updating")
        background.run(self._update, config, models, deployment, keep)

    def set_weights(self, desired: list[dict[str, Any]]) -> None:
        """UpdateEndpointWeightsAndCapacities. Raises ValidationError for a variant that is not there."""
        for change in desired:
            if change["VariantName"] not in self.variants:
                raise ValidationError(
                    f'The variant name(s) "{change["VariantName"]}" is/are not present within endpoint '
                    f'configuration "{self.config.endpoint_config_name}".'
                )
        for change in desired:
            variant = self.variants[change["VariantName"]]
            variant.weight = float(change.get("DesiredWeight", variant.weight))
            variant.instances = int(change.get("DesiredInstanceCount", variant.instances))
        self._become(self.endpoint_status)

    def delete(self) -> None:
        """End every variant, once what it is at is done, and write what was captured."""
        self._become("Deleting")
        self._retire(self._shift_traffic({}))

    @property
    def serves(self) -> bool:
        return bool(self.variants)

    @contextmanager
    def variant(self, name: str | None) -> Iterator[Variant]:
        """The variant for one invocation, held until the block ends. Raises KeyError for an unknown name."""
        with self._lock:
            variant = self.variants[name or self._draw()]
            variant.server.acquire()
        try:
            yield variant
        finally:
            variant.server.release()

    def summary(self) -> dict[str, Any]:
        return {
            "EndpointName": self.endpoint_name,
            "EndpointArn": self.arn,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "EndpointStatus": self.endpoint_status,
        }

    def describe(self) -> dict[str, Any]:
        shadows = self.config.request.get("ShadowProductionVariants") or []
        answer = {
            **self.summary(),
            "EndpointConfigName": self.config.endpoint_config_name,
            "ProductionVariants": [variant.summary() for variant in self.variants.values()] or None,
            "ShadowProductionVariants": [{"VariantName": one["VariantName"]} for one in shadows] or None,
            "DataCaptureConfig": self._capture_summary(),
            "LastDeploymentConfig": self.deployment,
            "AsyncInferenceConfig": self.config.request.get("AsyncInferenceConfig"),
            "FailureReason": self.failure_reason,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def _draw(self) -> str:
        weights = [variant.weight for variant in self.variants.values()]
        names = random.choices(list(self.variants), weights) if any(weights) else list(self.variants)  # noqa: S311
        return names[0] if names else ""

    def _create(self, models: dict[str, Model]) -> None:
        try:
            self._shift_traffic(self._start(self.config, models))
        except StartError as error:
            self._become("Failed", str(error))
        else:
            self._become("InService")

    def _update(
        self, config: EndpointConfig, models: dict[str, Model], deployment: dict[str, Any] | None, keep: bool
    ) -> None:
        try:
            new = self._start(config, models)
        except StartError as error:
            self._become("RollingBack", str(error))
            self._become("InService" if self.serves else "Failed", str(error))
            return
        if keep:
            for variant in new.values():
                if old := self.variants.get(variant.name):
                    variant.weight, variant.instances = old.weight, old.instances
        retired = self._shift_traffic(new)
        self.config, self.deployment = config, deployment
        self._retire(retired)
        self._become("InService")

    def _start(self, config: EndpointConfig, models: dict[str, Model]) -> dict[str, Variant]:
        """Every variant of a configuration, serving. Raises StartError; none of them is left then."""
        started: dict[str, Variant] = {}
        try:
            for declared in config.variants:
                variant = self._start_variant(config, declared, models[declared["ModelName"]])
                started[variant.name] = variant
        except StartError:
            self._retire(started)
            raise
        return started

    def _start_variant(self, config: EndpointConfig, declared: dict[str, Any], model: Model) -> Variant:
        instance = f"i-{random.getrandbits(68):017x}"
        logs = LogStream(self.settings, self.log_group, f"{declared['VariantName']}/{instance}")
        server = ModelServer(model, declared, self.settings, logs)
        server.start()
        capture = None
        if config.capture and config.capture.get("EnableCapture", True):
            storage = Storage(self.settings, model.role_arn)
            where = f"{self.endpoint_name}/{declared['VariantName']}"
            capture = Capture(config.capture, where, storage, self.settings.capture_flush_seconds)
        return Variant(declared, model, capture, server)

    def _shift_traffic(self, new: dict[str, Variant]) -> dict[str, Variant]:
        """All at once; returns the variants that no longer get any."""
        with self._lock:
            old, self.variants = self.variants, new
        return old

    def _retire(self, variants: Mapping[str, Variant]) -> None:
        for variant in variants.values():
            variant.server.drain()
            if variant.capture:
                variant.capture.flush()

    def _become(self, status: str, reason: str | None = None) -> None:
        self.failure_reason, self.last_modified_time = reason, utcnow()  # type: ignore[assignment]
        self.endpoint_status = status  # last: who sees it may read the rest

    def _capture_summary(self) -> dict[str, Any] | None:
        config = self.config.capture
        if not config:
            return None
        enabled = bool(config.get("EnableCapture", True))
        return {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
            "DestinationS3Uri": config["DestinationS3Uri"],
            "KmsKeyId": config.get("KmsKeyId", ""),
        }
