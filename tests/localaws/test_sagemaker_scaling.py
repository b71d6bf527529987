"""Scalable targets and target tracking through boto3, on the metrics of real invocations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf, Clock
from .sagemaker_toy import Toy, fresh


def test_a_target_that_was_deregistered_already_is_not_found(aws: ClientOf) -> None:
    scaling = aws("application-autoscaling")
    target = target_of(fresh("endpoint"))
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaling.deregister_scalable_target(**target)

    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**target)


def test_a_policy_that_is_not_there_is_not_found(aws: ClientOf) -> None:
    scaling = aws("application-autoscaling")

    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.delete_scaling_policy(
            PolicyName="none",
            ServiceNamespace="sagemaker",
            ResourceId="endpoint/none/variant/AllTraffic",
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        )


def test_instances_follow_the_load_between_their_bounds(aws: ClientOf, clock: Clock) -> None:
    toy, scaling = Toy(aws), aws("application-autoscaling")
    endpoint = toy.endpoint(toy.model())
    target = target_of(endpoint)
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    told = scaling.put_scaling_policy(**target, **tracking(2.0, out=600, in_=60))

    load(toy, clock, endpoint, calls=4, minutes=3)  # each of one instance's
    await_instances(toy, endpoint, 2)
    load(toy, clock, endpoint, calls=9, minutes=12)  # for which 5 would be needed
    await_instances(toy, endpoint, 3)
    load(toy, clock, endpoint, calls=1, minutes=16)
    await_instances(toy, endpoint, 1)

    done = scaling.describe_scaling_activities(ServiceNamespace="sagemaker", ResourceId=target["ResourceId"])
    in_, more, out = done["ScalingActivities"]
    assert more["StartTime"] - out["StartTime"] >= timedelta(seconds=600)  # the cooldown
    assert [("AlarmHigh" in each["Cause"]) for each in (out, more, in_)] == [True, True, False]
    names = [alarm["AlarmName"] for alarm in told["Alarms"]]
    high, low = aws("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert (high["Threshold"], high["EvaluationPeriods"], low["Threshold"]) == (2.0, 3, 1.8)


def test_a_policys_alarms_change_and_go_with_it(aws: ClientOf) -> None:
    scaling = aws("application-autoscaling")
    target = target_of(fresh("endpoint"))
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)

    first = scaling.put_scaling_policy(**target, **tracking(2.0))
    second = scaling.put_scaling_policy(**target, **tracking(3.0))

    assert second["PolicyARN"] == first["PolicyARN"]
    prefix = f"TargetTracking-{target['ResourceId']}-"
    alarms = aws("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in alarms} == {alarm["AlarmName"] for alarm in second["Alarms"]}
    scaling.deregister_scalable_target(**target)
    assert not scaling.describe_scaling_policies(**target)["ScalingPolicies"]
    assert not aws("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]


def test_what_would_never_scale_is_refused(aws: ClientOf) -> None:
    scaling = aws("application-autoscaling")
    target = target_of(fresh("endpoint"))
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)

    with pytest.raises(ClientError, match="lacks AnyScaleFrontendService.PutScalingPolicy"):
        scaling.put_scaling_policy(**target, PolicyName="steps", PolicyType="StepScaling")
    with pytest.raises(ClientError, match="scheduled actions"):
        scaling.put_scheduled_action(**target, ScheduledActionName="night", Schedule="rate(1 day)")


def target_of(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def tracking(value: float, out: int = 300, in_: int = 300) -> dict[str, Any]:
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    policy = {"TargetValue": value, "PredefinedMetricSpecification": metric}
    return {
        "PolicyName": "invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            **policy,
            "ScaleOutCooldown": out,
            "ScaleInCooldown": in_,
        },
    }


def load(toy: Toy, clock: Clock, endpoint: str, calls: int, minutes: int) -> None:
    for _ in range(minutes):
        clock.advance(60)
        for _ in range(calls):
            toy.ask(endpoint)


def await_instances(toy: Toy, endpoint: str, count: int) -> None:
    while toy.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] != count:
        pass
