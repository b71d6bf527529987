"""No process outlives its server, however the server ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import client_of, localaws
from .lambda_support import deploy, invoke
from .test_server import started

PARENT_OF_ANOTHER = """
import os, subprocess, sys
twin = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
def handler(event, context): return [os.getpid(), twin.pid]
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    localaws("stop", "--home", tmp_path / "home")


def gone(pid: int) -> bool:
    stat = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    ).stdout.strip()
    return stat in ("",) or stat.startswith("Z")


def wait_until_gone(*pids: int) -> None:
    for pid in pids:
        while not gone(pid):
            os.sched_yield()


def processes_of_a_function(url: str) -> list[int]:
    """A function's process and one that it started itself."""

    def aws(service: str) -> object:
        return client_of(url, service)

    pids: list[int] = invoke(aws, deploy(aws, PARENT_OF_ANOTHER))["body"]
    return pids


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_server(home: Path, end: signal.Signals) -> None:
    told = started(home)
    pids = processes_of_a_function(str(told["endpoint_url"]))
    assert not any(gone(pid) for pid in pids)

    os.kill(int(str(told["pid"])), end)

    wait_until_gone(int(str(told["pid"])), *pids)


def test_a_replaced_process_takes_its_children_with_it(aws: Callable) -> None:
    name = deploy(aws, PARENT_OF_ANOTHER)
    pids = invoke(aws, name)["body"]

    aws("lambda").update_function_configuration(FunctionName=name, Description="new")
    aws("lambda").update_function_configuration(FunctionName=name, MemorySize=256)
    invoke(aws, name)

    wait_until_gone(*pids)


def test_a_deleted_functions_processes_end(aws: Callable) -> None:
    name = deploy(aws, PARENT_OF_ANOTHER)
    pids = invoke(aws, name)["body"]

    aws("lambda").delete_function(FunctionName=name)

    wait_until_gone(*pids)
