"""Pausing, resuming, going back, and an apply that is interrupted: all through reviewed plans."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from plans.workspace import Workspace
from scones.waiting import Patience, wait_until

HANDLER = "lambdas/THRESHOLD_CONFIDENCE/handler.py"
WORKFLOW = "ARGS=--root workflow"
POLLS, POLL_SECONDS = 600, 0.1


def endpoints(workspace: Workspace) -> list[str]:
    found = workspace.client("sagemaker").list_endpoints()["Endpoints"]
    return [endpoint["EndpointName"] for endpoint in found]


def deployed_code(workspace: Workspace) -> str:
    function = "scones-local-THRESHOLD_CONFIDENCE"
    answer = workspace.client("lambda").get_function_configuration(FunctionName=function)
    return str(answer["CodeSha256"])


def test_a_paused_workflow_has_no_endpoint_until_it_is_resumed(workspace: Workspace) -> None:
    code = deployed_code(workspace)
    workspace.append(HANDLER, "# not deployed yet")
    workspace.must("pause")
    assert "PAUSES" in workspace.review()
    assert "destroys-endpoint" in workspace.gates()
    workspace.must("apply")
    assert endpoints(workspace) == []

    workspace.must("plan", WORKFLOW)
    assert "resumes" not in workspace.review().lower(), "a plan does not resume by itself"

    workspace.must("resume")
    workspace.must("apply")
    assert endpoints(workspace) == ["scones-local"]
    assert deployed_code(workspace) == code, "what runs stays what it was"


@pytest.fixture
def passed(workspace: Workspace) -> Workspace:
    """The copy with a release that has passed the live checks."""
    command = [".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "live", "tests/e2e"]
    environment = workspace.environment() | {"ENV": "local"}
    done = subprocess.run(
        command, cwd=workspace.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


def test_going_back_brings_the_code_of_the_last_release_that_passed(passed: Workspace) -> None:
    good = deployed_code(passed)
    passed.append(HANDLER, "# another release")
    passed.must("plan", "apply", WORKFLOW)
    assert deployed_code(passed) != good

    passed.must("rollback")
    assert "THRESHOLD_CONFIDENCE" in passed.review()
    passed.must("apply")

    assert deployed_code(passed) == good


def test_an_interrupted_apply_is_planned_and_applied_to_the_end(workspace: Workspace) -> None:
    workspace.append("terraform/environments/workflow/local.tfvars", "functions = { memory_mib = 512 }")
    workspace.must("plan", WORKFLOW)

    kill_in_the_middle(workspace)
    workspace.must("plan", WORKFLOW)
    workspace.must("apply")
    workspace.must("plan", WORKFLOW)

    assert "nothing to do" in workspace.review().splitlines()[0].lower()


def kill_in_the_middle(workspace: Workspace) -> None:
    """Start an apply and kill it, and all that it started, once the first resource has changed."""
    log = workspace.folder / "build/apply.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "apply"],
            cwd=workspace.folder,
            env=workspace.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        for _ in range(POLLS):
            if "Modifying..." in log.read_text() or process.poll() is not None:
                break
            time.sleep(POLL_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert "Apply complete" not in log.read_text()


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The deployed copy; what a test leaves deployed is put back, too."""
    yield workspace
    with workspace.edits():
        pass
    workspace.must("plan", WORKFLOW)
    workspace.must("apply", ALLOW=",".join(workspace.gates()))


def settled(workspace: Workspace) -> dict[str, Any] | None:
    found: dict[str, Any] = workspace.client("sagemaker").describe_endpoint(EndpointName="scones-local")
    return found if found["EndpointStatus"] == "InService" else None


def test_a_model_that_does_not_load_is_rolled_back_and_the_apply_fails(restored: Workspace) -> None:
    before = restored.client("sagemaker").describe_endpoint(EndpointName="scones-local")
    bucket = "scones-local-123456789012-us-east-1"
    restored.client("s3").put_object(Bucket=bucket, Key="models/broken/model.tar.gz", Body=b"no archive")
    broken = f'"s3://{bucket}/models/broken/model.tar.gz"'
    restored.edit("terraform/modules/endpoint/main.tf", "var.model.model_data_url", broken)
    restored.must("plan", WORKFLOW)
    failed = restored.make("apply")
    after = wait_until(lambda: settled(restored), Patience(), "the end of the rollback")

    assert failed.code != 0
    # Terraform may look while the rollback goes on, or when it is over.
    served_before = (f"still serves {before['EndpointConfigName']}", "goes on serving what it served before")
    assert any(words in failed.err for words in served_before)
    assert after["EndpointConfigName"] == before["EndpointConfigName"]
