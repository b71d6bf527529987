"""One model behind one variant: `<image> serve` as a process, spoken to over kept-alive connections.

Real: the model data is downloaded as the role and unpacked, /ping decides when the process serves, what it
prints goes to CloudWatch Logs, and it answers the bytes it was sent. A process that dies is started again
by the next invocation, which waits for it; the invocation it died under fails, as on AWS. MaxConcurrency of a
serverless variant holds. Not real: InstanceCount, one process serves a variant.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from queue import Empty, LifoQueue
from typing import Any, NamedTuple

from moto.sagemaker.exceptions import ValidationError

from .. import processes
from ..settings import HOST, Settings
from . import artifacts
from .container import LogStream, container_of, environment, free_port
from .storage import ClientError, Storage

RESPONSE_SECONDS = 60.0  # a container must answer within them (API reference, InvokeEndpoint)
STARTUP_SECONDS = 480.0  # and pass /ping within these (developer guide, "Custom Inference Code")
PING_INTERVAL_SECONDS = 0.02
LAST_LINES_SECONDS = 5.0


class StartError(Exception):
    """Why a variant does not serve, as FailureReason says it."""


class InvocationError(Exception):
    """The container gave no answer; the message says why."""


class ThrottledError(Exception):
    """A serverless variant does as much at once as it may."""


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Model(NamedTuple):
    """What is served: SageMaker's container definition, as far as it matters here."""

    image: str
    data_url: str | None
    environment: Mapping[str, str]
    role_arn: str


class ModelServer:
    """A model's process: `start`, then `invoke` from any thread, then `drain` or `stop`."""

    def __init__(self, model: Model, variant: Mapping[str, Any], settings: Settings, logs: LogStream) -> None:
        self.model, self.settings, self.logs = model, settings, logs
        self.variant_name: str = variant["VariantName"]
        self.startup_seconds = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", STARTUP_SECONDS)
        self._at_once: float = (variant.get("ServerlessConfig") or {}).get("MaxConcurrency", math.inf)
        self.base = settings.folder("endpoints", uuid.uuid4().hex)
        self._child: processes.Child | None = None
        self._copying: threading.Thread | None = None
        self._port = 0
        self._idle: LifoQueue[http.client.HTTPConnection] = LifoQueue()
        self._starting, self._in_flight = threading.Lock(), threading.Condition()
        self._count, self._stopped = 0, False

    def start(self) -> None:
        """Download, unpack, start, wait for /ping. Raises StartError; nothing is left behind then."""
        try:
            self._load()
            self._launch()
        except StartError:
            self.stop()
            raise

    def acquire(self) -> None:
        """Announce an invocation, so that `drain` waits for it. Raises ThrottledError."""
        with self._in_flight:
            if self._count >= self._at_once:
                raise ThrottledError
            self._count += 1

    def release(self) -> None:
        with self._in_flight:
            self._count -= 1
            self._in_flight.notify_all()

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST /invocations. Raises InvocationError when the container does not answer."""
        self._revive()
        connection, reused = self._connection()
        try:
            answer = self._post(connection, body, headers)
        except TimeoutError as error:
            connection.close()
            raise InvocationError(
                "Your invocation timed out while waiting for a response from container primary. Review the "
                "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
            ) from error
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            if reused and not self._is_ending():  # an idle connection was closed; this request was not seen
                return self.invoke(body, headers)
            raise InvocationError(
                "The container primary closed the connection before it answered."
            ) from error
        self._idle.put(connection)
        return answer

    def drain(self) -> None:
        """Wait until no invocation is under way, then stop."""
        with self._in_flight:
            self._in_flight.wait_for(lambda: self._count == 0, RESPONSE_SECONDS)
        self.stop()

    def stop(self) -> None:
        self._stopped = True
        self._end()
        self._forget_connections()
        shutil.rmtree(self.base, ignore_errors=True)

    def signal(self, number: int) -> None:
        """Send a signal to the process, if there is one."""
        if self._child:
            self._child.signal(number)

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _is_ending(self) -> bool:
        """Whether the process is gone, or goes in the moment between its last answer and its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._child is None or self._child.wait(0.1) is not None
        return False

    def _load(self) -> None:
        url = self.model.data_url
        (self.base / "model").mkdir(parents=True, exist_ok=True)
        if not url:
            return
        archive = self.base / "model.tar.gz"
        try:
            Storage(self.settings, self.model.role_arn).fetch(url, archive)
            artifacts.unpack(archive, self.base / "model")
        except ClientError as error:
            raise StartError(
                f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure '
                "that there is an object located at the URL and that the role passed to CreateModel has "
                "permissions to download the object."
            ) from error
        except artifacts.ArtifactError as error:
            raise StartError(
                f'Failed to extract model data archive for container "container_1" from URL "{url}": {error}.'
            ) from error
        archive.unlink()

    def _launch(self) -> None:
        try:
            container = container_of(self.settings, self.model.image)
        except ValidationError as error:
            raise StartError(str(error.message)) from error
        self._port = free_port()
        extra = {
            **self.model.environment,
            "SAGEMAKER_BIND_TO_ADDRESS": HOST,
            "SAGEMAKER_BIND_TO_PORT": str(self._port),
        }
        self._child = processes.spawn(
            [*container.command, "serve"],
            env=environment(container, self.base, self.settings.region, extra),
            cwd=self.base,
            stdout=subprocess.PIPE,
        )
        self._copying = self.logs.follow(self._child.stdout)
        if not self._comes_up(self._child):
            self._end()
            raise StartError(
                f"The primary container for production variant {self.variant_name} did not pass the ping "
                "health check. Please check CloudWatch logs for this endpoint."
            )

    def _end(self) -> None:
        """End the process and its log; a line that came later would bring a deleted log group back."""
        if self._child:
            self._child.stop()
        if self._copying:
            self._copying.join(LAST_LINES_SECONDS)

    def _comes_up(self, child: processes.Child) -> bool:
        deadline = time.monotonic() + self.startup_seconds
        while child.poll() is None and time.monotonic() < deadline and not self._stopped:
            if self._answers_ping():
                return True
            time.sleep(PING_INTERVAL_SECONDS)
        return False

    def _answers_ping(self) -> bool:
        with contextlib.closing(http.client.HTTPConnection(HOST, self._port, timeout=2)) as connection:
            try:
                connection.request("GET", "/ping")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False

    def _revive(self) -> None:
        if self.alive:
            return
        with self._starting:
            if self.alive:
                return
            self._forget_connections()
            self.logs.write("The container ended; it is started again.")
            try:
                self._launch()
            except StartError as error:
                raise InvocationError(str(error)) from error

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        with contextlib.suppress(Empty):
            return self._idle.get_nowait(), True
        return http.client.HTTPConnection(HOST, self._port, timeout=RESPONSE_SECONDS), False

    def _post(
        self, connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        connection.request("POST", "/invocations", body, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def _forget_connections(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._idle.get_nowait().close()
