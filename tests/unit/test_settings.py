"""An environment is a file of variables; local AWS is found by what it wrote when it started."""

import json
import os
import pickle
from pathlib import Path

import pytest

from scones.errors import NotDeployed, SconesError, UsageError
from scones.settings import LOCAL_HOME_VARIABLE, Environment, write_json

NO_SUCH_PROCESS = 2**22 + 1  # above Linux's largest process id


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setenv(LOCAL_HOME_VARIABLE, str(tmp_path))
    return Environment.load("local")


def start(local: Environment, pid: int) -> None:
    state = {"endpoint_url": "http://127.0.0.1:4566", "region": "eu-west-1", "pid": pid}
    write_json(local.home / "localaws.json", state)


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no environment 'production': ENV is one of dev, local, prod"):
        Environment.load("production")


def test_local_aws_that_was_not_started_says_how_to_start_it(local: Environment) -> None:
    with pytest.raises(NotDeployed, match="run 'make up'"):
        local.client("s3")


def test_what_a_dead_local_aws_had_deployed_does_not_count(local: Environment) -> None:
    start(local, NO_SUCH_PROCESS)
    write_json(local.home / "workflow.outputs.json", {"endpoint_name": "scones-local"})

    assert not local.is_deployed("workflow")


def test_a_running_local_aws_without_a_foundation_says_what_to_run(local: Environment) -> None:
    start(local, os.getpid())

    with pytest.raises(NotDeployed, match="run 'make foundation ENV=local'"):
        _ = local.foundation


def test_an_accounts_profile_does_not_reach_a_program_that_is_meant_for_local_aws(
    local: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-an-account")
    start(local, os.getpid())

    handed_on = local.process_environment()

    assert "AWS_PROFILE" not in handed_on
    assert handed_on["AWS_ACCESS_KEY_ID"] == "local"
    assert handed_on["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"


def test_a_damaged_file_is_named(local: Environment) -> None:
    (local.home / "localaws.json").write_text("{")

    with pytest.raises(SconesError, match=r"localaws.json is damaged .* remove it"):
        local.local_aws()


def test_outputs_that_lack_something_ask_for_another_apply(local: Environment) -> None:
    start(local, os.getpid())
    (local.home / "foundation.outputs.json").write_text(json.dumps({"region": "eu-west-1"}))

    with pytest.raises(SconesError, match="lacks account_id, data_bucket.*: apply it again"):
        _ = local.foundation


def test_an_environment_goes_into_another_process_without_its_clients(tmp_path: Path) -> None:
    environment = Environment("dev", tmp_path)
    environment.client("sts", region_name="us-east-1")

    assert pickle.loads(pickle.dumps(environment)) == environment
