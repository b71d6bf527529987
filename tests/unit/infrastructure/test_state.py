"""The state of an account is in its own bucket, or in a file while that bucket is not there."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from scones.errors import NotDeployed, SconesError
from scones.infrastructure import state
from scones.settings import Environment

ACCOUNT = "123456789012"  # moto's
BUCKET = f"scones-dev-state-{ACCOUNT}-us-east-1"


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """An account, the file that names its state bucket, and a home of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(state, "ENVIRONMENTS", tmp_path)
    name_bucket(tmp_path, BUCKET)
    with mock_aws():
        yield Environment("dev", tmp_path)


def name_bucket(folder: Path, bucket: str) -> None:
    (folder / "dev.s3.tfbackend").write_text(f'bucket = "{bucket}"\nregion = "us-east-1"\n')


def test_a_foundation_without_its_bucket_keeps_its_state_in_a_file(dev: Environment) -> None:
    assert state.StatePlace("foundation", dev).options() == [f"path={dev.home / 'foundation.tfstate'}"]


def test_a_workflow_without_the_bucket_says_what_to_run(dev: Environment) -> None:
    with pytest.raises(NotDeployed, match="run 'make foundation ENV=dev'"):
        state.StatePlace("workflow", dev).options()


def test_a_state_is_kept_in_the_bucket_once_it_is_there(dev: Environment) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)

    assert state.StatePlace("workflow", dev).options()[1] == "key=workflow.tfstate"


def test_a_bucket_of_another_account_is_refused(dev: Environment) -> None:
    name_bucket(dev.home, "scones-dev-state-000000000000-us-east-1")

    with pytest.raises(SconesError, match=f"but this is account {ACCOUNT}: correct it"):
        state.StatePlace("foundation", dev).options()


def test_old_states_and_their_versions_leave_the_bucket_and_nothing_else_does(dev: Environment) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    plan = "plans/0123/home/plans/workflow/tfplan"
    for key in ("foundation.tfstate", "foundation.tfstate", "workflow.tfstate", plan, "notes.txt"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")

    state.StatePlace("foundation", dev).forget_old_states()

    left = s3.list_object_versions(Bucket=BUCKET)
    assert [version["Key"] for version in left["Versions"]] == ["notes.txt"]
