"""python scripts/threshold.py, on what a really trained model answered."""

import json
import re

import pytest

from unit.evaluation.deployed import BUCKET, JOB, VALIDATION, Deployed


def test_the_choice_goes_into_the_manifest_and_once_is_enough(deployed: Deployed) -> None:
    first = deployed.run("threshold", "--target-error=0.5", "--json")

    assert first.returncode == 0, first.stderr
    choice = json.loads(first.stdout)
    assert choice["training_job"] == JOB
    assert choice["coverage"]["total"] == VALIDATION
    manifest = deployed.read("manifests/model.json")
    assert manifest["confidence_threshold"] == choice["confidence_threshold"]
    assert manifest["out_of_domain_limit"] == choice["out_of_domain_limit"]
    assert (manifest["target_error"], manifest["target_reached"]) == (0.5, choice["target_reached"])
    assert manifest["model_package_arn"] == deployed.package
    assert json.loads((deployed.home / "model.tfvars.json").read_text()) == {"model": manifest}
    assert "Next: make plan ENV=local" in first.stderr

    again = deployed.run("threshold", "--target-error=0.5", "--json")

    assert again.stdout == first.stdout
    assert "already in the manifest" in again.stderr
    assert deployed.read("manifests/model.json") == manifest


def test_people_get_a_table_of_80_columns(deployed: Deployed) -> None:
    result = deployed.run("threshold")

    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith(">") for line in lines) == 1
    for name in ("coverage", "selective accuracy"):
        assert re.search(
            rf"^  {name} +[0-9.]+ % \([0-9.]+-[0-9.]+\), \d+ of \d+$", result.stdout, re.MULTILINE
        )


def test_a_target_that_is_not_reached_is_said_on_the_terminal_and_in_the_manifest(deployed: Deployed) -> None:
    key = f"models/{JOB}/evaluation.json"
    recorded = deployed.read(key)
    for entry in recorded["pictures"]:
        entry["label"] = 1 - entry["predicted"]
    deployed.put(key, json.dumps(recorded).encode())

    result = deployed.run("threshold")

    assert result.returncode == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "target error           1 %: NOT REACHED" in result.stdout
    assert "TARGET NOT REACHED: no threshold keeps the error at 1 % on validation." in result.stdout
    assert deployed.read("manifests/model.json")["target_reached"] is False


@pytest.mark.parametrize("target", ["1", "-0.1", "nan", "a lot"])
def test_a_target_that_is_no_share_is_misuse(deployed: Deployed, target: str) -> None:
    result = deployed.run("threshold", f"--target-error={target}")

    assert result.returncode == 2
    assert result.stderr == "error: TARGET_ERROR is a share from 0 to below 1, such as 0.01\n"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("manifests/model.json", "no model is trained: run 'make train ENV=local'"),
        (f"models/{JOB}/evaluation.json", f"{JOB} left no evaluation to choose a threshold on"),
    ],
)
def test_without_a_model_or_its_evaluation_nothing_is_chosen(
    deployed: Deployed, key: str, reason: str
) -> None:
    deployed.client("s3").delete_object(Bucket=BUCKET, Key=key)

    result = deployed.run("threshold")

    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert reason in line
    assert not (deployed.home / "model.tfvars.json").exists()
