"""One instance of a training job: its folder that stands for /opt/ml, its process, and its log stream."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import processes
from ..settings import Settings
from .container import LogStream, environment
from .training import TrainingJob

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
FOLDERS = ("input/config", "input/data", "model", "output/data", "checkpoints")


class Host:
    """A host by SageMaker's name for it: algo-1, algo-2, …"""

    def __init__(self, name: str, base: Path, job: TrainingJob, settings: Settings) -> None:
        self.name, self.base, self.job, self.settings = name, base, job, settings
        stream = f"{job.training_job_name}/{name}-{int(time.time())}"
        self.logs = LogStream(settings, LOG_GROUP, stream, job.request["RoleArn"])
        self._child: processes.Child | None = None
        self._copying: threading.Thread | None = None

    def prepare(self) -> None:
        """Make the folders of the container contract."""
        for folder in FOLDERS:
            (self.base / folder).mkdir(parents=True)

    def take_inputs_of(self, other: Host) -> None:
        """Have the channels and checkpoints that another host has downloaded."""
        for folder in ("input/data", "checkpoints"):
            shutil.copytree(other.base / folder, self.base / folder, dirs_exist_ok=True)

    def write_config(self, hosts: list[str]) -> None:
        request, config = self.job.request, self.base / "input" / "config"
        kind = request.get("ResourceConfig", {}).get("InstanceType", "")
        group = {"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": hosts}
        resources = {
            "current_host": self.name,
            "hosts": hosts,
            "current_instance_type": kind,
            "current_group_name": "homogeneousCluster",
            "instance_groups": [group],
            "network_interface_name": "lo",
        }
        channels = {channel["ChannelName"]: _channel_config(channel) for channel in self.job.channels}
        (config / "hyperparameters.json").write_text(json.dumps(request.get("HyperParameters") or {}))
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        (config / "resourceconfig.json").write_text(json.dumps(resources))

    def start(self, variables: Mapping[str, str], seen: Callable[[str], None]) -> None:
        """Run the container's program; `seen` gets its lines."""
        container = self.job.container
        self._child = processes.spawn(
            [*container.command, "train"],
            env=environment(container, self.base, self.settings.region, variables),
            cwd=self.base,
            stdout=subprocess.PIPE,
        )
        self._copying = self.logs.follow(self._child.stdout, seen)

    @property
    def exit_code(self) -> int | None:
        """The program's exit code, None while it runs or before it does."""
        return self._child.poll() if self._child else None

    def stop(self, grace_seconds: float) -> None:
        """SIGTERM now, SIGKILL after the grace, without waiting for either."""
        if self._child:
            threading.Thread(target=self._child.stop, args=(grace_seconds,), daemon=True).start()

    def wait(self) -> int:
        """Wait for the program and the last line of its log; returns its exit code."""
        assert self._child is not None
        exit_code = self._child.wait()
        if self._copying:
            self._copying.join()
        return exit_code

    def failure(self, exit_code: int) -> str:
        """Why the program failed, in its own words."""
        failure = self.base / "output" / "failure"
        text = failure.read_text(errors="replace")[:1024] if failure.exists() else ""
        shown = exit_code if exit_code >= 0 else 128 - exit_code  # a signal, as a container shows it
        return f"AlgorithmError: {text.strip()}, exit code: {shown}"


def _channel_config(channel: dict[str, Any]) -> dict[str, str]:
    return {
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
        **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
    }
