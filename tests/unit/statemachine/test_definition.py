"""The definition as people and tools read it, without running it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, TEMPLATE, VARIABLES, render

LAMBDA_ERRORS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
FUNCTIONS = ["serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE"]

States = dict[str, dict[str, Any]]


def tasks(states: States) -> dict[str, dict[str, Any]]:
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def test_statelint_finds_nothing(tmp_path: Path) -> None:
    rendered = tmp_path / "rendered.asl.json"
    rendered.write_text(render())

    done = subprocess.run([sys.executable, "-m", "statelint", rendered], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_template_is_json_before_it_is_rendered() -> None:
    assert list(json.loads(TEMPLATE.read_text())["States"])[:3] == FUNCTIONS


def test_the_template_takes_the_documented_variables_and_no_other() -> None:
    found = re.findall(r"[$%]\{(.*?)\}", TEMPLATE.read_text())
    readme = (ROOT / "statemachine" / "README.md").read_text()

    assert set(found) == set(VARIABLES)
    assert all(f"`{name}`" in readme for name in VARIABLES)


def test_every_task_has_a_timeout_a_retry_and_a_catch_of_everything(states: States) -> None:
    for name, task in tasks(states).items():
        assert task["TimeoutSeconds"] <= 90, name
        assert task["Retry"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_the_machine_outlasts_any_task(states: States) -> None:
    """Else a slow task would end the execution without its catch, and nobody would be told."""
    machine = json.loads(render())
    assert machine["TimeoutSeconds"] >= 2 * sum(task["TimeoutSeconds"] for task in tasks(states).values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_retried_when_lambda_is_busy(function: str, states: States) -> None:
    assert states[function]["Retry"][0] == {
        "ErrorEquals": LAMBDA_ERRORS,
        "IntervalSeconds": 1,
        "MaxAttempts": 3,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": 10,
        "JitterStrategy": "FULL",
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_error_by_name_is_one_that_its_function_raises(function: str, states: States) -> None:
    source = (ROOT / "lambdas" / function / "handler.py").read_text()
    raised = set(re.findall(r"^class (\w+)\(Exception\)", source, re.MULTILINE))
    rules = states[function]["Retry"] + states[function]["Catch"]
    named = {error for rule in rules for error in rule["ErrorEquals"] if "." not in error}

    assert named <= raised


def test_every_state_can_be_reached_and_leads_to_an_end(states: States) -> None:
    reached, waiting = set(), ["serializeImageData"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += re.findall(r'"(?:Next|Default)": "(.*?)"', json.dumps(states[name]))
    ends = {name for name in reached if states[name]["Type"] in {"Succeed", "Fail"}}

    assert reached == set(states)
    assert ends == {"Classified", "THRESHOLD_CONFIDENCE_NOT_MET", "Failed"}


def test_the_picture_shows_every_state() -> None:
    readme = (ROOT / "statemachine" / "README.md").read_text()
    picture = readme.split("```mermaid")[1].split("```")[0]

    assert [name for name in json.loads(render())["States"] if name not in picture] == []
