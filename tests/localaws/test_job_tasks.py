"""State machines that run a training job and wait for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .lambda_support import unique
from .machine_support import ended, machine, run
from .sagemaker_toy import IMAGE, Toy


def training(toy: Toy, told: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A task that trains the toy as it is told; the execution's input has the job's name."""
    parameters = {
        "TrainingJobName.$": "$.job",
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": toy.role,
        "OutputDataConfig": {"S3OutputPath": f"s3://{toy.bucket}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "HyperParameters": told,
    }
    resource = "arn:aws:states:::sagemaker:createTrainingJob.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **changes}


def test_the_state_ends_with_the_jobs_description(aws: ClientOf) -> None:
    toy = Toy(aws)
    arn = machine(aws, {"Train": training(toy, {"accuracies": "0.5"})})

    told = run(aws, arn, {"job": unique("job")})

    job = json.loads(told["output"])
    assert job["TrainingJobStatus"] == "Completed"
    assert isinstance(job["TrainingEndTime"], int)
    assert toy.get(job["ModelArtifacts"]["S3ModelArtifacts"])


def test_a_failed_job_fails_the_task_with_its_reason(aws: ClientOf) -> None:
    arn = machine(aws, {"Train": training(Toy(aws), {"failure": "no pictures"})})

    told = run(aws, arn, {"job": unique("job")})

    assert (told["status"], told["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(told["cause"])
    assert cause["TrainingJobStatus"] == "Failed"
    assert "no pictures" in cause["FailureReason"]


def test_a_job_that_is_not_accepted_has_the_services_error_name(aws: ClientOf) -> None:
    toy = Toy(aws)
    taken = toy.train()

    told = run(aws, machine(aws, {"Train": training(toy, {})}), {"job": taken})

    assert told["error"] == "SageMaker.ResourceInUseException"


def test_a_stopped_execution_stops_its_job(aws: ClientOf) -> None:
    toy, name = Toy(aws), unique("job")
    arn = machine(aws, {"Train": training(toy, {"wait": "politely"})})
    sfn = aws("stepfunctions")
    execution = sfn.start_execution(stateMachineArn=arn, input=json.dumps({"job": name}))["executionArn"]
    while not aws("sagemaker").list_training_jobs(NameContains=name)["TrainingJobSummaries"]:
        pass
    toy.until_training(name)

    sfn.stop_execution(executionArn=execution)

    assert ended(aws, execution)["status"] == "ABORTED"
    assert toy.ended(name)["TrainingJobStatus"] == "Stopped"


def test_what_cannot_be_waited_for_is_refused_when_the_machine_is_made(aws: ClientOf) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel.sync", "End": True}

    with pytest.raises(ClientError, match=r"local AWS does not run .*createModel.sync"):
        machine(aws, {"Model": state})
