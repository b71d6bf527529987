"""A training job at work: Starting, Downloading, Training, Uploading, Completed, in processes of its own.

Each host is a process with SageMaker's container contract (input/config/*.json, input/data/<channel>,
model/, output/failure, output/data, checkpoints/). Their lines go to CloudWatch Logs while they run, and the
metrics are read from them. What several hosts leave in model/ and output/data is packed as one archive, the
checkpoints are the first one's, and a host that fails ends the others.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from .. import credentials
from ..settings import HOST, Settings
from . import artifacts
from .container import free_port
from .jobs import Failure
from .storage import ClientError, Storage, reason
from .training import TrainingJob
from .training_host import Host

# SageMaker gives a stopped container 120 s to save what it has (API reference, StopTrainingJob)
STOP_GRACE_SECONDS = float(os.environ.get("LOCALAWS_STOP_GRACE_SECONDS", "120"))
POLL_SECONDS = 0.02

log = logging.getLogger("localaws")


class TrainingRun:
    """One run of one job."""

    def __init__(self, job: TrainingJob, settings: Settings) -> None:
        self.job, self.settings = job, settings
        self.base = settings.folder("training", job.training_job_name)
        self.storage = Storage(settings, job.request["RoleArn"])
        self.hosts = self._new_hosts()
        self._seconds_left = job.max_runtime  # of an attempt that goes on where another was interrupted
        self._last_moment = time.monotonic() + job.max_wait
        self._patterns = {entry["Name"]: re.compile(entry["Regex"]) for entry in job.metric_definitions}
        self._stopping, self._interrupted = threading.Event(), threading.Event()
        job.stop, job.interrupt = self.stop, self.interrupt

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"train-{self.job.training_job_name}", daemon=True).start()

    def stop(self) -> None:
        """StopTrainingJob: SIGTERM now, SIGKILL after the grace; the run goes on to upload and Stopped."""
        if not self.job.begin_stopping():
            return
        self._stopping.set()
        self._stop_hosts()

    def interrupt(self) -> None:
        """Take the spot instances back: SIGTERM, SIGKILL after the grace; then the job starts once more.

        Raises ValidationError for a job that has none, or does not train just now.
        """
        if not self.job.is_spot or self.job.secondary_status != "Training":
            raise ValidationError(
                f"Only a managed spot training job that trains can be interrupted; this one is "
                f"{self.job.secondary_status}."
            )
        self._interrupted.set()
        self._stop_hosts()

    def _new_hosts(self) -> list[Host]:
        return [Host(name, self.base / name, self.job, self.settings) for name in self.job.hosts]

    def _stop_hosts(self) -> None:
        for host in self.hosts:
            host.stop(STOP_GRACE_SECONDS)

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
        self.job.training_start_time = utcnow()
        while True:
            self._download()
            if self._stopping.is_set():
                self.job.end("Stopped")
                return
            self._enter("Training")
            failure, overran = self._train()
            self._upload_checkpoints()
            if overran or self._stopping.is_set() or not self._interrupted.is_set():
                break
            self._start_again()
        self._pack("output/data", "output.tar.gz")  # however the job ended
        if failure and not (overran or self._stopping.is_set()):
            raise Failure(failure)
        self._enter("Uploading")
        self._upload_model()
        if overran:
            self.job.end("Stopped", overran)
        else:
            self.job.end("Stopped" if self._stopping.is_set() else "Completed")

    def _start_again(self) -> None:
        """Other instances, which have nothing but the checkpoints."""
        self._enter("Interrupted")
        shutil.rmtree(self.base)
        self.hosts = self._new_hosts()
        self._interrupted.clear()
        self._enter("Starting")

    def _enter(self, status: str) -> None:
        if not self._stopping.is_set():
            self.job.enter(status)

    def _download(self) -> None:
        self._enter("Downloading")
        first, *others = self.hosts
        first.prepare()
        for channel in self.job.channels:
            folder = first.base / "input" / "data" / channel["ChannelName"]
            folder.mkdir()
            self._fetch(channel["DataSource"]["S3DataSource"]["S3Uri"], folder)
        if self.job.checkpoints:
            self._fetch(f"{self.job.checkpoints}/", first.base / "checkpoints")
        for host in others:
            host.prepare()
            host.take_inputs_of(first)
        for host in self.hosts:
            host.write_config(self.job.hosts)

    def _fetch(self, uri: str, folder: Path) -> None:
        try:
            self.storage.fetch_prefix(uri, folder)
        except ClientError as error:
            raise Failure(f"ClientError: Data download failed:{reason(error)}") from error

    def _train(self) -> tuple[str | None, str | None]:
        """Run every host; returns why one failed, and the limit of time that they were stopped for."""
        begun = time.monotonic()
        variables = self._variables()
        for host in self.hosts:
            host.start(variables, self._read_metrics)
        if self._stopping.is_set():  # it was asked for between the last look and the start
            self._stop_hosts()
        failed, overran = None, None
        while any(host.exit_code is None for host in self.hosts):
            if failed is None and (failed := next((host for host in self.hosts if host.exit_code), None)):
                self._stop_hosts()
            if not overran and (overran := self._exceeded(begun)):
                self._stop_hosts()
            time.sleep(POLL_SECONDS)
        self._seconds_left -= time.monotonic() - begun
        exit_codes = {host.name: host.wait() for host in self.hosts}
        failed = failed or next((host for host in self.hosts if exit_codes[host.name]), None)
        return failed.failure(exit_codes[failed.name]) if failed else None, overran

    def _exceeded(self, begun: float) -> str | None:
        if time.monotonic() > self._last_moment:
            return "MaxWaitTimeExceeded"
        return "MaxRuntimeExceeded" if time.monotonic() > begun + self._seconds_left else None

    def _variables(self) -> dict[str, str]:
        """The job's environment, its role's credentials, and where the first of several hosts is."""
        request = self.job.request
        role = credentials.assume(request["RoleArn"], "SageMaker", self.settings.region)
        variables = {
            **(request.get("Environment") or {}),
            **role.environment(),
            "AWS_ENDPOINT_URL": self.settings.endpoint_url,
            "TRAINING_JOB_NAME": self.job.training_job_name,
            "TRAINING_JOB_ARN": self.job.arn,
        }
        if len(self.hosts) > 1:
            # AWS's PyTorch container gives algo-1 and port 7777; here nothing resolves the name.
            variables |= {"MASTER_ADDR": HOST, "MASTER_PORT": str(free_port())}
        return variables

    def _read_metrics(self, line: str) -> None:
        for name, pattern in self._patterns.items():
            with suppress(ValueError):  # a line that only looks like the metric
                if match := pattern.search(line):
                    value = float(match[1] or "")
                    self.job.metrics[name] = {"MetricName": name, "Value": value, "Timestamp": utcnow()}

    def _upload_checkpoints(self) -> None:
        """However the attempt ended."""
        for path in sorted((self.hosts[0].base / "checkpoints").rglob("*")) if self.job.checkpoints else []:
            if path.is_file():
                name = path.relative_to(self.hosts[0].base / "checkpoints").as_posix()
                self._put(f"{self.job.checkpoints}/{name}", path.read_bytes())

    def _upload_model(self) -> None:
        if uri := self._pack("model", "model.tar.gz"):
            self.job.model_artifacts = {"S3ModelArtifacts": uri}

    def _pack(self, folder: str, name: str) -> str | None:
        """Upload what the hosts left in a folder as one archive; returns its URI, None if it is empty."""
        first, *others = (host.base / folder for host in self.hosts)
        for other in others:
            shutil.copytree(other, first, dirs_exist_ok=True)
        if not any(path.is_file() for path in first.rglob("*")):
            return None
        uri = f"{self.job.output}/{name}"
        self._put(uri, artifacts.pack(first))
        return uri

    def _put(self, uri: str, body: bytes) -> None:
        try:
            self.storage.put(uri, body, self.job.request["OutputDataConfig"].get("KmsKeyId"))
        except ClientError as error:
            raise Failure(f"ClientError: Artifact upload failed:{reason(error)}") from error
