"""Processing and batch transform jobs through boto3: from S3, through a container's program, to S3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .sagemaker_toy import IMAGE, Toy, fresh


@pytest.fixture
def toy(aws: ClientOf) -> Toy:
    return Toy(aws)


@pytest.fixture(scope="module")
def model(aws: ClientOf) -> str:
    return Toy(aws).model("7")


def ended(toy: Toy, kind: str, name: str) -> dict[str, Any]:
    while True:
        ask = getattr(toy.sagemaker, f"describe_{kind.lower()}_job")
        job: dict[str, Any] = ask(**{f"{kind}JobName": name})
        if job[f"{kind}JobStatus"] in ("Completed", "Failed", "Stopped"):
            return job


# --- Processing ------------------------------------------------------------------------------------------


def process(toy: Toy, *then: str, **changes: Any) -> str:
    name, here = fresh("processing"), "/opt/ml/processing"
    source = {"S3Uri": f"s3://{toy.bucket}/in/", "LocalPath": f"{here}/input", "S3DataType": "S3Prefix"}
    target = {
        "S3Uri": f"s3://{toy.bucket}/out",
        "LocalPath": f"{here}/output",
        "S3UploadMode": "EndOfJob",
    }
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    request = {
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "-m", "toy"],
            "ContainerArguments": ["process", f"{here}/input", f"{here}/output", *then],
        },
        "ProcessingInputs": [{"InputName": "in", "S3Input": {**source, "S3InputMode": "File"}}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": target}]},
        "ProcessingResources": {"ClusterConfig": cluster},
        "Environment": {"WHO": "someone"},
        "RoleArn": toy.role,
    }
    toy.sagemaker.create_processing_job(**{**request, **changes})
    return name


def test_a_program_works_between_s3_and_s3(toy: Toy) -> None:
    toy.put("in/a.txt", b"a"), toy.put("in/b.txt", b"b")

    name = process(toy)
    job = ended(toy, "Processing", name)

    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert [toy.get(f"s3://{toy.bucket}/out/{one}.txt") for one in "ab"] == [b"A", b"B"]
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]
    assert toy.lines("/aws/sagemaker/ProcessingJobs", f"{name}/algo-1-") == [
        f"processed for someone as {name}"
    ]
    listed = toy.sagemaker.list_processing_jobs(NameContains=name, StatusEquals="Completed")
    assert [one["ProcessingJobName"] for one in listed["ProcessingJobSummaries"]] == [name]


def test_a_program_that_fails_gives_its_reason_and_what_it_has_done(toy: Toy) -> None:
    toy.put("in/a.txt", b"a")

    job = ended(toy, "Processing", process(toy, "fail"))

    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Failed", "half a job")
    assert job["FailureReason"] == "AlgorithmError: half a job, exit code: 4"
    assert toy.get(f"s3://{toy.bucket}/out/a.txt") == b"A"


def test_a_program_that_takes_too_long_is_ended(toy: Toy) -> None:
    toy.put("in/a.txt", b"a")

    job = ended(toy, "Processing", process(toy, "wait", StoppingCondition={"MaxRuntimeInSeconds": 1}))

    assert job["ProcessingJobStatus"] == "Failed" and "MaxRuntimeInSeconds" in job["FailureReason"]


def test_a_stopped_program_keeps_what_it_has_done(toy: Toy) -> None:
    toy.put("in/a.txt", b"a")
    name = process(toy, "wait")
    while "waiting" not in toy.lines("/aws/sagemaker/ProcessingJobs", f"{name}/"):
        pass

    toy.sagemaker.stop_processing_job(ProcessingJobName=name)

    assert ended(toy, "Processing", name)["ProcessingJobStatus"] == "Stopped"
    assert toy.get(f"s3://{toy.bucket}/out/a.txt") == b"A"
    with pytest.raises(ClientError, match="is in status Stopped"):
        toy.sagemaker.stop_processing_job(ProcessingJobName=name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AppSpecification": {"ImageUri": "x/none:1"}}, "x/none:1 not found"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody-at-all"}, "Could not assume role"),
        (
            {
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
                }
            },
            "InstanceCount must be 1",
        ),
        (
            {
                "ProcessingInputs": [
                    {"InputName": "x", "S3Input": {"S3Uri": "s3://b/", "S3DataType": "S3Prefix"}}
                ]
            },
            "LocalPath must be a folder under /opt/ml/processing",
        ),
    ],
    ids=["image", "role", "instances", "path"],
)
def test_a_processing_job_that_cannot_run_is_refused(toy: Toy, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        process(toy, **changes)


# --- Batch transform -------------------------------------------------------------------------------------


def transform(toy: Toy, model: str, **changes: Any) -> str:
    name = fresh("transform")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{toy.bucket}/in/"}}
    request = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": source, "ContentType": "text/plain", **changes.pop("input", {})},
        "TransformOutput": {"S3OutputPath": f"s3://{toy.bucket}/out", **changes.pop("output", {})},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    toy.sagemaker.create_transform_job(**{**request, **changes})
    return name


def test_every_object_gets_its_answer(toy: Toy, model: str) -> None:
    for key in ("in/a.txt", "in/deep/b.txt", "in/c.txt"):
        toy.put(key, key.encode())

    name = transform(toy, model, MaxConcurrentTransforms=2)
    job = ended(toy, "Transform", name)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    found = toy.s3.list_objects_v2(Bucket=toy.bucket, Prefix="out/")["Contents"]
    answers = {one["Key"]: json.loads(toy.get(f"s3://{toy.bucket}/{one['Key']}")) for one in found}
    assert answers == {
        "out/a.txt.out": [8, "text/plain", "7"],
        "out/deep/b.txt.out": [13, "text/plain", "7"],
        "out/c.txt.out": [8, "text/plain", "7"],
    }
    listed = toy.sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert [one["TransformJobName"] for one in listed] == [name]


@pytest.mark.parametrize(("strategy", "lengths"), [("SingleRecord", [4, 6]), ("MultiRecord", [10])])
def test_lines_are_asked_about_one_by_one_or_together(
    toy: Toy, model: str, strategy: str, lengths: list[int]
) -> None:
    toy.put("in/a.csv", b"1,2\n3,4,5\n")

    name = transform(
        toy, model, BatchStrategy=strategy, input={"SplitType": "Line"}, output={"AssembleWith": "Line"}
    )

    assert ended(toy, "Transform", name)["TransformJobStatus"] == "Completed"
    lines = toy.get(f"s3://{toy.bucket}/out/a.csv.out").splitlines()
    assert [json.loads(line)[0] for line in lines] == lengths


def test_a_record_that_is_refused_fails_the_job_and_is_in_the_log(toy: Toy, model: str) -> None:
    toy.put("in/a.txt", b"hello"), toy.put("in/b.txt", b"fail 415")

    name = transform(toy, model)
    job = ended(toy, "Transform", name)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert "[sagemaker logs]: b.txt: Bad HTTP status received from algorithm: 415" in toy.lines(
        "/aws/sagemaker/TransformJobs", f"{name}/"
    )
    assert toy.get(f"s3://{toy.bucket}/out/a.txt.out")


def test_a_model_that_does_not_come_up_fails_the_job(toy: Toy) -> None:
    toy.put("in/a.txt", b"hello")

    job = ended(toy, "Transform", transform(toy, toy.model(told={"broken": "yes"})))

    assert job["TransformJobStatus"] == "Failed" and "ping health check" in job["FailureReason"]


def test_a_stopped_transformation_asks_no_more(toy: Toy, model: str, tmp_path: Any) -> None:
    held = tmp_path / "held"
    toy.put("in/a.txt", f"hold {held}".encode()), toy.put("in/b.txt", b"hello")
    name = transform(toy, model)
    while not held.exists():
        pass

    toy.sagemaker.stop_transform_job(TransformJobName=name)
    held.unlink()

    assert ended(toy, "Transform", name)["TransformJobStatus"] == "Stopped"
    found = toy.s3.list_objects_v2(Bucket=toy.bucket, Prefix="out/").get("Contents", [])
    assert "out/b.txt.out" not in [one["Key"] for one in found]


def test_a_transformation_that_cannot_run_is_refused(toy: Toy, model: str) -> None:
    with pytest.raises(ClientError, match="SplitType"):
        transform(toy, model, input={"SplitType": "RecordIO"})
    with pytest.raises(ClientError, match="DataProcessing"):
        transform(toy, model, DataProcessing={"InputFilter": "$"})
    with pytest.raises(ClientError, match="Could not find model"):
        transform(toy, "nothing")


# --- What there is not -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_notebook_instances", {}),
        ("list_pipelines", {}),
        ("search", {"Resource": "TrainingJob"}),
        ("describe_cluster", {"ClusterName": "x"}),
    ],
)
def test_an_operation_that_is_not_emulated_says_so(
    toy: Toy, operation: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"local AWS lacks SageMaker\.\w+: it is not emulated") as refused:
        getattr(toy.sagemaker, operation)(**request_)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
