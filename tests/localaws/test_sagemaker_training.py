"""Training jobs through boto3: they run, tell how it goes, and end as SageMaker says."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from .conftest import ROOT, ClientOf, client_of, environment
from .sagemaker_toy import Toy, channel, fresh, members, policy

LOGS = "/aws/sagemaker/TrainingJobs"


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


def test_a_job_trains_on_its_channels_and_leaves_a_model(toy: Toy) -> None:
    for key in ("train/a.txt", "train/deep/b.txt", "train.lst", "training.lst"):
        toy.put(key, b"x")
    channels = [
        channel("train", f"s3://{toy.bucket}/train/"),
        channel("list", f"s3://{toy.bucket}/train.lst"),
    ]

    job = toy.ended(toy.train({"version": "1"}, InputDataConfig=channels))

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    model = json.loads(members(toy.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["model.json"])
    assert model == {"version": "1", "files": ["list/train.lst", "train/a.txt", "train/deep/b.txt"]}
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith(
        f"/models/{job['TrainingJobName']}/output/model.tar.gz"
    )


def test_a_job_passes_through_its_states_one_after_the_other(toy: Toy) -> None:
    job = toy.ended(toy.train())

    steps = job["SecondaryStatusTransitions"]
    assert [step["Status"] for step in steps] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert all(one["EndTime"] == next_["StartTime"] for one, next_ in pairwise(steps))
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"] == steps[-1]["EndTime"]
    assert 1 <= job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"]


def test_what_a_job_prints_is_in_its_log_stream(toy: Toy) -> None:
    name = toy.train({"accuracies": "0.5"}, Environment={"AWS_REGION": "eu-west-1"})
    toy.ended(name)

    assert toy.lines(LOGS, f"{name}/algo-1-") == ["files", "accuracy=0.5 loss=0.5"]


def test_the_last_value_of_each_metric_is_final(toy: Toy) -> None:
    algorithm = {"TrainingImage": "toy", "TrainingInputMode": "File"}
    algorithm["MetricDefinitions"] = [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]  # type: ignore[assignment]

    job = toy.ended(toy.train({"accuracies": "0.5 0.75 1.2.3"}, AlgorithmSpecification=algorithm))

    found = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert found == {"train:accuracy": 0.75, "loss": 0.5}


def test_equal_models_are_equal_archives(toy: Toy) -> None:
    one, other = (toy.ended(toy.train({"version": "1"})) for _ in range(2))

    assert toy.get(one["ModelArtifacts"]["S3ModelArtifacts"]) == toy.get(
        other["ModelArtifacts"]["S3ModelArtifacts"]
    )


def test_output_data_and_checkpoints_are_kept(toy: Toy) -> None:
    uri = f"s3://{toy.bucket}/checkpoints"
    job = toy.ended(toy.train({"notes": "seen"}, CheckpointConfig={"S3Uri": uri}))

    output = job["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    assert members(toy.get(output)) == {"notes.txt": b"seen"}
    assert toy.get(f"{uri}/last.txt") == b"seen"


def test_checkpoints_of_a_job_are_there_for_the_next_one(toy: Toy) -> None:
    uri = f"s3://{toy.bucket}/checkpoints"
    toy.ended(toy.train({"notes": "seen"}, CheckpointConfig={"S3Uri": uri}))

    job = toy.ended(toy.train({"checkpoint": "last.txt"}, CheckpointConfig={"S3Uri": uri}))

    model = json.loads(members(toy.get(job["ModelArtifacts"]["S3ModelArtifacts"]))["model.json"])
    assert model["found"] == "seen"


def test_several_instances_are_hosts_that_know_each_other(toy: Toy) -> None:
    toy.put("train/a.txt", b"x")
    name = toy.train(
        {"notes": "seen"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
        InputDataConfig=[channel("train", f"s3://{toy.bucket}/train/")],
    )
    job = toy.ended(name)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert toy.lines(LOGS, f"{name}/algo-1-") == ["files train/a.txt", "host algo-1 of algo-1 algo-2"]
    assert toy.lines(LOGS, f"{name}/algo-2-") == ["files train/a.txt", "host algo-2 of algo-1 algo-2"]
    left = members(toy.get(job["ModelArtifacts"]["S3ModelArtifacts"]))
    assert {"model.json", "algo-1.txt", "algo-2.txt"} == set(left)


def test_a_host_that_fails_ends_the_others(toy: Toy) -> None:
    job = toy.ended(
        toy.train(
            {"wait": "politely", "failure_on": "algo-2", "failure": "no memory"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1},
        )
    )

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no memory, exit code: 3"


def test_a_failed_job_gives_the_programs_own_reason(toy: Toy) -> None:
    job = toy.ended(toy.train({"failure": "num_classes must be 2"}))

    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: num_classes must be 2, exit code: 3"
    assert "ModelArtifacts" not in job


def test_a_stopped_job_keeps_what_it_saved(toy: Toy) -> None:
    name = toy.train({"wait": "politely"})
    toy.until_training(name)

    toy.sagemaker.stop_training_job(TrainingJobName=name)

    job = toy.ended(name)
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    assert "Stopping" in [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert toy.get(job["ModelArtifacts"]["S3ModelArtifacts"])


def test_a_job_that_takes_too_long_is_stopped(toy: Toy) -> None:
    job = toy.ended(toy.train({"wait": "politely"}, StoppingCondition={"MaxRuntimeInSeconds": 1}))

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}


def interrupt(endpoint_url: str, name: str) -> None:
    body = json.dumps({"TrainingJobName": name}).encode()
    with urllib.request.urlopen(f"{endpoint_url}/_localaws/interrupt", body, timeout=60):
        pass


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(toy: Toy, endpoint_url: str) -> None:
    toy.put("train/a.txt", b"x")
    checkpoints = {"S3Uri": f"s3://{toy.bucket}/checkpoints"}
    data = [channel("train", f"s3://{toy.bucket}/train/")]
    told = {"notes": "seen", "wait": "politely"}  # which it does not when there is a checkpoint
    name = toy.train(told, CheckpointConfig=checkpoints, InputDataConfig=data, **SPOT)
    toy.until_training(name)

    interrupt(endpoint_url, name)

    job = toy.ended(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    attempt = ["Starting", "Downloading", "Training"]
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == [*attempt, "Interrupted", *attempt, "Uploading", "Completed"]
    assert toy.lines(LOGS, f"{name}/algo-1-") == ["files train/a.txt", "waiting", "files train/a.txt"]


def test_only_a_spot_job_is_interrupted(toy: Toy, endpoint_url: str) -> None:
    name = toy.train({"wait": "politely"})
    toy.until_training(name)

    with pytest.raises(urllib.error.HTTPError, match="400"):
        interrupt(endpoint_url, name)

    toy.sagemaker.stop_training_job(TrainingJobName=name)
    assert toy.ended(name)["TrainingJobStatus"] == "Stopped"


def test_a_spot_job_is_not_waited_for_longer_than_asked(toy: Toy) -> None:
    limits = {"MaxRuntimeInSeconds": 1, "MaxWaitTimeInSeconds": 1}
    job = toy.ended(toy.train({"wait": "politely"}, **{**SPOT, "StoppingCondition": limits}))

    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxWaitTimeExceeded"  # it began with the download


def test_a_job_whose_role_may_not_read_is_refused(toy: Toy) -> None:
    toy.put("train/a.txt", b"x")
    deny = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}
    toy.aws("iam").put_role_policy(
        RoleName=toy.role.rpartition("/")[2], PolicyName="deny", PolicyDocument=policy(deny)
    )

    with pytest.raises(ClientError, match="No S3 access for channel 'train'"):
        toy.train(InputDataConfig=[channel("train", f"s3://{toy.bucket}/train/")])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"AlgorithmSpecification": {"TrainingImage": "x/none:1", "TrainingInputMode": "File"}},
            "x/none:1 not found",
        ),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody-at-all"}, "Could not assume role"),
        ({"InputDataConfig": [channel("train", "s3://no-such-bucket-here/x")]}, "bucket does not exist"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 9, "VolumeSizeInGB": 1}},
            "must be at most 8",
        ),
        ({"TrainingJobName": "under_score"}, "Value 'under_score' at 'trainingJobName' failed to satisfy"),
        ({**SPOT, "StoppingCondition": {"MaxRuntimeInSeconds": 9}}, "Invalid MaxWaitTimeInSeconds"),
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": "toy",
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "loss", "Regex": "loss=.*"}],
                }
            },
            "needs a group",
        ),
    ],
    ids=["image", "role", "bucket", "instances", "name", "wait", "metric"],
)
def test_a_job_that_cannot_run_is_refused(toy: Toy, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        toy.train(**changes)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_an_input_without_objects_is_refused(toy: Toy) -> None:
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        toy.train(InputDataConfig=[channel("train", f"s3://{toy.bucket}/nothing/")])


def test_a_name_serves_only_once(toy: Toy) -> None:
    name = toy.train()

    with pytest.raises(ClientError, match="Training job names must be unique") as refused:
        toy.train(TrainingJobName=name)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


def test_only_a_running_job_can_be_stopped(toy: Toy) -> None:
    name = toy.train()
    toy.ended(name)

    with pytest.raises(ClientError, match="is in status Completed"):
        toy.sagemaker.stop_training_job(TrainingJobName=name)
    with pytest.raises(ClientError, match="not found"):
        toy.sagemaker.describe_training_job(TrainingJobName=fresh("never"))


def test_a_job_is_listed_and_tagged(toy: Toy) -> None:
    name = toy.train(Tags=[{"Key": "team", "Value": "ops"}])
    arn = toy.ended(name)["TrainingJobArn"]

    jobs = toy.sagemaker.list_training_jobs(NameContains=name, StatusEquals="Completed")[
        "TrainingJobSummaries"
    ]
    assert [job["TrainingJobName"] for job in jobs] == [name]
    assert toy.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ops"}]


def test_jobs_are_listed_in_order_page_by_page(toy: Toy) -> None:
    prefix = fresh("sorted")
    names = [toy.train(TrainingJobName=f"{prefix}-{letter}") for letter in "bca"]

    ask = {"NameContains": prefix, "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 2}
    first = toy.sagemaker.list_training_jobs(**ask)
    second = toy.sagemaker.list_training_jobs(**ask, NextToken=first["NextToken"])

    jobs = first["TrainingJobSummaries"] + second["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in jobs] == names[::-1]
    assert "NextToken" not in second


def test_a_deaf_job_is_killed_and_nothing_outlives_the_server(tmp_path: Path) -> None:
    box = ROOT / "tests" / "localaws" / "containers" / "toy.json"
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(tmp_path), "--container", str(box)]
    hurried = {**environment(), "LOCALAWS_STOP_GRACE_SECONDS": "0.1"}
    with subprocess.Popen(command, env=hurried, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["endpoint_url"]
        toy = Toy(lambda service: client_of(url, service))
        stopped, left = toy.train({"wait": "deaf"}), toy.train({"wait": "deaf"})
        toy.until_training(stopped), toy.until_training(left)
        toy.sagemaker.stop_training_job(TrainingJobName=stopped)
        assert toy.ended(stopped)["TrainingJobStatus"] == "Stopped"
        server.send_signal(signal.SIGTERM)

    assert [process for process in Path("/proc").glob("[0-9]*") if runs_in(process, tmp_path)] == []


def runs_in(process: Path, home: Path) -> bool:
    try:
        return (process / "cwd").readlink().is_relative_to(home)
    except OSError:
        return False
