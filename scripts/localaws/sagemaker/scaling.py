"""Application Auto Scaling of endpoints' variants: their numbers of instances follow what is really invoked.

Real: target tracking of SageMakerVariantInvocationsPerInstance between a target's bounds, the two alarms
that AWS makes for a policy (above the target for 3 minutes, below 90 % of it for 15), cooldowns by the
clock, activities, tags, and the name of the error when something is not there, which a client goes by that
repeats a deletion. Not real: other services, metrics and kinds of policies, and scheduled actions, all
refused by name; scaling in by small steps, as it goes to the needed number at once; a scale-out within the
cooldown of another, which waits.
"""

from __future__ import annotations

import json
import math
import uuid
from collections import deque
from contextlib import suppress
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import (
    FakeApplicationAutoscalingPolicy,
    applicationautoscaling_backends,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from .. import alarms, clock, metrics
from .endpoints import BUSY, Endpoint

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
METRIC = "InvocationsPerInstance"
COOLDOWN = 300  # seconds, where a policy names none
ALARMS = (("High", "GreaterThanThreshold", 1.0, 3), ("Low", "LessThanThreshold", 0.9, 15))

_tags: dict[str, dict[str, str]] = {}  # by the target's ARN
_activities: deque[dict[str, Any]] = deque(maxlen=1000)  # newest first


class LiveScalingResponse(ApplicationAutoScalingResponse):
    def register_scalable_target(self) -> str:
        answer = super().register_scalable_target()
        _tags.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
        return answer

    def deregister_scalable_target(self) -> str:
        """A target's policies go with it, and their alarms."""
        try:
            answer = super().deregister_scalable_target()
        except AWSValidationException as error:
            raise _not_found(error) from None
        backend, resource = self.applicationautoscaling_backend, self._get_param("ResourceId")
        for policy in [one for one in backend.policies.values() if one.resource_id == resource]:
            backend.delete_scaling_policy(
                policy.policy_name, policy.service_namespace, resource, policy.scalable_dimension
            )
        return answer

    def put_scaling_policy(self) -> str:
        tracking = self._get_param("TargetTrackingScalingPolicyConfiguration") or {}
        kind = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
        if (
            self._get_param("ScalableDimension") != DIMENSION
            or kind != "SageMakerVariantInvocationsPerInstance"
        ):
            raise NotImplementedError("policies other than SageMakerVariantInvocationsPerInstance")
        backend = self.applicationautoscaling_backend
        names = ("ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyName")
        key = "\t".join(self._get_param(name) for name in names)  # moto's
        before = backend.policies.get(key)
        super().put_scaling_policy()
        policy = backend.policies[key]
        if before:
            before.delete_alarms(self.current_account, self.region)
            policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
        policy.alarms = _make_alarms(policy, float(tracking["TargetValue"]))
        told = [{"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn} for alarm in policy.alarms]
        return json.dumps({"PolicyARN": policy.policy_arn, "Alarms": told})

    def delete_scaling_policy(self) -> str:
        try:
            return super().delete_scaling_policy()
        except AWSValidationException as error:
            raise _not_found(error) from None

    def put_scheduled_action(self) -> str:
        raise NotImplementedError("scheduled actions")

    def describe_scaling_activities(self) -> str:
        asked = ("ServiceNamespace", "ResourceId", "ScalableDimension")
        wanted = {name: self._get_param(name) for name in asked if self._get_param(name)}
        found = [one for one in list(_activities) if all(one[name] == wanted[name] for name in wanted)]
        return json.dumps({"ScalingActivities": found})

    def list_tags_for_resource(self) -> str:
        return json.dumps({"Tags": _tags.get(self._get_param("ResourceARN"), {})})

    def tag_resource(self) -> str:
        _tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        for key in self._get_param("TagKeys"):
            _tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"


def _not_found(error: AWSValidationException) -> JsonRESTError:
    """moto calls it a ValidationException; AWS says ObjectNotFoundException."""
    if "found for service namespace" not in str(error.message):
        return error
    return JsonRESTError("ObjectNotFoundException", str(error.message))


def _make_alarms(policy: FakeApplicationAutoscalingPolicy, target: float) -> list[Any]:
    backend = cloudwatch_backends[policy.account_id][policy.region_name]
    _, endpoint, _, variant = policy.resource_id.split("/")
    made: list[Any] = []
    for kind, comparison, share, periods in ALARMS:
        alarm: Any = backend.put_metric_alarm(
            name=f"TargetTracking-{policy.resource_id}-Alarm{kind}-{uuid.uuid4()}",
            namespace="AWS/SageMaker",
            metric_name=METRIC,
            dimensions=[
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            statistic="Sum",
            period=60,
            evaluation_periods=periods,
            comparison_operator=comparison,
            threshold=target * share,
            description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.policy_arn}.",
            alarm_actions=[policy.policy_arn],
        )
        alarm.follow(None)
        metrics.stores[policy.account_id, policy.region_name].watched |= alarm.watches
        made.append(alarm)
    clock.stir()
    return made


def look(now: float) -> float | None:
    """Scale what a policy's alarms ask for; when the next minute begins."""
    policies = [
        policy
        for regions in list(applicationautoscaling_backends.values())
        for backend in list(regions.values())
        for policy in list(backend.policies.values())
    ]
    with alarms.changing:
        for policy in policies:
            with suppress(ValidationError):  # something has begun meanwhile: in a minute again
                _scale(policy, now)
    return now // 60 * 60 + 60 if policies else None


def _scale(policy: FakeApplicationAutoscalingPolicy, now: float) -> None:
    place = policy.account_id, policy.region_name
    _, endpoint_name, _, name = policy.resource_id.split("/")
    endpoint: Any = sagemaker_backends[place[0]][place[1]].endpoints.get(endpoint_name)
    backend = applicationautoscaling_backends[place[0]][place[1]]
    target = backend.targets.get(policy.scalable_dimension, {}).get(policy.resource_id)
    fired = [alarm for alarm in policy.alarms if alarm.state_value == "ALARM"]
    if not (fired and target and isinstance(endpoint, Endpoint)) or endpoint.endpoint_status in BUSY:
        return
    if not (variant := endpoint.variants.get(name)):
        return
    tracking = policy.target_tracking_scaling_policy_configuration or {}
    out = fired[0] is policy.alarms[0]
    load = _load(place, endpoint_name, name, now)
    if load is None or (not out and tracking.get("DisableScaleIn")):
        return
    needed = math.ceil(variant.instances * load / float(tracking["TargetValue"]))
    desired = max(int(target.min_capacity or 0), min(int(target.max_capacity or needed), needed))
    if (desired <= variant.instances) if out else (desired >= variant.instances):
        return
    cooldown = tracking.get("ScaleOutCooldown" if out else "ScaleInCooldown", COOLDOWN)
    last = next((each for each in _activities if each["ResourceId"] == policy.resource_id), None)
    if last and now - last["StartTime"] < cooldown:
        return
    endpoint.scale([{"VariantName": name, "DesiredInstanceCount": desired}])
    _activities.appendleft(_activity(policy, fired[0].name, desired, now))


def _load(place: tuple[str, str], endpoint: str, variant: str, now: float) -> float | None:
    """Invocations per instance in the last full minute, or in this one if there are more already."""
    of = metrics.metric("AWS/SageMaker", METRIC, {"EndpointName": endpoint, "VariantName": variant})
    minute = now // 60 * 60
    sums = [metrics.stores[place].between(of, at, at + 60).statistic("Sum") for at in (minute - 60, minute)]
    return max((each for each in sums if each is not None), default=None)


def _activity(
    policy: FakeApplicationAutoscalingPolicy, alarm: str, desired: int, now: float
) -> dict[str, Any]:
    return {
        "ActivityId": str(uuid.uuid4()),
        "ServiceNamespace": policy.service_namespace,
        "ResourceId": policy.resource_id,
        "ScalableDimension": policy.scalable_dimension,
        "Description": f"Setting desired instance count to {desired}.",
        "Cause": f"monitor alarm {alarm} in state ALARM triggered policy {policy.policy_name}",
        "StartTime": now,
        "StatusCode": "Successful",
    }
