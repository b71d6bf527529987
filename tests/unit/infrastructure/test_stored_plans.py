"""Saved plans go through the state bucket to another machine, whole and nowhere else."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.errors import SconesError
from scones.infrastructure import stored_plans
from scones.infrastructure.plans import digest
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.seal import Facts, Seal
from scones.infrastructure.source import Source
from scones.infrastructure.state import StatePlace
from scones.settings import Environment

ACCOUNT = "123456789012"  # moto's
ARTEFACTS = {"tfplan": b"plan", "plan.json": b"{}", "review.md": b"review", "review.json": b"{}"}
ZIP = "build/lambdas/one.zip"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "ACCESS_KEY_ID": "x",
        "SECRET_ACCESS_KEY": "x",
        "DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=bucket())
        yield client


def bucket() -> str:
    return StatePlace("foundation", Environment("dev", Path("home"))).bucket_name()


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A machine that has planned both roots: their plans, a file of variables, a zip."""
    monkeypatch.setattr(stored_plans, "BUILD", tmp_path / "planner" / "build")
    environment = Environment("dev", tmp_path / "planner" / "home")
    for root in ("foundation", "workflow"):
        save(environment, root)
    write(environment.home / "serving.tfvars.json", b"serving")
    write(environment.home / "foundation.outputs.json", b"not planned with")
    write(stored_plans.BUILD / "lambdas" / "one.zip", b"zip")
    return environment


def save(environment: Environment, root: str) -> None:
    folder = environment.home / "plans" / root
    for name, content in ARTEFACTS.items():
        write(folder / name, content)
    files = {ZIP: "sha", "home/serving.tfvars.json": "sha", "terraform/workflow/main.tf": "sha"}
    facts = Facts("dev", root, ACCOUNT, "", 0, "1.11.4", {}, Source(), files)
    Seal(facts, "apply", "2026-01-01T00:00:00+00:00", "2026-01-01T08:00:00+00:00", {}).write(
        folder / "seal.json"
    )


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def other(planned: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A machine that is to apply, on which an older plan still lies."""
    made = Environment("dev", tmp_path / "applier" / "home")
    write(made.home / "plans" / "workflow" / "old", b"old")
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_stored_is_fetched_byte_for_byte(
    s3: Any, planned: Environment, other: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = stored_plans.store(planned)
    sent = contents(planned.home / "plans")
    monkeypatch.setattr(stored_plans, "BUILD", tmp_path / "applier" / "build")

    stored_plans.fetch(other, digest(planned))

    assert place == f"s3://{bucket()}/plans/{digest(planned)}/"
    assert contents(other.home / "plans") == sent
    assert (other.home / "serving.tfvars.json").read_bytes() == b"serving"
    assert (stored_plans.BUILD / "lambdas" / "one.zip").read_bytes() == b"zip"
    assert digest(other) == digest(planned)


def test_nothing_is_carried_that_git_holds_or_that_no_plan_was_made_from(planned: Environment) -> None:
    names = set(stored_plans.carried(planned))

    both = {f"home/plans/{root}/{name}" for root in ("foundation", "workflow") for name in ARTEFACTS}
    seals = {f"home/plans/{root}/seal.json" for root in ("foundation", "workflow")}
    assert names == both | seals | {ZIP, "home/serving.tfvars.json"}


def test_what_is_fetched_is_its_owners_alone(s3: Any, planned: Environment, other: Environment) -> None:
    stored_plans.store(planned)

    files = stored_plans.fetch(other, digest(planned))

    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_plans_that_are_not_those_of_the_digest_are_refused(
    s3: Any, planned: Environment, other: Environment
) -> None:
    stored_plans.store(planned)
    key = f"plans/{digest(planned)}/home/plans/workflow/seal.json"
    edited = json.loads((planned.home / "plans/workflow/seal.json").read_text())
    edited.pop("digest")
    facts = edited.pop("facts") | {"account": "999999999999"}
    source = Source(**facts.pop("source"))
    forged = Seal(facts=Facts(source=source, **facts), **edited)
    s3.put_object(Bucket=bucket(), Key=key, Body=json.dumps(forged.as_json()).encode())

    with pytest.raises(Refusal) as refused:
        stored_plans.fetch(other, digest(planned))

    assert refused.value.reason == "other-plan"


@pytest.mark.parametrize("name", ["home/../../evil", "build/../../evil", "scripts/apply.py", "/etc/passwd"])
def test_nothing_is_written_anywhere_else(
    s3: Any, planned: Environment, other: Environment, name: str
) -> None:
    stored_plans.store(planned)
    s3.put_object(Bucket=bucket(), Key=f"plans/{digest(planned)}/{name}", Body=b"evil")

    with pytest.raises(SconesError, match="does not belong to a plan"):
        stored_plans.fetch(other, digest(planned))

    assert contents(other.home) == {"plans/workflow/old": b"old"}


def test_a_digest_without_plans_is_an_error(s3: Any, planned: Environment) -> None:
    wanted = hashlib.sha256(b"none").hexdigest()

    with pytest.raises(SconesError, match=f"plans/{wanted}/ holds no plans"):
        stored_plans.fetch(planned, wanted)
    with pytest.raises(SconesError, match="is no digest"):
        stored_plans.fetch(planned, "../..")


def test_without_a_plan_there_is_nothing_to_store(tmp_path: Path) -> None:
    with pytest.raises(SconesError, match="no plan is saved"):
        stored_plans.store(Environment("dev", tmp_path))
