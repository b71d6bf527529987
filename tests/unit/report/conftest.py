"""A server that stands for AWS, and a workflow that the commands find on it."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.core.config import default_user_config
from moto.server import ThreadedMotoServer

from unit.report.workflow import Deployed, deploy


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a moto server on this machine, which executes state machines."""
    before = default_user_config["stepfunctions"]
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    yield "http://{}:{}".format(*moto.get_host_and_port())
    moto.stop()
    default_user_config["stepfunctions"] = before


@pytest.fixture
def deployed(server: str, tmp_path: Path) -> Deployed:
    urllib.request.urlopen(f"{server}/moto-api/reset", data=b"").close()
    return deploy(tmp_path / "home", server)
