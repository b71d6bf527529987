"""What GitHub runs: nothing that is not pinned, no more rights than it takes, no logic without tests.

`make lint` has zizmor and actionlint look at the workflows; here are the rules that are this project's own.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scones.settings import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
LONGEST = 3  # lines of a script in a workflow; more is a program, and has tests

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(path.read_text())["jobs"])


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", [])


def scripts() -> Iterator[str]:
    for path in WORKFLOWS:
        yield from (step["run"] for step in steps(path) if "run" in step)


def workflow(name: str) -> Path:
    return REPOSITORY / ".github" / "workflows" / name


# --- Safety -----------------------------------------------------------------------------------------------


def test_every_action_is_pinned_to_one_commit_and_says_its_version() -> None:
    lines = [line for path in WORKFLOWS for line in path.read_text().splitlines() if "uses: " in line]
    ours = [line for line in lines if "uses: ./.github/workflows/" in line]
    pins = {found.groups() for line in lines if (found := PINNED.search(line))}

    assert [line for line in lines if not PINNED.search(line) and line not in ours] == []
    assert len({action for action, _, _ in pins}) == len(pins)


@each_workflow
def test_a_workflow_has_no_rights_and_its_jobs_only_what_they_name(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        assert "permissions" in job, name
        assert {right for right in job["permissions"].items() if right[1] == "write"} <= {
            ("id-token", "write"),
            ("pull-requests", "write"),
        }, name


@each_workflow
def test_a_job_that_gets_credentials_is_one_that_uses_them(path: Path) -> None:
    for name, job in jobs(path).items():
        uses = [step.get("uses", "") for step in job.get("steps", [])]
        becomes_a_role = any("configure-aws-credentials" in use for use in uses) or "uses" in job
        assert (job["permissions"].get("id-token") == "write") == becomes_a_role, name


@each_workflow
def test_no_token_is_left_on_disk(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_a_script_is_short_and_takes_nothing_but_variables(path: Path) -> None:
    for step in steps(path):
        run = step.get("run", "")
        assert "${{" not in run, step["name"]
        assert len(run.strip().splitlines()) <= LONGEST, step["name"]
        assert not re.search(r"secrets\.|set -x|printenv|\benv$", run), step["name"]


@each_workflow
def test_nothing_runs_with_a_strangers_code_and_our_rights(path: Path) -> None:
    assert "pull_request_target" not in path.read_text()
    assert "secrets" not in path.read_text()


@each_workflow
def test_every_job_ends(path: Path) -> None:
    for name, job in jobs(path).items():
        assert "uses" in job or job["timeout-minutes"] <= (360 if "apply" in path.name else 60), name


# --- What they are for ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["apply.yml", "apply-environment.yml"])
def test_an_apply_that_runs_is_never_cancelled(name: str) -> None:
    content = yaml.safe_load(workflow(name).read_text())
    found = [one["concurrency"] for one in (content, *content["jobs"].values()) if "concurrency" in one]

    assert found
    assert [one for one in found if one["cancel-in-progress"]] == []


def test_credentials_last_as_long_as_an_apply_may_run() -> None:
    job = jobs(workflow("apply-environment.yml"))["apply"]
    [role] = [step for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]

    assert role["with"]["role-duration-seconds"] == job["timeout-minutes"] * 60


@pytest.mark.parametrize(("name", "job"), [("pull-request.yml", "plan"), ("drift.yml", "drift")])
def test_whoever_may_only_read_locks_nothing(name: str, job: str) -> None:
    assert jobs(workflow(name))[job]["env"]["PLAN_LOCK"] == "false"


def test_the_plans_of_a_pull_request_can_be_merged_for_a_week() -> None:
    plans = [run for run in scripts() if "make plan" in run]

    assert plans == ['make plan ENV="$ENVIRONMENT" ARGS="--hours 168"']


def test_a_foundation_that_changes_stops_the_job_before_anything_is_applied() -> None:
    runs = [step.get("run", "") for step in steps(workflow("apply-environment.yml"))]
    places = {
        word: [word in run for run in runs].index(True) for word in ("--fetch ", "--fetched", "make apply")
    }

    assert places["--fetch "] < places["--fetched"] < places["make apply"]


def test_prod_comes_after_dev_and_each_is_bound_to_its_github_environment() -> None:
    both = jobs(workflow("apply.yml"))

    assert both["prod"]["needs"] == "dev"
    assert {name: job["with"]["environment"] for name, job in both.items()} == {"dev": "dev", "prod": "prod"}
    assert jobs(workflow("apply-environment.yml"))["apply"]["environment"] == "${{ inputs.environment }}"


def test_an_apply_takes_the_reviewed_digest_and_no_other_plan() -> None:
    runs = [step.get("run", "") for step in steps(workflow("apply-environment.yml"))]

    assert [run for run in runs if "make plan" in run] == []
    assert runs[-1] == 'make apply ENV="$ENVIRONMENT" ARGS="--seal $DIGEST"'
    assert 'scripts/pull_request.py --env "$ENVIRONMENT" --merged "$GITHUB_SHA"' in " ".join(runs)


def test_a_plan_is_of_the_merge_and_only_for_branches_of_this_repository() -> None:
    found = jobs(workflow("pull-request.yml"))
    checkout = found["plan"]["steps"][0]

    assert "ref" not in checkout["with"]
    assert "head.repo.full_name == github.repository" in found["plan"]["if"]
    assert "head.repo.full_name != github.repository" in found["no-plan"]["if"]
    assert found["no-plan"]["permissions"] == {}


def test_every_environment_of_an_account_is_planned_applied_and_watched() -> None:
    backends = (REPOSITORY / "terraform" / "environments").glob("*.s3.tfbackend")
    accounts = {path.name.partition(".")[0] for path in backends}

    assert set(jobs(workflow("apply.yml"))) == accounts
    for name, job in (("pull-request.yml", "plan"), ("drift.yml", "drift")):
        matrix = jobs(workflow(name))[job]["strategy"]["matrix"]["include"]
        assert {entry["environment"] for entry in matrix} == accounts, name


# --- What they call ---------------------------------------------------------------------------------------


def test_every_make_target_that_is_called_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))

    assert {target for run in scripts() for target in re.findall(r"\bmake ([a-z0-9-]+)", run)} <= targets


def test_every_command_that_is_called_exists_and_has_the_options_it_gets() -> None:
    called = [found for run in scripts() for found in re.findall(r"python (scripts/\w+\.py) (.*)", run)]
    options = {script: set() for script, _ in called}
    for script, words in called:
        options[script] |= set(re.findall(r"--[a-z]+", words))

    assert set(options) == {"scripts/plan_store.py", "scripts/pull_request.py"}
    for script, wanted in options.items():
        told = subprocess.run(
            [sys.executable, script, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        assert wanted <= set(re.findall(r"--[a-z]+", told.stdout)), script
