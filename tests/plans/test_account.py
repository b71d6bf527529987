"""An account is more careful than local AWS: names, commits, accounts and locks are asked for and kept."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.workspace import Ended, SavedPlan, Workspace

ACCOUNT = "123456789012"  # moto's
STATE_BUCKET = f"scones-prod-state-{ACCOUNT}-us-east-1"
CHANGE = "key_deletion_window_in_days = 10"
LOCK = {
    "ID": "f3a1c9e4-5d2b-7e88-0b5e-2f1f4d1f0c11",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "erin@laptop",
    "Version": "1.11.4",
    "Created": "2026-11-24T10:01:02.345678Z",
    "Path": f"{STATE_BUCKET}/foundation.tfstate",
}


@pytest.fixture(scope="module")
def prod(copy: Workspace) -> Iterator[Workspace]:
    """The copy with prod pointed at this account, and its foundation applied."""
    name_account(copy)
    copy.commit("Name the account of prod")
    account = copy.account_environment()
    copy.must("plan", "ENV=prod", **account)
    copy.must("apply", "ENV=prod", **account, CONFIRM="prod")
    yield copy
    copy.git("reset", "--quiet", "--hard", "HEAD^")


def name_account(copy: Workspace) -> None:
    for name in ("prod.tfvars", "prod.s3.tfbackend"):
        copy.edit(f"terraform/environments/{name}", "000000000000", ACCOUNT)
    # Nothing grows old in this test, and the provider waits a minute for a lifecycle configuration.
    variables = copy.folder / "terraform/environments/foundation/prod.tfvars"
    variables.write_text(re.sub(r"(?ms)^data_retention = \{.*?^\}\n", "", variables.read_text()))


@pytest.fixture
def account(prod: Workspace) -> Iterator[Workspace]:
    with prod.edits():
        yield prod


def run(account: Workspace, *words: str, **environment: str) -> Ended:
    ended = account.make(*words, "ENV=prod", **(account.account_environment() | environment))
    assert "Traceback" not in ended.said
    return ended


@pytest.fixture(scope="module")
def change(prod: Workspace) -> str:
    """The commit of a change of prod's foundation."""
    prod.append("terraform/environments/foundation/prod.tfvars", CHANGE)
    prod.commit("Keep a deleted key for ten days")
    commit = prod.git("rev-parse", "HEAD").strip()
    prod.git("reset", "--quiet", "--hard", "HEAD^")
    return commit


@pytest.fixture(scope="module")
def plans_of_states() -> dict[str, SavedPlan]:
    """The plan of that change, by the state that it was made on: making one takes seconds."""
    return {}


@pytest.fixture
def planned(
    account: Workspace,
    change: str,
    plans_of_states: dict[str, SavedPlan],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Workspace]:
    """A committed and planned change of prod's foundation."""
    account.git("reset", "--quiet", "--hard", change)
    state = account.client("s3").head_object(Bucket=STATE_BUCKET, Key="foundation.tfstate")["ETag"]
    if state in plans_of_states:
        plans_of_states[state].put_back()
    else:
        assert run(account, "plan").code == 0
        plans_of_states[state] = SavedPlan.of(account, tmp_path_factory.mktemp("plan"), "prod")
    yield account
    account.git("reset", "--quiet", "--hard", "HEAD^")


def test_prods_state_lies_in_its_bucket(account: Workspace) -> None:
    keys = [item["Key"] for item in account.client("s3").list_objects_v2(Bucket=STATE_BUCKET)["Contents"]]

    assert "foundation.tfstate" in keys
    assert not (account.home("prod") / "foundation.tfstate").exists()


def test_prod_asks_for_its_name(planned: Workspace) -> None:
    assert "refused (not-confirmed)" in run(planned, "apply").err
    assert "refused (not-confirmed)" in run(planned, "apply", CONFIRM="yes").err


def test_prod_takes_only_what_is_committed(account: Workspace) -> None:
    account.append("terraform/environments/foundation/prod.tfvars", CHANGE)
    assert run(account, "plan").code == 0

    assert "refused (tree-dirty)" in run(account, "apply", CONFIRM="prod").err


def test_a_plan_for_another_account_is_not_applied(planned: Workspace) -> None:
    with planned.another_account("111111111111") as url:
        stopped = run(planned, "apply", CONFIRM="prod", AWS_ENDPOINT_URL=url)

    assert (
        "refused (wrong-account): the plan is for account 123456789012, but this is 111111111111"
        in stopped.err
    )


def test_a_lock_is_explained_and_can_be_taken_away(planned: Workspace) -> None:
    s3 = planned.client("s3")
    s3.put_object(Bucket=STATE_BUCKET, Key="foundation.tfstate.tflock", Body=json.dumps(LOCK).encode())

    stopped = run(planned, "apply", CONFIRM="prod", LOCK_TIMEOUT="0s")

    assert "locked by erin@laptop since 2026-11-24 10:01:02 UTC (apply)" in stopped.err
    assert f'make unlock ENV=prod ARGS="--root foundation {LOCK["ID"]}"' in stopped.err
    assert run(planned, "unlock", f"ARGS=--root foundation {LOCK['ID']}").code == 0
    assert run(planned, "plan", LOCK_TIMEOUT="0s").code == 0


def test_an_account_that_is_not_in_the_list_is_not_even_planned(account: Workspace) -> None:
    account.edit("terraform/environments/prod.tfvars", ACCOUNT, "222222222222")

    stopped = run(account, "plan")

    assert stopped.code != 0
    assert f"AWS account ID not allowed: {ACCOUNT}" in stopped.err
    assert not account.plans("foundation", "prod").exists()


def test_the_foundation_of_prod_is_not_applied_unread(account: Workspace) -> None:
    assert "refused (not-reviewed)" in run(account, "foundation", CONFIRM="prod").err


def another_machine(account: Workspace, folder: Path) -> Workspace:
    """A clone of the copy, one commit further on with the same content, as after a merge."""
    subprocess.run(["git", "clone", "--quiet", account.folder, folder], check=True)
    (folder / ".venv").symlink_to(account.folder / ".venv")
    (folder / ".git/info/exclude").write_text("/.venv\n")
    for name in ("requirements.txt", "scripts/setup.sh"):
        os.utime(folder / name, (0, 0))  # or make would set the environment up again
    clone = Workspace(folder)
    clone.git("commit", "--quiet", "--allow-empty", "--message", "Merge")
    return clone


def plan_store(machine: Workspace, *words: str) -> str:
    command = [".venv/bin/python", "scripts/plan_store.py", "--env", "prod", *words]
    environment = machine.environment() | machine.account_environment()
    done = subprocess.run(
        command, cwd=machine.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plan_is_applied_on_another_machine_by_its_digest(planned: Workspace, tmp_path: Path) -> None:
    plan_store(planned, "--store")
    digest = (planned.home("prod") / "plans" / "digest").read_text().strip()
    other = another_machine(planned, tmp_path / "other")
    other.home().mkdir(parents=True)
    shutil.copy(planned.home() / "localaws.json", other.home())

    plan_store(other, "--fetch", digest)
    refused = run(other, "apply", f"ARGS=--seal {digest[::-1]}", CONFIRM="prod")
    applied = run(other, "apply", f"ARGS=--seal {digest}", CONFIRM="prod")

    assert "refused (other-plan)" in refused.err
    assert applied.code == 0, applied.said
    assert "refused (state-moved)" in run(planned, "apply", CONFIRM="prod").err


def test_prod_is_destroyed_only_through_a_plan_that_was_read(account: Workspace) -> None:
    first = run(account, "destroy", CONFIRM="prod")
    assert "refused (not-reviewed)" in first.err
    assert "destructive" in account.review("foundation", "prod").splitlines()[0].lower()

    second = run(account, "destroy", CONFIRM="prod")
    assert "refused (gate)" in second.err
    gates = second.err.split("ALLOW=")[1].split()[0]
    assert {"destroys-bucket", "destroys-key"} <= set(gates.split(","))
    assert account.client("s3").head_bucket(Bucket=STATE_BUCKET)

    third = run(account, "destroy", CONFIRM="prod", ALLOW=gates)
    assert third.code == 0, third.said
    assert STATE_BUCKET not in [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]
