"""Processing jobs: a container's program between S3 and S3.

Real: inputs are there under /opt/ml/processing when the program starts, entry point and arguments, what the
program leaves goes to S3 when it ends, processingjobconfig.json and resourceconfig.json, the environment
with the role's credentials, the exit message, stops and the time limit, which end it with SIGTERM, logs.
Where a word of the command begins with /opt/ml/, that stands for the job's own folder, whose path
SAGEMAKER_BASE_DIR tells. Not real, and refused by name: several instances, Pipe mode, outputs that are
uploaded while it runs, feature groups, Athena and Redshift.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from .. import credentials, processes
from ..settings import Settings
from . import roles
from .container import LogStream, container_of, environment
from .jobs import Failure, Job
from .training_run import POLL_SECONDS, STOP_GRACE_SECONDS

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
OPT_ML = "/opt/ml/"


class ProcessingJob(Job):
    kind = "Processing"

    def __init__(self, request: dict[str, Any], arn: str, settings: Settings) -> None:
        _check(settings, request)
        super().__init__(request, arn, settings, request["RoleArn"])
        self.exit_message: str | None = None
        self._child: processes.Child | None = None

    @property
    def inputs(self) -> list[dict[str, Any]]:
        return self.request.get("ProcessingInputs") or []

    @property
    def outputs(self) -> list[dict[str, Any]]:
        return (self.request.get("ProcessingOutputConfig") or {}).get("Outputs") or []

    def summary(self) -> dict[str, Any]:
        told = super().summary()
        return {**told, "ExitMessage": self.exit_message} if self.exit_message else told

    def work(self) -> None:
        for one in self.inputs:
            self.fetch(one["S3Input"]["S3Uri"], self._here(one["S3Input"]["LocalPath"]))
        for one in self.outputs:
            self._here(one["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        (self.base / "output").mkdir(exist_ok=True)
        self._write_config()
        overran, exit_code = self._run_program()
        message = self.base / "output" / "message"
        self.exit_message = message.read_text(errors="replace")[:1024] if message.exists() else None
        self._upload()
        if overran:
            limit = self.request["StoppingCondition"]["MaxRuntimeInSeconds"]
            raise Failure(f"ClientError: The job exceeded its MaxRuntimeInSeconds of {limit}.")
        if exit_code:
            shown = exit_code if exit_code > 0 else 128 - exit_code  # a signal, as a container shows it
            raise Failure(f"AlgorithmError: {self.exit_message or ''}, exit code: {shown}")

    def interrupt(self) -> None:
        if self._child:
            self._child.signal(15)

    def _here(self, path: str) -> Path:
        return self.base / path.removeprefix(OPT_ML)

    def _write_config(self) -> None:
        config = self.base / "config"
        config.mkdir(exist_ok=True)
        hosts = {"current_host": "algo-1", "hosts": ["algo-1"]}
        (config / "processingjobconfig.json").write_text(json.dumps(self.describe(), default=str))
        (config / "resourceconfig.json").write_text(json.dumps(hosts))

    def _run_program(self) -> tuple[bool, int]:
        """Whether it had to be ended for its time, and its exit code."""
        specification = self.request["AppSpecification"]
        container = container_of(self.settings, specification["ImageUri"])
        words = [*(specification.get("ContainerEntrypoint") or container.command)]
        words += specification.get("ContainerArguments") or []
        command = [
            f"{self.base}/{word[len(OPT_ML) :]}" if word.startswith(OPT_ML) else word for word in words
        ]
        command[0] = sys.executable if command[0] in ("python", "python3") else command[0]
        role = credentials.assume(self.request["RoleArn"], "SageMaker", self.settings.region)
        variables = {
            **(self.request.get("Environment") or {}),
            **role.environment(),
            "AWS_ENDPOINT_URL": self.settings.endpoint_url,
            "PROCESSING_JOB_NAME": self.name,
            "PROCESSING_JOB_ARN": self.arn,
        }
        limit = (self.request.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86_400)
        deadline, overran = time.monotonic() + limit, False
        try:
            self._child = child = processes.spawn(
                command,
                env=environment(container, self.base, self.settings.region, variables),
                cwd=self.base,
                stdout=subprocess.PIPE,
            )
        except OSError as error:
            raise Failure(f"AlgorithmError: {command[0]}: {error.strerror}, exit code: 127") from error
        stream_name = f"{self.name}/algo-1-{int(time.time())}"
        stream = LogStream(self.settings, LOG_GROUP, stream_name, self.request["RoleArn"])
        copying = stream.follow(child.stdout)
        while child.poll() is None and not (overran := time.monotonic() > deadline):
            if self.stopping.is_set():
                break
            time.sleep(POLL_SECONDS)
        exit_code = child.stop(STOP_GRACE_SECONDS)
        copying.join()
        return overran, exit_code

    def _upload(self) -> None:
        key = (self.request.get("ProcessingOutputConfig") or {}).get("KmsKeyId")
        for one in self.outputs:
            folder, uri = self._here(one["S3Output"]["LocalPath"]), one["S3Output"]["S3Uri"].rstrip("/")
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    self.put(f"{uri}/{path.relative_to(folder).as_posix()}", path.read_bytes(), key)


def _check(settings: Settings, request: dict[str, Any]) -> None:
    """Raise ValidationError for a job that SageMaker would refuse or local AWS cannot run."""
    container_of(settings, request["AppSpecification"]["ImageUri"])
    if request["ProcessingResources"]["ClusterConfig"].get("InstanceCount", 1) != 1:
        raise ValidationError("Local AWS runs processing jobs on one instance: InstanceCount must be 1.")
    for one in request.get("ProcessingInputs") or []:
        source = one.get("S3Input")
        if not source or source.get("S3InputMode", "File") != "File" or one.get("AppManaged"):
            raise ValidationError(
                f"Local AWS reads inputs from S3 in File mode; {one['InputName']} is other."
            )
        if source.get("S3DataType", "S3Prefix") != "S3Prefix":
            raise ValidationError(f"Local AWS reads inputs as S3Prefix; {one['InputName']} asks for other.")
        _check_path(source.get("LocalPath") or "")
    for one in (request.get("ProcessingOutputConfig") or {}).get("Outputs") or []:
        target = one.get("S3Output")
        if not target or target.get("S3UploadMode", "EndOfJob") != "EndOfJob" or one.get("AppManaged"):
            raise ValidationError(
                f"Local AWS writes outputs to S3 at the job's end; {one['OutputName']} asks for other."
            )
        _check_path(target.get("LocalPath") or "")
    roles.check(settings, request["RoleArn"])


def _check_path(path: str) -> None:
    if not path.startswith(f"{OPT_ML}processing") or ".." in path.split("/"):
        raise ValidationError(f"LocalPath must be a folder under {OPT_ML}processing; it is {path!r}.")
