"""What is deployed stays where its code moves to another place."""

import json
import re
from pathlib import Path

import pytest

from checks.check import Place
from checks.programs import accepts
from checks.terraform import copy, initialised
from scones.infrastructure.toolchain import terraform_program
from scones.settings import REPOSITORY

# As monitor-drift stood among the other functions.
FORMER = """
module "function" {
  source             = "../../../modules/function"
  for_each           = toset(["monitor-drift"])
  name               = "scones-dev-monitor-drift"
  description        = "Compares captures with the model's baseline."
  location           = { partition = "aws", region = "us-east-1", account_id = "000000000000" }
  package_path       = "tests/packages/monitor-drift.zip"
  timeout_seconds    = 900
  log_retention_days = 14
  kms_key_arn        = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
}
"""
# Both have one state.
STOOD_AND_STANDS = """
run "stood" {
  command   = apply
  state_key = "deployed"
  module { source = "./tests/former" }
}

run "stands" {
  command   = plan
  state_key = "deployed"
}
"""


@pytest.fixture
def root(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the workflow with a test of both, and the variables under which Terraform runs in it."""
    place = Place(REPOSITORY, tmp_path, tmp_path)
    variables, workflow = initialised(place, "workflow"), copy(place) / "workflow"
    former, moved = workflow / "tests" / "former", workflow / "tests" / "moved"
    former.mkdir()
    moved.mkdir()
    (former / "main.tf").write_text(FORMER)
    (former / "terraform.tf").write_bytes((copy(place) / "modules/function/terraform.tf").read_bytes())
    environment = (workflow / "tests/environment/environment.tftest.hcl").read_text()
    text = environment.partition("\nrun ")[0] + STOOD_AND_STANDS
    (moved / "moved.tftest.hcl").write_text(text)
    return workflow, variables


def test_the_drift_function_is_moved_and_not_made_anew(root: tuple[Path, dict[str, str]]) -> None:
    workflow, variables = root
    here = "-test-directory=tests/moved"
    offline = ["-backend=false", "-lockfile=readonly", "-no-color", here]
    accepts([terraform_program(), "init", *offline], workflow, variables)
    files = [f"-var-file=../environments/{name}.tfvars" for name in ("dev", "workflow/dev")]

    said = accepts([terraform_program(), "test", "-json", "-verbose", here, *files], workflow, variables)

    messages = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    [plan] = [message["test_plan"] for message in messages if message["type"] == "test_plan"]
    moved = [change for change in plan["resource_changes"] if "previous_address" in change]
    assert {re.sub(r"\.aws_.*", "", change["previous_address"]) for change in moved} == {
        'module.function["monitor-drift"]'
    }
    assert len(moved) == 4
    assert {action for change in moved for action in change["change"]["actions"]} <= {"no-op", "update"}
