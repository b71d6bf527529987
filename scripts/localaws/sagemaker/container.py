"""The programs that stand for container images, and how they are told where they run.

SageMaker's contract: `<image> train` and `<image> serve` find everything under /opt/ml. A local program
cannot own that path, so SAGEMAKER_BASE_DIR names the folder that stands for it.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from moto.sagemaker.exceptions import ValidationError

from .. import logs, processes
from ..settings import HOST, Container, Settings

# -P: nothing of this package's folder can be imported by the user's program
_SCRIPT_MODE = Path(__file__).with_name("script_mode")
# AWS's own containers that local AWS knows without a container file
FRAMEWORKS = {
    name: Container(name, (sys.executable, "-P", str(_SCRIPT_MODE / program)))
    for name, program in (("pytorch-training", "training.py"), ("pytorch-inference", "serving.py"))
}


def container_of(settings: Settings, image: str) -> Container:
    """The program for an image URI. Raises ValidationError when no container file names it."""
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    containers = {**FRAMEWORKS, **settings.containers}
    if name not in containers:
        known = ", ".join(sorted(containers))
        raise ValidationError(
            f"Requested image {image} not found. Local AWS runs what its --container files name, and AWS's "
            f"PyTorch containers: {known}."
        )
    return containers[name]


def environment(container: Container, base: Path, region: str, extra: Mapping[str, str]) -> dict[str, str]:
    """A container's environment: nothing of the server's own, and the job's or the model's `extra`."""
    names = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region, **extra, "SAGEMAKER_BASE_DIR": str(base)}
    if container.name in FRAMEWORKS:
        # requirements.txt is held against what is here: a job must not change the environment it runs in.
        # And the toolkit's own switch for machines where the hosts' names are not resolved.
        names |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "SM_STUDIO_LOCAL_MODE": "true"}
    if container.pythonpath:
        names["PYTHONPATH"] = str(container.pythonpath)
    return processes.environment(**names)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


class LogStream:
    """One CloudWatch Logs stream of a job or an endpoint, written as its role."""

    def __init__(self, settings: Settings, group: str, name: str, role_arn: str) -> None:
        self.settings, self.group, self.name, self.role_arn = settings, group, name, role_arn

    def write(self, line: str) -> None:
        lines = [line] if line else []  # CloudWatch refuses an empty message
        place = (self.settings.account_id, self.settings.region, self.group, self.name)
        logs.put(*place, lines, role_arn=self.role_arn)

    def follow(self, output: IO[bytes], seen: Callable[[str], None] = lambda _: None) -> threading.Thread:
        """Copy a process's lines into the stream as they come, and tell each to `seen`, in a thread."""
        thread = threading.Thread(target=self._copy, args=(output, seen), daemon=True)
        thread.start()
        return thread

    def _copy(self, output: IO[bytes], seen: Callable[[str], None]) -> None:
        with output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip("\r\n")
                self.write(line)
                seen(line)
