"""The review of real plans says what they mean."""

import json
import re
import shutil

import pytest

from plans.workspace import Workspace

TELL = {
    "Type": "Task",
    "Resource": "arn:aws:states:::events:putEvents",
    "Parameters": {"Entries": [{"Source": "scones", "DetailType": "classified", "Detail": {}}]},
    "TimeoutSeconds": 30,
    "Next": "Told",
}
WORKFLOW = "ARGS=--root workflow"
WORKFLOW_LOCAL = "terraform/environments/workflow/local.tfvars"


def test_a_plan_without_changes_has_nothing_to_do(workspace: Workspace) -> None:
    ended = workspace.must("plan")

    for root in ("foundation", "workflow"):
        assert "nothing to do" in workspace.review(root).splitlines()[0].lower()
    assert "Nothing to change." in ended.err
    workspace.must("apply")


@pytest.fixture(scope="module")
def adjusted(deployed: Workspace) -> str:
    """The review of a plan with another threshold and another type of instance; it trips no gate."""
    with deployed.edits():
        deployed.append(WORKFLOW_LOCAL, "confidence_threshold = 0.6")
        deployed.edit(WORKFLOW_LOCAL, "endpoint = {", 'endpoint = {\n  instance_type = "ml.m5.xlarge"')
        deployed.must("plan", WORKFLOW)
        assert not deployed.gates()
        return deployed.review()


def test_another_threshold_says_how_many_pictures_it_lets_pass(adjusted: str) -> None:
    # What was chosen with the model, and what the environment says instead.
    assert re.search(r"threshold 0\.\d+ → 0\.60*: ", adjusted)
    assert "more pictures pass" in adjusted


def test_another_instance_type_says_how_traffic_moves_and_what_it_costs(adjusted: str) -> None:
    assert "endpoint scones-local: in place" in adjusted
    assert "2 alarms can roll it back" in adjusted
    assert "ml.m5.xlarge" in adjusted
    assert "a month" in adjusted


def test_what_runs_on_an_unknown_type_costs_an_unknown_sum(workspace: Workspace) -> None:
    workspace.edit(WORKFLOW_LOCAL, "endpoint = {", 'endpoint = {\n  instance_type = "ml.r7i.48xlarge"')
    workspace.must("plan", WORKFLOW)

    assert "unknown" in workspace.review()


@pytest.fixture(scope="module")
def permitted(deployed: Workspace) -> str:
    """The review of a plan with a state that nobody permitted, and a permission that no state needs."""
    definition = deployed.folder / "statemachine/classify-vehicle.asl.json"
    content = json.loads(definition.read_text())
    content["States"]["Classified"] = TELL
    content["States"]["Told"] = {"Type": "Succeed"}
    with deployed.edits():
        definition.write_text(json.dumps(content))
        deployed.edit(
            "terraform/modules/function/iam.tf",
            'Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]',
            'Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DeleteLogStream"]',
        )
        deployed.must("plan", WORKFLOW)
        return deployed.review()


def test_a_new_state_is_told_and_drawn_and_its_missing_permission_named(permitted: str) -> None:
    assert "```mermaid" in permitted
    assert "Told" in permitted
    assert "events:PutEvents" in permitted


def test_a_permission_that_is_added_is_a_statement_and_no_json(permitted: str) -> None:
    assert "logs:DeleteLogStream" in permitted
    assert '"Version"' not in permitted and '\\"' not in permitted


def test_what_changed_by_hand_is_told_apart_from_what_was_asked_for(workspace: Workspace) -> None:
    cloudwatch = workspace.client("cloudwatch")
    alarm = cloudwatch.describe_alarms(AlarmNames=["scones-local-server-errors"])["MetricAlarms"][0]
    kept = {
        name: alarm[name]
        for name in (
            *(
                "AlarmName",
                "AlarmDescription",
                "Namespace",
                "MetricName",
                "Dimensions",
                "Statistic",
                "Period",
            ),
            *("EvaluationPeriods", "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions"),
        )
    }
    cloudwatch.put_metric_alarm(**kept, Threshold=50)
    try:
        shutil.rmtree(workspace.folder / "build/lambdas")  # as on a machine that has never planned
        drift = workspace.make("drift")
        workspace.must("plan", WORKFLOW)

        assert drift.code == 2
        assert "server-errors" in drift.out and "50" in drift.out
        assert "Drift" in workspace.review()
        assert "changed by hand" in workspace.review()
    finally:
        cloudwatch.put_metric_alarm(**kept, Threshold=alarm["Threshold"])
    assert workspace.must("drift").out == "foundation and workflow: as Terraform left them.\n"


def test_instances_that_autoscaling_added_are_no_drift_and_are_kept_by_a_deployment(
    workspace: Workspace,
) -> None:
    sagemaker = workspace.client("sagemaker")
    scale = {"EndpointName": "scones-local", "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic"}]}
    scale["DesiredWeightsAndCapacities"][0]["DesiredInstanceCount"] = 2
    sagemaker.update_endpoint_weights_and_capacities(**scale)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="scones-local", WaiterConfig={"Delay": 1})
    try:
        workspace.must("drift")
        workspace.must("plan", WORKFLOW)
        assert "nothing to do" in workspace.review().splitlines()[0].lower()

        workspace.edit(WORKFLOW_LOCAL, "endpoint = {", 'endpoint = {\n  instance_type = "ml.m5.xlarge"')
        workspace.must("plan", WORKFLOW)
        assert "2 × ml.m5.xlarge" in workspace.review()

        scale["DesiredWeightsAndCapacities"][0]["DesiredInstanceCount"] = 3
        sagemaker.update_endpoint_weights_and_capacities(**scale)
        assert "refused (instances-moved): 3 instances serve now" in workspace.make("apply").err
    finally:
        scale["DesiredWeightsAndCapacities"][0]["DesiredInstanceCount"] = 1
        sagemaker.update_endpoint_weights_and_capacities(**scale)
        sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName="scones-local", WaiterConfig={"Delay": 1}
        )


def test_what_it_costs_is_said_of_what_runs(workspace: Workspace) -> None:
    said = workspace.must("cost").out

    assert "ml.m5.large" in said
    assert all(len(line) <= 80 for line in said.splitlines())
