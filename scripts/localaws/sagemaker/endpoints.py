"""Endpoints: fleets of variants that serve, and the way from one configuration to the next.

Real: Creating, InService, Updating, RollingBack and Failed are what happens to the processes, and last as
long as that takes, or as timing.py says. An update starts the new variants beside the old ones, moves the
traffic as its deployment configuration says (deployments.py), and lets the old ones finish what they are
at; if the new ones do not come up, or an alarm goes off while they bake, the old ones, which have never
stopped, get all of it back. Not real: instances (fleets.py), and shadow variants, which are kept and shown
but get no traffic.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Any

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from .. import background
from ..settings import Settings
from .capture import Capture
from .container import LogStream
from .deployments import Deployment, RollbackError
from .fleets import Fleet, Traffic, Variant
from .hosting import EndpointConfig
from .serving import Model, ModelServer, StartError
from .storage import Storage
from .timing import LAUNCH_SECONDS, Stretch

log = logging.getLogger("localaws")
BUSY = ("Creating", "Updating", "RollingBack", "Deleting")


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
        self._rollout(self.deployment, config, models)  # for its checks
        self.tags: list[dict[str, str]] = request.get("Tags") or []
        self.endpoint_status, self.failure_reason = "Creating", None
        self.creation_time = self.last_modified_time = utcnow()
        self.log_group = f"/aws/sagemaker/Endpoints/{self.endpoint_name}"
        self.traffic, self.variants = Traffic(), {}  # type: tuple[Traffic, Fleet]
        self._pending: dict[str, Any] | None = None
        self._changing = threading.Lock()
        fleet = self._new_fleet(config, models)
        self._show_pending(config, fleet)
        background.run(self._create, fleet)

    def update(
        self, config: EndpointConfig, models: dict[str, Model], deployment: dict[str, Any] | None, keep: bool
    ) -> None:
        """UpdateEndpoint; `keep` the weights and instance counts of variants that stay.

        Raises ValidationError when something is under way, or the deployment cannot be.
        """
        rollout = self._rollout(deployment, config, models)
        fleet = self._new_fleet(config, models)
        self._begin("Updating")
        self._show_pending(config, fleet)
        for name in (fleet.keys() & self.variants.keys()) if keep else ():
            fleet[name].take_over(self.variants[name])
        background.run(self._update, config, fleet, rollout, deployment)

    def scale(self, desired: list[dict[str, Any]]) -> None:
        """UpdateEndpointWeightsAndCapacities.

        Raises ValidationError for a variant that is not there, and when something is under way.
        """
        for change in desired:
            name = change["VariantName"]
            if name not in self.variants:
                raise ValidationError(
                    f'The variant name(s) "{name}" is/are not present within endpoint configuration '
                    f'"{self.config.endpoint_config_name}".'
                )
            if self.variants[name].serverless and "DesiredInstanceCount" in change:
                raise ValidationError(f"Variant {name} is serverless: it has no DesiredInstanceCount.")
        self._begin("Updating")
        for change in desired:
            variant = self.variants[change["VariantName"]]
            variant.desired_weight = float(change.get("DesiredWeight", variant.weight))
            variant.desired_instances = int(change.get("DesiredInstanceCount", variant.instances))
        background.run(self._scale)

    def delete(self) -> None:
        """End every variant, once what it is at is done, and write what was captured.

        Raises ValidationError when something is under way.
        """
        self._begin("Deleting")
        self.traffic.shift()
        self._retire(self.variants)

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
        pending = self._pending
        if pending:
            shown = [variant.pending() for variant in pending["ProductionVariants"].values()]
            pending = {**pending, "ProductionVariants": shown}
        answer = {
            **self.summary(),
            "EndpointConfigName": self.config.endpoint_config_name,
            "ProductionVariants": [variant.summary() for variant in self.variants.values()] or None,
            "ShadowProductionVariants": [{"VariantName": one["VariantName"]} for one in shadows] or None,
            "DataCaptureConfig": self._capture_summary(),
            "LastDeploymentConfig": self.deployment,
            "AsyncInferenceConfig": self.config.request.get("AsyncInferenceConfig"),
            "ExplainerConfig": self.config.request.get("ExplainerConfig"),
            "PendingDeploymentSummary": pending,
            "FailureReason": self.failure_reason,
        }
        return {name: value for name, value in answer.items() if value is not None}

    # --- What goes on in the background ------------------------------------------------------------------

    def _rollout(
        self, deployment: dict[str, Any] | None, config: EndpointConfig, models: dict[str, Model]
    ) -> Deployment:
        roles = [model.role_arn for model in models.values()]
        return Deployment(deployment, config.instances, roles, self.settings)

    def _create(self, fleet: dict[str, Variant]) -> None:
        try:
            self._start(fleet)
        except StartError as error:
            self._settle("Failed", str(error))
            return
        self._serve_with(fleet)
        self._settle("InService")

    def _update(
        self,
        config: EndpointConfig,
        fleet: dict[str, Variant],
        rollout: Deployment,
        deployment: dict[str, Any] | None,
    ) -> None:
        try:
            self._start(fleet)
            rollout.check_time()
            for share in rollout.steps:
                self._stage(fleet, "ActivatingTraffic")
                self.traffic.shift((share, fleet), (1 - share, self.variants))
                self._stage(fleet, "Baking")
                rollout.bake()
        except (StartError, RollbackError) as error:
            self._roll_back(fleet, str(error))
            return
        self._stage(self.variants, "Deleting")
        rollout.farewell()
        retired = self.variants
        self.config, self.deployment = config, deployment
        self._serve_with(fleet)
        self._retire(retired)
        self._settle("InService")

    def _roll_back(self, fleet: Fleet, reason: str) -> None:
        """Give the old fleet all of the traffic again, and let the new one go."""
        self._become("RollingBack", reason)
        self.traffic.shift((1.0, self.variants))
        self._stage(fleet, "Deleting")
        going = Stretch(LAUNCH_SECONDS)
        self._retire(fleet)
        going.pass_by()
        self._settle("InService" if self.traffic else "Failed", reason)

    def _scale(self) -> None:
        Stretch(LAUNCH_SECONDS).pass_by()
        for variant in self.variants.values():
            variant.weight, variant.instances = variant.desired_weight, variant.desired_instances
        self._settle("InService")

    def _new_fleet(self, config: EndpointConfig, models: dict[str, Model]) -> dict[str, Variant]:
        """Every variant of a configuration, not yet started."""
        declared = [self._new_variant(config, one, models[one["ModelName"]]) for one in config.variants]
        return {variant.name: variant for variant in declared}

    def _show_pending(self, config: EndpointConfig, fleet: Fleet) -> None:
        name = config.endpoint_config_name
        self._pending = {"EndpointConfigName": name, "StartTime": utcnow(), "ProductionVariants": fleet}

    def _new_variant(self, config: EndpointConfig, declared: dict[str, Any], model: Model) -> Variant:
        instance = f"i-{random.getrandbits(68):017x}"
        stream = f"{declared['VariantName']}/{instance}"
        logs = LogStream(self.settings, self.log_group, stream, model.role_arn)
        server = ModelServer(model, declared, self.settings, logs)
        capture = None
        if config.capture and config.capture.get("EnableCapture", True):
            storage = Storage(self.settings, model.role_arn)
            where = f"{self.endpoint_name}/{declared['VariantName']}"
            capture = Capture(config.capture, where, storage, self.settings.capture_flush_seconds)
        return Variant(declared, model, capture, server)

    def _start(self, fleet: Fleet) -> None:
        """Let every variant come up. Raises StartError; none of them runs then."""
        launch = Stretch(LAUNCH_SECONDS)
        try:
            for variant in fleet.values():
                variant.server.start()
        except StartError:
            self._retire(fleet)
            raise
        except Exception as error:  # an endpoint must settle, also when the fault is local AWS's own
            log.exception("endpoint %s", self.endpoint_name)
            self._retire(fleet)
            raise StartError("InternalServerError: local AWS failed; see its log.") from error
        launch.pass_by()

    def _serve_with(self, fleet: Fleet) -> None:
        self._stage(fleet, None)
        self.variants = fleet
        self.traffic.shift((1.0, fleet))

    def _stage(self, fleet: Fleet, status: str | None) -> None:
        for variant in fleet.values():
            variant.stage(status)

    def _retire(self, fleet: Fleet) -> None:
        for variant in fleet.values():
            variant.server.drain()
            if variant.capture:
                variant.capture.flush()

    def _begin(self, status: str) -> None:
        with self._changing:
            if self.endpoint_status in BUSY:
                raise ValidationError(f'Cannot update in-progress endpoint "{self.arn}".')
            self._become(status)

    def _settle(self, status: str, reason: str | None = None) -> None:
        self._pending = None
        self._become(status, reason)

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
