"""The classic accidents of a reviewed plan: each is caught, named, and stopped, as a user would meet it."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plans.workspace import Ended, SavedPlan, Workspace

ENDPOINT = "terraform/modules/endpoint/main.tf"
LOCAL = "terraform/environments/local.tfvars"
WORKFLOW_LOCAL = "terraform/environments/workflow/local.tfvars"
WORKFLOW = "ARGS=--root workflow"
MEMORY = itertools.count(300)  # MiB; another one for each plan, so that none is empty


def refused(ended: Ended, reason: str) -> bool:
    """Say whether a command refused with this reason, in one line and without a traceback."""
    assert "Traceback" not in ended.said
    return ended.code != 0 and f"refused ({reason}): " in ended.err


@pytest.fixture(scope="module")
def harmless() -> dict[int, tuple[str, SavedPlan]]:
    """The edit and the plan that `planned` has made, by the serial of the state: making one takes seconds."""
    return {}


@pytest.fixture
def planned(
    workspace: Workspace,
    harmless: dict[int, tuple[str, SavedPlan]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Workspace:
    """The copy with a harmless plan saved: a little more memory for the functions."""
    serial = workspace.serial()
    if serial in harmless:
        edit, saved = harmless[serial]
        workspace.append(WORKFLOW_LOCAL, edit)
        saved.put_back()
    else:
        edit = f"functions = {{ memory_mib = {next(MEMORY)} }}"
        workspace.append(WORKFLOW_LOCAL, edit)
        workspace.must("plan", WORKFLOW)
        harmless[serial] = edit, SavedPlan.of(workspace, tmp_path_factory.mktemp("plan"))
    return workspace


def test_a_replaced_endpoint_is_destructive_and_stopped(workspace: Workspace) -> None:
    workspace.edit(
        ENDPOINT, "  name                 = var.name\n", '  name                 = "${var.name}-new"\n'
    )
    workspace.must("plan", WORKFLOW)

    first_line = workspace.review().splitlines()[0].lower()
    assert "destructive" in first_line
    assert "REPLACES endpoint scones-local" in workspace.review()
    assert "because name" in workspace.review()
    assert "destroys-endpoint" in workspace.gates()

    stopped = workspace.make("apply")
    assert refused(stopped, "gate")
    assert "ALLOW=destroys-endpoint" in stopped.err
    assert workspace.client("sagemaker").describe_endpoint(EndpointName="scones-local")


def test_a_bucket_made_public_is_stopped(workspace: Workspace) -> None:
    workspace.edit(
        "terraform/modules/bucket/main.tf",
        "block_public_policy     = true",
        "block_public_policy     = false",
    )
    workspace.must("plan", "ARGS=--root foundation")

    assert "public-access" in workspace.gates("foundation")
    assert refused(workspace.make("apply"), "gate")


def test_a_role_that_is_widened_is_named_with_what_it_gains(workspace: Workspace) -> None:
    workspace.edit(
        "terraform/modules/function/iam.tf",
        'Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]',
        'Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "s3:*"]',
    )
    workspace.must("plan", WORKFLOW)

    assert "widens-iam" in workspace.gates()
    assert "s3:*" in workspace.review()
    assert "permissions management" in workspace.review().lower()
    assert refused(workspace.make("apply"), "gate")


def test_a_zip_that_is_swapped_after_the_plan_is_not_deployed(planned: Workspace) -> None:
    zip_file = planned.folder / "build/lambdas/THRESHOLD_CONFIDENCE.zip"
    zip_file.write_bytes(zip_file.read_bytes() + b"swapped")

    stopped = planned.make("apply")

    assert refused(stopped, "zip-changed")
    assert "THRESHOLD_CONFIDENCE.zip" in stopped.err


def test_a_variable_file_that_is_edited_after_the_plan_is_not_ignored(planned: Workspace) -> None:
    planned.append(WORKFLOW_LOCAL, "confidence_threshold = 0.5")

    stopped = planned.make("apply")

    assert refused(stopped, "variables-changed")
    assert WORKFLOW_LOCAL in stopped.err


def test_code_that_is_edited_after_the_plan_is_not_ignored(planned: Workspace) -> None:
    planned.append("terraform/workflow/main.tf", "# a remark")

    assert refused(planned.make("apply"), "code-changed")


def test_a_function_that_is_edited_after_the_plan_is_not_ignored(planned: Workspace) -> None:
    planned.append("lambdas/THRESHOLD_CONFIDENCE/handler.py", "# one more thought")

    assert refused(planned.make("apply"), "code-changed")


def test_a_variable_with_a_misspelt_name_is_not_ignored(workspace: Workspace) -> None:
    workspace.append(WORKFLOW_LOCAL, "confidence_treshold = 0.8")

    ended = workspace.make("plan", WORKFLOW)

    assert ended.code != 0
    assert "sets confidence_treshold, which workflow does not know" in ended.err
    assert not workspace.plans("workflow").exists()


def test_a_mistake_in_the_code_is_said_in_one_line_with_its_place(workspace: Workspace) -> None:
    workspace.append("terraform/workflow/outputs.tf", 'resource "x" {')

    ended = workspace.make("plan", WORKFLOW)

    assert ended.code != 0
    [line] = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "Error: " in line and "outputs.tf, line" in line
    assert "\x1b" not in line and "Traceback" not in ended.err


def test_a_state_that_has_moved_on_is_noticed(planned: Workspace, tmp_path: Path) -> None:
    shutil.copytree(planned.plans("workflow"), tmp_path / "workflow")
    planned.must("apply")
    shutil.copytree(tmp_path / "workflow", planned.plans("workflow"))

    assert refused(planned.make("apply"), "state-moved")


def test_a_plan_that_has_expired_is_not_applied(workspace: Workspace) -> None:
    workspace.must("plan", "ARGS=--root workflow --hours 0")

    assert refused(workspace.make("apply"), "expired")


def test_a_plan_that_was_edited_is_not_applied(planned: Workspace) -> None:
    review = planned.plans("workflow") / "review.md"
    review.write_text(review.read_text() + "Approved.\n")

    assert refused(planned.make("apply"), "plan-changed")


def test_another_commit_than_the_planned_one_is_noticed(planned: Workspace) -> None:
    planned.append("README.md", "One more line.")
    planned.commit("Say more")
    try:
        assert refused(planned.make("apply"), "source-moved")
    finally:
        planned.git("reset", "--quiet", "--hard", "HEAD^")


def test_plans_of_another_digest_are_not_applied(planned: Workspace) -> None:
    assert refused(planned.make("apply", f"ARGS=--seal {'0' * 64}"), "other-plan")


def test_a_worse_model_is_compared_and_stopped(workspace: Workspace) -> None:
    manifest = workspace.home() / "model.tfvars.json"
    before = manifest.read_text()
    try:
        workspace.must("train", "ARGS=--set epochs=1 --set learning_rate=0.00001")
        workspace.must("plan", WORKFLOW)

        assert "accuracy-floor" in workspace.gates()
        assert "on the same 100 pictures" in workspace.review()
        assert refused(workspace.make("apply"), "gate")
    finally:
        manifest.write_text(before)


SECRET = "correct-horse-battery-staple"


def test_a_secret_in_a_variable_is_in_no_review(workspace: Workspace) -> None:
    workspace.append(
        "terraform/workflow/variables.tf",
        'variable "token" {\n  description = "A token."\n  type = string\n  sensitive = true\n}',
    )
    workspace.edit(
        "terraform/workflow/functions.tf",
        "environment_variables = {}",
        "environment_variables = { KEY = var.token }",
    )
    workspace.append(WORKFLOW_LOCAL, f'token = "{SECRET}"')

    planned = workspace.must("plan", WORKFLOW)

    folder = workspace.plans("workflow")
    assert SECRET in (folder / "plan.json").read_text(), "the plan itself does hold it"
    assert (folder / "plan.json").stat().st_mode & 0o077 == 0
    for text in (
        planned.said,
        *((folder / name).read_text() for name in ("review.md", "review.json", "seal.json")),
    ):
        assert SECRET not in text


def test_a_secret_that_nobody_marked_is_hidden_and_stopped(workspace: Workspace) -> None:
    workspace.edit(
        "terraform/workflow/functions.tf",
        "environment_variables = {}",
        'environment_variables = { API_TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345" }',
    )

    planned = workspace.must("plan", WORKFLOW)

    assert "secret-in-clear" in workspace.gates()
    assert "ghp_0123456789" not in planned.said + workspace.review()
    assert refused(workspace.make("apply"), "gate")


def test_a_secret_that_would_be_shown_leaves_nothing_behind(workspace: Workspace) -> None:
    workspace.append(
        "terraform/workflow/variables.tf",
        'variable "token" {\n  description = "A token."\n  type = string\n  sensitive = true\n}',
    )
    # An address is never masked, and this one bears the secret.
    workspace.append(
        "terraform/workflow/main.tf",
        f'resource "terraform_data" "leak" {{\n  for_each = toset(["{SECRET}"])\n  input = var.token\n}}',
    )
    workspace.append(WORKFLOW_LOCAL, f'token = "{SECRET}"')

    ended = workspace.make("plan", WORKFLOW)

    assert ended.code != 0
    assert "nothing was written" in ended.err
    assert SECRET not in ended.said
    assert not workspace.plans("workflow").exists()


MANY = """
resource "aws_cloudwatch_log_group" "more" {
  count             = 30
  name              = "/scones/more-${count.index}"
  retention_in_days = 1
  kms_key_id        = var.foundation.kms_key_arn
}
"""


@pytest.fixture
def crowded(workspace: Workspace) -> Iterator[Workspace]:
    """The deployed workflow with thirty more log groups; they go again."""
    main = workspace.folder / "terraform/workflow/main.tf"
    before = main.read_text()
    main.write_text(before + MANY)
    workspace.must("plan", "apply", WORKFLOW)
    yield workspace
    with workspace.edits():
        pass
    workspace.must("plan", WORKFLOW)
    workspace.must("apply", ALLOW="destroys-data")


def test_a_destroy_among_sixty_tag_changes_is_the_first_thing_to_read(crowded: Workspace) -> None:
    crowded.append(LOCAL, 'tags = { Team = "routing" }')
    crowded.edit("terraform/workflow/main.tf", "count             = 30", "count             = 29")
    crowded.must("plan", WORKFLOW)

    counts, review = crowded.review_json()["counts"], crowded.review()
    assert counts["delete"] == 1
    assert counts["update"] >= 60
    assert "destructive" in review.splitlines()[0].lower()
    assert "/scones/more-29" in review.splitlines()[0]
    ledger = review[review.index("### Changes") :]
    assert ledger.index("more[29]") < ledger.index("nothing but tags")
    assert refused(crowded.make("apply"), "gate")
