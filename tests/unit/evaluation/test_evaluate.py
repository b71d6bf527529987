"""python scripts/evaluate.py, against a model that is really served."""

import json

from unit.evaluation.deployed import BACKGROUND, TEST, VALIDATION, Deployed

QUICK = ("--latency-calls=5", "--made=3")


def test_the_deployed_model_is_measured_and_agrees_with_its_training(deployed: Deployed) -> None:
    result = deployed.run("evaluate", "--json", *QUICK)

    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["accuracy"]["total"] == TEST
    assert sum(map(sum, found["confusion_matrix"])) == TEST
    assert found["agreement"]["training"]["pictures"] == VALIDATION
    assert found["agreement"]["offline"]["pictures"] == TEST + BACKGROUND
    assert found["accepted"]["background"]["total"] == BACKGROUND
    assert found["out_of_domain"]["by"] == "out_of_domain"
    assert found["latency"]["calls"] == 5
