"""The server as a user meets it: started, asked, stopped, and never leaving a process behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf, client_of, localaws


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    localaws("stop", "--home", tmp_path / "home")


def started(home: Path) -> dict[str, object]:
    done = localaws("start", "--home", home)
    assert done.returncode == 0, done.stderr
    told: dict[str, object] = json.loads((home / "localaws.json").read_text())
    return told


def test_start_tells_where_it_answers(home: Path) -> None:
    told = started(home)

    assert client_of(str(told["endpoint_url"]), "sts").get_caller_identity()["Account"] == told["account_id"]
    assert json.loads(localaws("status", "--home", home).stdout) == told


def test_it_is_the_account_that_it_is_told_to_be(home: Path) -> None:
    assert localaws("start", "--home", home, "--account", "111111111111").returncode == 0
    url = json.loads((home / "localaws.json").read_text())["endpoint_url"]

    assert client_of(url, "sts").get_caller_identity()["Account"] == "111111111111"


def test_an_account_has_twelve_digits(home: Path) -> None:
    refused = localaws("start", "--home", home, "--account", "12")

    assert refused.returncode == 2
    assert "'12' is no account number: it has 12 digits" in refused.stderr


def test_a_second_start_says_that_it_runs(home: Path) -> None:
    told = started(home)

    again = localaws("start", "--home", home)

    assert (again.returncode, again.stdout) == (0, f"local AWS already runs at {told['endpoint_url']}\n")


def test_stop_ends_it(home: Path) -> None:
    started(home)

    assert localaws("stop", "--home", home).stdout == "local AWS stopped\n"
    assert localaws("stop", "--home", home).stdout == "local AWS does not run\n"
    assert localaws("status", "--home", home).returncode == 1
    assert not (home / "localaws.json").exists()


def test_the_state_of_a_dead_server_is_wiped_and_this_is_said(home: Path) -> None:
    os.kill(int(str(started(home)["pid"])), signal.SIGKILL)
    (home / "workflow.tfstate").write_text("{}")

    again = localaws("start", "--home", home)

    assert again.stdout.startswith(f"wiped {home}: its server is gone, and the state with it\n")
    assert not (home / "workflow.tfstate").exists()


def test_files_of_a_folder_that_never_had_a_server_are_kept(home: Path) -> None:
    home.mkdir()
    (home / "notes.txt").write_text("mine")

    assert "wiped" not in localaws("start", "--home", home).stdout
    assert (home / "notes.txt").exists()


def test_a_taken_port_is_one_plain_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = localaws("start", "--home", home, "--port", str(port))

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"error: local AWS did not start: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "choose another --port"
    ]


def test_a_missing_container_file_is_one_plain_line(home: Path) -> None:
    done = localaws("start", "--home", home, "--container", "nowhere.json")

    assert (done.returncode, done.stderr) == (
        1,
        "error: cannot read the container file nowhere.json: No such file or directory\n",
    )


def test_an_operation_it_lacks_fails_at_once_and_by_name(aws: Callable) -> None:
    with pytest.raises(ClientError) as refused:
        aws("stepfunctions").get_activity_task(activityArn="arn:aws:states:us-east-1:123456789012:activity:a")

    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    assert "AWSStepFunctions.GetActivityTask" in str(refused.value)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_path_it_lacks_fails_at_once_and_by_name(aws: Callable) -> None:
    with pytest.raises(
        ClientError, match="local AWS lacks lambda GET /2024-08-31/functions/f/recursion-config"
    ):
        aws("lambda").get_function_recursion_config(FunctionName="f")


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}], ids=["rebound name", "origin"]
)
def test_a_web_page_is_refused(aws: ClientOf, headers: dict[str, str]) -> None:
    url = aws("s3").meta.endpoint_url

    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)
