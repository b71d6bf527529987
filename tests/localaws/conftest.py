"""One real local AWS server for the tests, as a subprocess on a free port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"

Client = Any
ClientOf = Callable[[str], Client]


def localaws(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `python -m localaws ARGUMENTS` as a user does."""
    command = [sys.executable, "-m", "localaws", *map(str, arguments)]
    return subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=60)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}


def client_of(endpoint_url: str, service: str) -> Client:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        # StartSyncExecution would put "sync-" in front of 127.0.0.1
        config=Config(retries={"max_attempts": 1}, read_timeout=120, inject_host_prefix=False),
    )


@pytest.fixture(scope="session")
def localaws_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("localaws")


@pytest.fixture(scope="session")
def containers() -> list[Path]:
    """Container files the server knows: images whose programs are small enough for a test."""
    return sorted((ROOT / "tests" / "localaws" / "containers").glob("*.json"))


@pytest.fixture(scope="session")
def endpoint_url(localaws_home: Path, containers: list[Path]) -> Iterator[str]:
    """A server's address. It serves for the whole session, so each test names its own resources."""
    boxes = [word for path in containers for word in ("--container", str(path))]
    command = [sys.executable, "-m", "localaws", "serve", "--home", str(localaws_home), *boxes]
    with (localaws_home.parent / "serve.log").open("w") as log:
        server = subprocess.Popen(
            command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert server.stdout is not None
        yield json.loads(server.stdout.readline())["endpoint_url"]
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


@pytest.fixture(scope="session")
def aws(endpoint_url: str) -> ClientOf:
    """boto3 clients of the session's server: `aws("s3")`."""
    clients: dict[str, Client] = {}
    return lambda service: clients.setdefault(service, client_of(endpoint_url, service))


@dataclass(frozen=True)
class Clock:
    """The server's clock: what metrics, alarms and schedules go by."""

    url: str

    def now(self) -> datetime:
        return datetime.fromtimestamp(json.loads(self._ask(None))["now"], UTC)

    def advance(self, seconds: float) -> None:
        self._ask(json.dumps({"advance": seconds}).encode())

    def _ask(self, body: bytes | None) -> bytes:
        with urllib.request.urlopen(self.url, body, timeout=10) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="session")
def clock(endpoint_url: str) -> Clock:
    return Clock(f"{endpoint_url}/_localaws/clock")
