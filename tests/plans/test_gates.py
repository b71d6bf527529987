"""Each gate trips on a real plan that does what it guards against, and on none that does not."""

import pytest

from plans.workspace import Workspace

BUCKET = "terraform/modules/bucket/main.tf"
ENDPOINT = "terraform/modules/endpoint/main.tf"
FUNCTION = "terraform/modules/function/iam.tf"
ROOTS = ("foundation", "workflow")
LIMIT = 65_000  # characters that GitHub takes in a comment

# What is edited, by the gate that has to see it: file, old text, new text.
FOUNDATION = {
    "public-access": (BUCKET, "restrict_public_buckets = true", "restrict_public_buckets = false"),
    "versioning": (BUCKET, 'status = "Enabled"\n  }\n}', 'status = "Suspended"\n  }\n}'),
    "tls-only": (BUCKET, '"aws:SecureTransport" = "false"', '"aws:SecureTransport" = "true"'),
    "encryption": (
        BUCKET,
        'sse_algorithm     = "aws:kms"\n      kms_master_key_id = var.kms_key_arn',
        'sse_algorithm = "AES256"',
    ),
    "destroys-bucket": (BUCKET, "bucket        = var.name", 'bucket        = "${var.name}-2"'),
    "destroys-key": (
        "terraform/modules/encryption-key/main.tf",
        "enable_key_rotation     = true",
        "enable_key_rotation     = false",
    ),
    "pass-role": (
        "terraform/modules/sagemaker-role/main.tf",
        'Action   = ["ecr:GetAuthorizationToken"]',
        'Action   = ["ecr:GetAuthorizationToken", "iam:PassRole"]',
    ),
}
WORKFLOW = {
    "data-capture": (
        ENDPOINT,
        "initial_sampling_percentage = var.capture.percentage",
        "initial_sampling_percentage = 10",
    ),
    "auto-rollback": (ENDPOINT, "toset(var.deployment.rollback_alarms)", 'toset(["server_errors"])'),
    "alarms": (
        "terraform/workflow/main.tf",
        "alarm_actions     = [module.notifications.arn]",
        "alarm_actions     = []",
    ),
    "log-retention": (
        "terraform/modules/state-machine/main.tf",
        "retention_in_days = var.log_retention_days",
        "retention_in_days = 0",
    ),
    "destroys-workflow": (
        "terraform/modules/state-machine/main.tf",
        "name       = var.name\n  type ",
        'name       = "${var.name}-2"\n  type ',
    ),
    "widens-iam": (
        FUNCTION,
        'Resource = ["${local.arn_prefix}:logs:${local.place}:log-group:${local.log_group_name}:*"]',
        'Resource = ["*"]',
    ),
    "destroys-data": (
        "terraform/modules/review-queue/main.tf",
        "name                       = var.name",
        'name                       = "${var.name}-2"',
    ),
}
ALL = [("foundation", gate) for gate in FOUNDATION] + [("workflow", gate) for gate in WORKFLOW]


@pytest.fixture(scope="module")
def tripped(deployed: Workspace) -> dict[str, set[str]]:
    """The gates that a plan of each root trips when everything at once is done that they guard against."""
    found = {}
    for root, edits in (("foundation", FOUNDATION), ("workflow", WORKFLOW)):
        with deployed.edits():
            for name, old, new in edits.values():
                deployed.edit(name, old, new)
            deployed.must("plan", f"ARGS=--root {root}")
            found[root] = deployed.gates(root)
            assert "refused (gate)" in deployed.make("apply").err
    return found


@pytest.mark.parametrize(("root", "gate"), ALL)
def test_a_gate_trips_on_what_it_guards_against(tripped: dict[str, set[str]], root: str, gate: str) -> None:
    assert gate in tripped[root]


@pytest.fixture(scope="module")
def tagged(deployed: Workspace) -> dict[str, tuple[set[str], str]]:
    """The gates and the review of a plan of each root that only tags, and that everything."""
    with deployed.edits():
        deployed.append("terraform/environments/local.tfvars", 'tags = { Team = "routing" }')
        deployed.must("plan")
        return {root: (deployed.gates(root), deployed.review(root)) for root in ROOTS}


@pytest.mark.parametrize("root", ROOTS)
def test_no_gate_trips_on_a_plan_that_only_tags(tagged: dict[str, tuple[set[str], str]], root: str) -> None:
    gates, review = tagged[root]

    assert gates == set()
    assert "nothing to do" not in review.splitlines()[0].lower()


@pytest.mark.parametrize("root", ROOTS)
def test_the_review_of_a_change_to_everything_fits_into_a_comment(
    tagged: dict[str, tuple[set[str], str]], root: str
) -> None:
    _, review = tagged[root]

    assert len(review) <= LIMIT


def test_gates_that_somebody_agreed_to_let_the_plan_pass(workspace: Workspace) -> None:
    with workspace.edits():
        workspace.edit(*WORKFLOW["alarms"])
        workspace.must("plan", "ARGS=--root workflow")

        assert "ALLOW=alarms" in workspace.make("apply").err
        assert workspace.make("apply", ALLOW="no-such-gate").code != 0
        workspace.must("apply", ALLOW="alarms")
    workspace.must("plan", "apply", "ARGS=--root workflow")
