"""Deployment guardrails through boto3: traffic moves step by step, and a bad model moves it back."""

from __future__ import annotations

import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf, Clock
from .sagemaker_toy import Toy, fresh, policy

HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}
STEP = 36  # seconds here of WaitIntervalInSeconds 3600: no test waits for that, the clock is moved


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


@pytest.fixture(scope="module")
def model(aws: ClientOf) -> str:
    return Toy(aws).model()


def blue_green(kind: str, wait: int = 3600, alarms: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A deployment configuration; `more` goes into the update policy and its routing."""
    routing = {"Type": kind, "WaitIntervalInSeconds": wait}
    routing |= {name: more.pop(name) for name in ("CanarySize", "LinearStepSize") if name in more}
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}
    watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}}
    return {**policy, **watched} if alarms else policy


def update(toy: Toy, endpoint: str, model: str, deployment: dict[str, Any] | None = None, **more: Any) -> str:
    config = toy.config(model)
    more |= {"DeploymentConfig": deployment} if deployment else {}
    toy.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **more)
    return config


def alarm(toy: Toy, endpoint: str, metric: str, threshold: float, **how: Any) -> str:
    """An alarm on one metric of an endpoint; returns its name."""
    name = fresh("alarm")
    dimensions = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
    toy.aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        **(how or {"Statistic": "Sum"}),
    )
    return name


def until_step(toy: Toy, endpoint: str, stage: str) -> dict[str, Any]:
    """Wait until the new variant is at a stage; returns PendingDeploymentSummary."""
    while True:
        told = toy.sagemaker.describe_endpoint(EndpointName=endpoint)
        assert told["EndpointStatus"] == "Updating"
        pending: dict[str, Any] = told["PendingDeploymentSummary"]
        if pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] == stage:
            return pending


def versions(toy: Toy, endpoint: str, count: int = 60) -> list[str]:
    return [toy.ask(endpoint)[2] for _ in range(count)]


def test_a_canary_gets_its_share_first_and_then_everything(toy: Toy, clock: Clock) -> None:
    endpoint = toy.endpoint(toy.model("old"))
    before = toy.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    config = update(toy, endpoint, toy.model("new"), blue_green("CANARY", CanarySize=HALF))

    pending = until_step(toy, endpoint, "Baking")
    during = toy.sagemaker.describe_endpoint(EndpointName=endpoint)

    assert (pending["EndpointConfigName"], during["EndpointConfigName"]) == (config, before)
    assert pending["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    assert set(versions(toy, endpoint)) == {"old", "new"}  # all of one kind: once in 2 ** 59
    clock.advance(STEP)
    while set(versions(toy, endpoint, 8)) != {"new"}:
        pass
    assert toy.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "Updating"
    clock.advance(STEP)
    told = toy.settled(endpoint)
    assert (told["EndpointStatus"], told["EndpointConfigName"]) == ("InService", config)
    assert "PendingDeploymentSummary" not in told


def test_linear_steps_lead_to_the_new_model(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("old"))
    deployment = blue_green("LINEAR", wait=10, LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 30})

    update(toy, endpoint, toy.model("new"), deployment)

    told = toy.settled(endpoint)
    assert told["LastDeploymentConfig"] == deployment
    assert versions(toy, endpoint, 8) == ["new"] * 8


def test_the_old_fleet_stays_for_its_termination_wait(toy: Toy, clock: Clock) -> None:
    endpoint = toy.endpoint(toy.model("old"))
    old = toy.ask(endpoint, b"pid")

    update(toy, endpoint, toy.model("new"), blue_green("ALL_AT_ONCE", wait=0, TerminationWaitInSeconds=3600))
    while toy.ask(endpoint)[2] == "old":
        pass

    os.kill(old, 0)  # it is there
    clock.advance(STEP)
    toy.settled(endpoint)
    with pytest.raises(ProcessLookupError):
        os.kill(old, 0)


@pytest.mark.parametrize(
    ("told", "metric", "threshold", "statistic"),
    [
        ({"does": "fail 500"}, "Invocation5XXErrors", 1, {"Statistic": "Sum"}),
        ({"does": "crash"}, "Invocation5XXErrors", 1, {"Statistic": "Sum"}),
        ({"delay": "1"}, "ModelLatency", 800_000, {"ExtendedStatistic": "p90"}),
    ],
    ids=["errors", "dies", "slow"],
)
def test_an_alarm_moves_everything_back_to_the_model_that_kept_serving(
    toy: Toy, told: dict[str, str], metric: str, threshold: float, statistic: dict[str, str]
) -> None:
    endpoint = toy.endpoint(toy.model("good"))
    before = toy.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    good = toy.ask(endpoint, b"pid")
    watched = alarm(toy, endpoint, metric, threshold, **statistic)

    update(
        toy, endpoint, toy.model("bad", told=told), blue_green("CANARY", alarms=(watched,), CanarySize=HALF)
    )
    until_step(toy, endpoint, "Baking")
    while toy.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "Updating":
        answered = False
        while not answered:  # a client that asks again has its answer
            try:
                toy.ask(endpoint)
                answered = True
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ModelError"

    after = toy.settled(endpoint)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before)
    assert watched in after["FailureReason"] and "PendingDeploymentSummary" not in after
    assert toy.ask(endpoint, b"pid") == good
    (state,) = toy.aws("cloudwatch").describe_alarms(AlarmNames=[watched])["MetricAlarms"]
    assert state["StateValue"] == "ALARM"


def test_alarms_that_the_models_role_may_not_see_take_a_deployment_back(toy: Toy) -> None:
    endpoint = toy.endpoint(toy.model("old"))
    watched = alarm(toy, endpoint, "Invocation5XXErrors", 1)
    deny = {"Effect": "Deny", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"}
    toy.aws("iam").put_role_policy(
        RoleName=toy.role.rpartition("/")[2], PolicyName="deny", PolicyDocument=policy(deny)
    )

    update(toy, endpoint, toy.model("new"), blue_green("ALL_AT_ONCE", alarms=(watched,)))

    assert "is not authorized to perform: cloudwatch:DescribeAlarms" in toy.settled(endpoint)["FailureReason"]
    assert toy.ask(endpoint)[2] == "old"


def test_a_deployment_that_takes_too_long_is_taken_back(toy: Toy, clock: Clock) -> None:
    endpoint = toy.endpoint(toy.model("old"))
    deployment = blue_green("ALL_AT_ONCE", wait=0, MaximumExecutionTimeoutInSeconds=600)

    update(toy, endpoint, toy.model("new", told={"startup": "0.5"}), deployment)
    clock.advance(601)

    told = toy.settled(endpoint)
    assert "longer than its maximum of 600 seconds" in told["FailureReason"]
    assert toy.ask(endpoint)[2] == "old"


def test_a_deployment_configuration_can_be_retained(toy: Toy) -> None:
    model = toy.model()
    deployment = blue_green("ALL_AT_ONCE", wait=0)
    name = fresh("endpoint")
    toy.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=toy.config(model), DeploymentConfig=deployment
    )
    toy.settled(name)

    update(toy, name, model, RetainDeploymentConfig=True)

    assert toy.settled(name)["LastDeploymentConfig"] == deployment


def test_weights_and_instances_can_be_retained(toy: Toy) -> None:
    model = toy.model()
    endpoint = toy.endpoint(model)
    scaled = [{"VariantName": "AllTraffic", "DesiredWeight": 2.0, "DesiredInstanceCount": 3}]
    toy.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=scaled
    )
    assert toy.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 3

    update(toy, endpoint, model, RetainAllVariantProperties=True)

    (kept,) = toy.settled(endpoint)["ProductionVariants"]
    assert (kept["CurrentWeight"], kept["CurrentInstanceCount"]) == (2.0, 3)
    update(toy, endpoint, model)
    assert toy.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def test_one_update_at_a_time(toy: Toy, clock: Clock) -> None:
    endpoint = toy.endpoint(toy.model())
    update(toy, endpoint, toy.model(), blue_green("ALL_AT_ONCE"))

    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        update(toy, endpoint, toy.model())

    until_step(toy, endpoint, "Baking")
    clock.advance(STEP)
    assert "FailureReason" not in toy.settled(endpoint)


@pytest.mark.parametrize(
    ("deployment", "message"),
    [
        (blue_green("CANARY"), "CanarySize is required"),
        (blue_green("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 60}), "between 0% and 50%"),
        (blue_green("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), "of the 1 instance"),
        (
            blue_green("LINEAR", LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 5}),
            "between 10% and 50%",
        ),
        (
            blue_green("ALL_AT_ONCE", MaximumExecutionTimeoutInSeconds=600),
            "must be larger than the total waiting",
        ),
        (blue_green("ALL_AT_ONCE", alarms=("no-such-alarm",)), "no-such-alarm"),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": HALF, "WaitIntervalInSeconds": 0}},
            "local AWS lacks SageMaker.CreateEndpoint: rolling updates",
        ),
    ],
    ids=["no size", "large canary", "whole canary", "small step", "short", "no alarm", "rolling"],
)
def test_a_deployment_that_cannot_be_is_refused(
    toy: Toy, model: str, deployment: dict[str, Any], message: str
) -> None:
    name = fresh("endpoint")

    with pytest.raises(ClientError, match=message):
        toy.sagemaker.create_endpoint(
            EndpointName=name, EndpointConfigName=toy.config(model), DeploymentConfig=deployment
        )

    assert toy.sagemaker.list_endpoints(NameContains=name)["Endpoints"] == []
