"""Saved plans go through the state bucket to another machine, whole and nowhere else."""

import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.errors import SconesError
from scones.infrastructure import plan_store
from scones.infrastructure.refusals import Refusal
from scones.infrastructure.saved_plans import digest
from scones.infrastructure.seal import GONE, Facts, Seal
from scones.infrastructure.source import Source
from scones.infrastructure.state import StatePlace
from scones.settings import Environment

ACCOUNT = "123456789012"  # moto's
ARTEFACTS = {"tfplan": b"plan", "plan.json": b"{}", "review.md": b"review", "review.json": b"{}"}
ZIP = "build/lambdas/one.zip"
SERVING = "home/serving.tfvars.json"
INPUTS = {ZIP: b"zip", SERVING: b"serving"}
EVIL = b"evil"


@functools.cache
def client(service: str) -> Any:
    """One client for all tests: making it takes longer than what it is asked."""
    return boto3.client(service)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "ACCESS_KEY_ID": "x",
        "SECRET_ACCESS_KEY": "x",
        "DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(Environment, "client", lambda self, service: client(service))
    with mock_aws():
        client("s3").create_bucket(Bucket=bucket())
        yield client("s3")


def bucket() -> str:
    return StatePlace("foundation", Environment("dev", Path("home"))).bucket_name()


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A machine that has planned both roots: their plans, a file of variables, a zip."""
    monkeypatch.setattr(plan_store, "BUILD", tmp_path / "planner" / "build")
    environment = Environment("dev", tmp_path / "planner" / "home")
    for root in ("foundation", "workflow"):
        save(environment, root)
    write(environment.home / "serving.tfvars.json", b"serving")
    write(environment.home / "foundation.outputs.json", b"not planned with")
    write(plan_store.BUILD / "lambdas" / "one.zip", b"zip")
    return environment


def save(environment: Environment, root: str) -> None:
    folder = environment.home / "plans" / root
    for name, content in ARTEFACTS.items():
        write(folder / name, content)
    sealed(root).write(folder / "seal.json")


def sealed(root: str, files: dict[str, str] | None = None, account: str = ACCOUNT) -> Seal:
    inputs = {name: sha256(content) for name, content in INPUTS.items()}
    inputs |= {"terraform/workflow/main.tf": "sha", "home/model.tfvars.json": GONE} | (files or {})
    facts = Facts("dev", root, account, "", 0, "1.11.4", {}, Source(), inputs)
    artefacts = {name: sha256(content) for name, content in ARTEFACTS.items()}
    return Seal(facts, "apply", "2026-01-01T00:00:00+00:00", "2026-01-01T08:00:00+00:00", artefacts)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def other(planned: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """A machine that is to apply, on which an older plan still lies."""
    made = Environment("dev", tmp_path / "applier" / "home")
    write(made.home / "plans" / "workflow" / "old", b"old")
    return made


UNTOUCHED = {"plans/workflow/old": b"old"}


def put(s3: Any, planned: Environment, name: str, content: bytes) -> None:
    s3.put_object(Bucket=bucket(), Key=f"plans/{digest(planned)}/{name}", Body=content)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_stored_is_fetched_byte_for_byte(
    s3: Any, planned: Environment, other: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = plan_store.store(planned)
    sent = contents(planned.home / "plans")
    monkeypatch.setattr(plan_store, "BUILD", tmp_path / "applier" / "build")

    plan_store.fetch(other, digest(planned))

    assert place == f"s3://{bucket()}/plans/{digest(planned)}/"
    assert contents(other.home / "plans") == sent
    assert (other.home / "serving.tfvars.json").read_bytes() == b"serving"
    assert (plan_store.BUILD / "lambdas" / "one.zip").read_bytes() == b"zip"
    assert digest(other) == digest(planned)


def test_nothing_is_carried_that_git_holds_or_that_no_plan_was_made_from(planned: Environment) -> None:
    names = set(plan_store.carried(planned))

    both = {f"home/plans/{root}/{name}" for root in ("foundation", "workflow") for name in ARTEFACTS}
    seals = {f"home/plans/{root}/seal.json" for root in ("foundation", "workflow")}
    assert names == both | seals | {ZIP, SERVING}


def test_what_is_fetched_is_its_owners_alone(s3: Any, planned: Environment, other: Environment) -> None:
    plan_store.store(planned)

    files = plan_store.fetch(other, digest(planned))

    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (other.home / "plans").stat().st_mode & 0o777 == 0o700
    assert list(other.home.glob(".fetched-*")) == []


def test_plans_that_are_not_those_of_the_digest_are_refused(
    s3: Any, planned: Environment, other: Environment
) -> None:
    plan_store.store(planned)
    forged = sealed("workflow", account="999999999999")
    put(s3, planned, "home/plans/workflow/seal.json", json.dumps(forged.as_json()).encode())

    with pytest.raises(Refusal) as refused:
        plan_store.fetch(other, digest(planned))

    assert refused.value.reason == "other-plan"
    assert contents(other.home) == UNTOUCHED


@pytest.mark.parametrize(
    "name", [SERVING, ZIP, "home/plans/workflow/tfplan", "home/plans/foundation/review.md"]
)
def test_a_file_that_is_not_as_it_was_sealed_is_refused_before_anything_is_written(
    s3: Any, planned: Environment, other: Environment, name: str
) -> None:
    plan_store.store(planned)
    put(s3, planned, name, EVIL)

    with pytest.raises(Refusal, match=f"{name} is not the one that was sealed"):
        plan_store.fetch(other, digest(planned))

    assert contents(other.home) == UNTOUCHED


def test_a_file_that_is_sealed_and_missing_is_refused(
    s3: Any, planned: Environment, other: Environment
) -> None:
    plan_store.store(planned)
    s3.delete_object(Bucket=bucket(), Key=f"plans/{digest(planned)}/{ZIP}")

    with pytest.raises(Refusal, match="one.zip is not the one that was sealed"):
        plan_store.fetch(other, digest(planned))


@pytest.mark.parametrize(
    "name",
    [
        "home/../../evil",
        "build/../../evil",
        "scripts/apply.py",
        "/etc/passwd",
        "home/foundation.tfstate",
        "home/foundation.outputs.json",
        "home/workflow.terraform/terraform.tfstate",
        "home/plans/workflow/evil",
        "home/plans/other/tfplan",
        "home/rollback/../serving.tfvars.json",
        "build/lambdas/one.zip/",
        "build/local/foundation.tfstate",
        "home/other.tfvars.json",
        "build/lambdas/other.zip",
    ],
)
def test_nothing_is_written_that_no_seal_names_or_that_is_no_plans(
    s3: Any, planned: Environment, other: Environment, name: str
) -> None:
    plan_store.store(planned)
    put(s3, planned, name, EVIL)

    with pytest.raises(SconesError, match="does not belong to a plan"):
        plan_store.fetch(other, digest(planned))

    assert contents(other.home) == UNTOUCHED


def test_a_seal_cannot_have_a_state_written(s3: Any, planned: Environment, other: Environment) -> None:
    name = "home/foundation.tfstate"
    sealed("foundation", {name: sha256(EVIL)}).write(planned.home / "plans/foundation/seal.json")
    plan_store.store(planned)
    put(s3, planned, name, EVIL)

    with pytest.raises(SconesError, match="does not belong to a plan"):
        plan_store.fetch(other, digest(planned))

    assert contents(other.home) == UNTOUCHED


def test_a_plan_without_a_seal_is_not_taken(s3: Any, planned: Environment, other: Environment) -> None:
    (planned.home / "plans/foundation/tfplan").unlink()  # so that the workflow's is all that is stored
    (planned.home / "plans/foundation/seal.json").unlink()
    plan_store.store(planned)
    put(s3, planned, "home/plans/foundation/tfplan", EVIL)

    with pytest.raises(SconesError, match="no seal names it"):
        plan_store.fetch(other, digest(planned))


def test_neither_too_many_files_nor_too_large_ones_are_fetched(
    s3: Any, planned: Environment, other: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_store.store(planned)

    monkeypatch.setattr(plan_store, "MOST_BYTES", 500)
    with pytest.raises(SconesError, match="too large for a plan"):
        plan_store.fetch(other, digest(planned))
    monkeypatch.setattr(plan_store, "MOST_FILES", 3)
    with pytest.raises(SconesError, match="too many files"):
        plan_store.fetch(other, digest(planned))

    assert contents(other.home) == UNTOUCHED


def test_a_digest_without_plans_is_an_error(s3: Any, planned: Environment) -> None:
    wanted = hashlib.sha256(b"none").hexdigest()

    with pytest.raises(SconesError, match=f"plans/{wanted}/ holds no plans"):
        plan_store.fetch(planned, wanted)
    with pytest.raises(SconesError, match="is no digest"):
        plan_store.fetch(planned, "../..")


def test_without_a_plan_there_is_nothing_to_store(tmp_path: Path) -> None:
    with pytest.raises(SconesError, match="no plan is saved"):
        plan_store.store(Environment("dev", tmp_path))
