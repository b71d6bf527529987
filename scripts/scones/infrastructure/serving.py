"""What serves right now, so that a deployment takes nothing away that it was not asked to take.

SageMaker gives an updated endpoint as many instances as its new configuration says. Autoscaling may have
added some since, and a deployment under load would take them away. So a plan is made with the live count
where it moves the endpoint, and with the configuration's own count where it does not: then nothing differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from scones.infrastructure.state import State
from scones.review.plan import Plan
from scones.settings import Environment, write_json

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

CONFIGURATION = "aws_sagemaker_endpoint_configuration"


@dataclass(frozen=True)
class Serving:
    """Whether the endpoint is paused, and its number of instances: configured, and at this moment."""

    paused: bool = False
    configured: int | None = None
    live: int | None = None

    @classmethod
    def now(cls, state: State, environment: Environment) -> Serving:
        """Look at what the state says of the endpoint, and at the endpoint itself."""
        variants = [item["production_variants"][0] for item in state.of_type(CONFIGURATION)]
        configured = variants[0].get("initial_instance_count") or None if variants else None
        names = [item["name"] for item in state.of_type("aws_sagemaker_endpoint")]
        live = _live_count(environment.client("sagemaker"), names[0]) if names else None
        return cls(bool(state.outputs.get("paused", False)), configured, live)

    @property
    def has_scaled(self) -> bool:
        return self.live is not None and self.live != self.configured


def write(path: Path, paused: bool, instances: int | None) -> Path:
    """Write the file of variables that says what a plan has to keep."""
    write_json(path, {"paused": paused, "serving_instances": instances})
    return path


def moves_endpoint(plan: Plan) -> bool:
    """Say whether the plan gives the endpoint another configuration."""
    return any(change.is_change for change in plan.of_type(CONFIGURATION))


def _live_count(sagemaker: SageMakerClient, endpoint: str) -> int | None:
    try:
        variants = sagemaker.describe_endpoint(EndpointName=endpoint).get("ProductionVariants", [])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            return None  # it was removed by hand: the plan makes it again
        raise
    return variants[0].get("DesiredInstanceCount") if variants else None
