"""A training job at work: Starting, Downloading, Training, Uploading, Completed, in a process of its own.

The process gets SageMaker's container contract (input/config/*.json, input/data/<channel>, model/,
output/failure, output/data, checkpoints/). Its lines go to CloudWatch Logs while it runs, and its metrics are
read from them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from moto.core.utils import utcnow

from .. import processes
from ..settings import Settings
from . import artifacts
from .container import LogStream, environment
from .storage import ClientError, Storage, reason
from .training import TrainingJob

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
HOST = "algo-1"
# SageMaker gives a stopped container 120 s to save what it has (API reference, StopTrainingJob)
STOP_GRACE_SECONDS = float(os.environ.get("LOCALAWS_STOP_GRACE_SECONDS", "120"))

log = logging.getLogger("localaws")


class Failure(Exception):
    """Why a job failed, as FailureReason says it."""


class TrainingRun:
    """One run of one job."""

    def __init__(self, job: TrainingJob, settings: Settings) -> None:
        self.job, self.settings = job, settings
        self.base = settings.folder("training", job.training_job_name)
        self.storage = Storage(settings, job.request["RoleArn"])
        self.logs = LogStream(settings, LOG_GROUP, f"{job.training_job_name}/{HOST}-{int(time.time())}")
        self._patterns = {entry["Name"]: re.compile(entry["Regex"]) for entry in job.metric_definitions}
        self._stopping = threading.Event()
        self._child: processes.Child | None = None
        job.stop = self.stop

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"train-{self.job.training_job_name}", daemon=True).start()

    def stop(self) -> None:
        """StopTrainingJob: SIGTERM now, SIGKILL after the grace; the run goes on to upload and Stopped."""
        if not self.job.begin_stopping():
            return
        self._stopping.set()
        if self._child:
            threading.Thread(target=self._child.stop, args=(STOP_GRACE_SECONDS,), daemon=True).start()

    def _run(self) -> None:
        try:
            self._work()
        except Failure as failure:
            self.job.end("Failed", reason=str(failure))
        except Exception:  # a job must end; what went wrong here is local AWS's fault and belongs in its log
            log.exception("training job %s", self.job.training_job_name)
            self.job.end("Failed", reason="InternalServerError: local AWS failed; see its log.")
        finally:
            shutil.rmtree(self.base, ignore_errors=True)

    def _work(self) -> None:
        self._download()
        if self._stopping.is_set():
            self.job.end("Stopped")
            return
        self._enter("Training")
        exit_code, overran = self._train()
        self._upload_outputs()
        if exit_code != 0 and not (overran or self._stopping.is_set()):
            raise Failure(self._algorithm_error(exit_code))
        self._enter("Uploading")
        self._upload_model()
        if overran:
            self.job.end("Stopped", "MaxRuntimeExceeded")
        else:
            self.job.end("Stopped" if self._stopping.is_set() else "Completed")

    def _enter(self, status: str) -> None:
        if not self._stopping.is_set():
            self.job.enter(status)

    def _download(self) -> None:
        self.job.training_start_time = utcnow()
        self._enter("Downloading")
        for folder in ("input/config", "input/data", "model", "output/data", "checkpoints"):
            (self.base / folder).mkdir(parents=True)
        for channel in self.job.channels:
            folder = self.base / "input" / "data" / channel["ChannelName"]
            folder.mkdir()
            self._fetch(channel["DataSource"]["S3DataSource"]["S3Uri"], folder)
        if self.job.checkpoints:
            self._fetch(f"{self.job.checkpoints}/", self.base / "checkpoints")
        self._write_config()

    def _fetch(self, uri: str, folder: Path) -> None:
        try:
            self.storage.fetch_prefix(uri, folder)
        except ClientError as error:
            raise Failure(f"ClientError: Data download failed:{reason(error)}") from error

    def _write_config(self) -> None:
        request, config = self.job.request, self.base / "input" / "config"
        resources = {
            "current_host": HOST,
            "hosts": [HOST],
            "current_instance_type": request.get("ResourceConfig", {}).get("InstanceType", ""),
            "current_group_name": "homogeneousCluster",
            "network_interface_name": "lo",
        }
        channels = {
            channel["ChannelName"]: {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
            }
            for channel in self.job.channels
        }
        (config / "hyperparameters.json").write_text(json.dumps(request.get("HyperParameters") or {}))
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        (config / "resourceconfig.json").write_text(json.dumps(resources))

    def _train(self) -> tuple[int, bool]:
        """Run the container; returns its exit code and whether it had to be stopped for its time."""
        extra = {
            **(self.job.request.get("Environment") or {}),
            "TRAINING_JOB_NAME": self.job.training_job_name,
            "TRAINING_JOB_ARN": self.job.arn,
        }
        container = self.job.container
        self._child = processes.spawn(
            [*container.command, "train"],
            env=environment(container, self.base, self.settings.region, extra),
            cwd=self.base,
            stdout=subprocess.PIPE,
        )
        copied = self.logs.follow(self._child.stdout, self._read_metrics)
        if self._stopping.is_set():  # it was asked for between the last look and the start
            self._child.stop(STOP_GRACE_SECONDS)
        overran = False
        try:
            self._child.wait(self.job.max_runtime)
        except subprocess.TimeoutExpired:
            overran = True
            self._child.stop(STOP_GRACE_SECONDS)
        copied.join()
        return self._child.wait(), overran

    def _read_metrics(self, line: str) -> None:
        for name, pattern in self._patterns.items():
            with suppress(ValueError):  # a line that only looks like the metric
                if match := pattern.search(line):
                    value = float(match[1] or "")
                    self.job.metrics[name] = {"MetricName": name, "Value": value, "Timestamp": utcnow()}

    def _algorithm_error(self, exit_code: int) -> str:
        failure = self.base / "output" / "failure"
        text = failure.read_text(errors="replace")[:1024] if failure.exists() else ""
        shown = exit_code if exit_code >= 0 else 128 - exit_code  # a signal, as a container shows it
        return f"AlgorithmError: {text.strip()}, exit code: {shown}"

    def _upload_outputs(self) -> None:
        """What SageMaker keeps however the job ended: output/data and the checkpoints."""
        if _has_content(self.base / "output" / "data"):
            self._put(f"{self.job.output}/output.tar.gz", artifacts.pack(self.base / "output" / "data"))
        for path in sorted((self.base / "checkpoints").rglob("*")) if self.job.checkpoints else []:
            if path.is_file():
                name = path.relative_to(self.base / "checkpoints").as_posix()
                self._put(f"{self.job.checkpoints}/{name}", path.read_bytes())

    def _upload_model(self) -> None:
        if _has_content(self.base / "model"):
            uri = f"{self.job.output}/model.tar.gz"
            self._put(uri, artifacts.pack(self.base / "model"))
            self.job.model_artifacts = {"S3ModelArtifacts": uri}

    def _put(self, uri: str, body: bytes) -> None:
        try:
            self.storage.put(uri, body, self.job.request["OutputDataConfig"].get("KmsKeyId"))
        except ClientError as error:
            raise Failure(f"ClientError: Artifact upload failed:{reason(error)}") from error


def _has_content(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))
