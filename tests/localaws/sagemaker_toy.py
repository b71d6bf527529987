"""What the SageMaker tests share: a role, a bucket, and the toy container's jobs and models by name."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from itertools import count
from typing import Any

from botocore.exceptions import WaiterError

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/toy:1"
TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOWED = ["s3:*", "logs:*", "ecr:*", "kms:*", "cloudwatch:DescribeAlarms"]
ALLOW = {"Effect": "Allow", "Action": ALLOWED, "Resource": "*"}
_numbers = count(1)


def fresh(kind: str) -> str:
    """A name no other test has."""
    return f"{kind}-{next(_numbers)}"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Toy:
    """One test's account: its clients, its role and its bucket."""

    def __init__(self, aws: Callable[[str], Any]) -> None:
        self.aws, self.bucket = aws, fresh("bucket")
        self.s3, self.sagemaker, self.runtime = aws("s3"), aws("sagemaker"), aws("sagemaker-runtime")
        self.s3.create_bucket(Bucket=self.bucket)

    @cached_property
    def role(self) -> str:
        name = fresh("role")
        iam = self.aws("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(TRUST))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(ALLOW))
        return str(role["Arn"])

    def _wait(self, waiter: str, **what: str) -> None:
        with suppress(WaiterError):  # having failed is an answer too
            self.sagemaker.get_waiter(waiter).wait(**what, WaiterConfig={"Delay": 0.05, "MaxAttempts": 1200})

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def train(self, told: dict[str, str] | None = None, **changes: Any) -> str:
        """Create a training job; returns its name."""
        name = changes.pop("TrainingJobName", None) or fresh("job")
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "HyperParameters": told or {},
        }
        self.sagemaker.create_training_job(**{**request, **changes})
        return str(name)

    def ended(self, name: str) -> dict[str, Any]:
        """The job's description once it is over."""
        self._wait("training_job_completed_or_stopped", TrainingJobName=name)
        job: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
        return job

    def model(
        self,
        version: str = "1",
        content: bytes | None = None,
        told: dict[str, str] | None = None,
        **changes: Any,
    ) -> str:
        """Create a model of the toy container, which does what it is `told`; returns its name."""
        name = fresh("model")
        data = (
            content
            if content is not None
            else archive({"model.json": json.dumps({"version": version, **(told or {})}).encode()})
        )
        container = {"Image": IMAGE, "ModelDataUrl": self.put(f"{name}/model.tar.gz", data)}
        request = {"ModelName": name, "ExecutionRoleArn": self.role, "PrimaryContainer": container}
        self.sagemaker.create_model(**{**request, **changes})
        return name

    def config(self, *models: str, **changes: Any) -> str:
        """Create an endpoint configuration with one variant a model; returns its name."""
        name = fresh("config")
        variants = [
            {
                "VariantName": f"v{number}" if number else "AllTraffic",
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 0.0 if number else 1.0,
            }
            for number, model in enumerate(models)
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **changes)
        return name

    def endpoint(self, *models: str, **changes: Any) -> str:
        """Create an endpoint over models and wait until it serves; returns its name."""
        name = fresh("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=self.config(*models, **changes))
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def settled(self, name: str) -> dict[str, Any]:
        """The endpoint's description once nothing is under way."""
        self._wait("endpoint_in_service", EndpointName=name)
        endpoint: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
        return endpoint

    def ask(self, endpoint: str, body: bytes = b"hello", **options: Any) -> Any:
        """The toy's answer: [length of the body, its content type, the model's version]."""
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **options)
        return json.loads(answer["Body"].read())

    def until_training(self, name: str) -> None:
        """Wait until the job's program says that it waits."""
        while "waiting" not in self.lines("/aws/sagemaker/TrainingJobs", f"{name}/"):
            assert (
                self.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
                == "InProgress"
            )

    def lines(self, group: str, stream_prefix: str) -> list[str]:
        logs = self.aws("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        found = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream_prefix)["logStreams"]
        names = [stream["logStreamName"] for stream in found]
        pages = [
            logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True) for name in names
        ]
        return [event["message"] for page in pages for event in page["events"]]


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "ContentType": "text/plain"}


def members(archive: bytes) -> dict[str, bytes]:
    """The files of a tar.gz by name."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]


def archive(content: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, body in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()
