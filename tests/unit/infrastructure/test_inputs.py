"""A saved plan is refused once something that it was made from has changed."""

from pathlib import Path

import pytest

from scones.infrastructure import inputs


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return tmp_path / "workflow.tfplan"


@pytest.fixture
def manifest(tmp_path: Path, plan: Path) -> Path:
    """A file of variables that a plan has just been made from."""
    manifest = tmp_path / "model.tfvars.json"
    manifest.write_text("{}")
    inputs.record(plan, "workflow", [manifest])
    return manifest


def test_a_plan_whose_inputs_are_unchanged_is_accepted(plan: Path, manifest: Path) -> None:
    inputs.check(plan)


def test_a_changed_file_is_named(plan: Path, manifest: Path) -> None:
    manifest.write_text('{"model": {}}')

    with pytest.raises(inputs.PlanOutdated, match=r"older than model.tfvars.json: run 'make plan'"):
        inputs.check(plan)


def test_a_file_that_is_gone_is_named(plan: Path, manifest: Path) -> None:
    manifest.unlink()

    with pytest.raises(inputs.PlanOutdated, match=r"older than model.tfvars.json"):
        inputs.check(plan)


def test_a_plan_of_unknown_origin_is_refused(plan: Path) -> None:
    with pytest.raises(inputs.PlanOutdated, match="run 'make plan' again"):
        inputs.check(plan)


def test_the_functions_and_the_state_machine_count(plan: Path, manifest: Path) -> None:
    recorded = plan.with_suffix(".inputs.json").read_text()

    assert "classify-vehicle.asl.json" in recorded
    assert "workflow/functions.tf" in recorded
