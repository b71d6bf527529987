"""What local AWS takes for a function, an endpoint and the workflow, permissions on.

The functions and the state machine are the project's, the model is one that answers at once: what is measured
is local AWS, with as little else as possible.
"""

import io
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.table import Table

from chaos import small_workflow, storms
from scones.inference.testcases import execution_input

CALLS = 200
AT_ONCE, CLIENTS = 16, 8
REMEMBERED = 500  # executions whose memory is measured, and scaled to 10,000
POLL_SECONDS = 0.01


def measure() -> Table:
    table = Table(
        "local AWS at work", "measured", "goal", title=f"{CALLS} calls each, median", show_edge=False
    )
    with tempfile.TemporaryDirectory() as folder, small_workflow.served(Path(folder) / "home") as (url, pid):
        workflow = small_workflow.deploy(url, Path(folder) / "zips")
        for name, value, goal in (*function(workflow), *endpoint(workflow), *executions(workflow, pid)):
            table.add_row(name, f"{value:.1f}", goal)
    return table


def function(workflow: storms.Workflow) -> list[tuple[str, float, str]]:
    functions = workflow.client("lambda")
    role = workflow.client("iam").get_role(RoleName=small_workflow.NAME)["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return event")
    small_workflow.make_function(functions, "echo", packed.getvalue(), role, {})
    call = timed(lambda _: functions.invoke(FunctionName="echo", Payload=b"{}")["Payload"].read(), CALLS)
    return [("a warm function that does nothing (ms)", median_ms(call), "<= 5")]


def endpoint(workflow: storms.Workflow) -> list[tuple[str, float, str]]:
    runtime, picture = workflow.client("sagemaker-runtime"), small_workflow.picture(1)

    def ask(_: int) -> None:
        answer = runtime.invoke_endpoint(
            EndpointName=small_workflow.NAME, ContentType="image/png", Body=picture
        )
        answer["Body"].read()

    one = median_ms(timed(ask, CALLS))
    rate = per_second(ask, 5 * CALLS, CLIENTS)
    return [
        ("InvokeEndpoint, 32x32 (ms)", one, "<= 8"),
        (f"InvokeEndpoint by {CLIENTS} clients (a second)", rate, ">= 300"),
    ]


def executions(workflow: storms.Workflow, pid: int) -> list[tuple[str, float, str]]:
    states = workflow.client("stepfunctions")
    asked = execution_input(workflow.bucket, "test/1.png")

    def run(_: int) -> float:
        arn = states.start_execution(stateMachineArn=workflow.state_machine_arn, input=asked)["executionArn"]
        while (told := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(POLL_SECONDS)
        return float((told["stopDate"] - told["startDate"]).total_seconds())

    for _ in range(5):
        run(0)
    one = median_ms([run(number) for number in range(CALLS // 2)])
    before = resident_mb(pid)
    rate = per_second(run, REMEMBERED, AT_ONCE)
    grown = (resident_mb(pid) - before) * 10_000 / REMEMBERED
    return [
        ("an execution of three functions (ms)", one, "<= 60"),
        (f"executions, {AT_ONCE} in flight (a second)", rate, ">= 40"),
        (f"memory of 10,000 executions, from {REMEMBERED} (MB)", grown, "< 100"),
    ]


def timed(call: Callable[[int], Any], count: int) -> list[float]:
    """Seconds of each call, after some that are not counted."""
    for number in range(5):
        call(number)
    times = []
    for number in range(count):
        started = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - started)
    return times


def median_ms(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds)


def per_second(call: Callable[[int], Any], count: int, at_once: int) -> float:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(call, range(2 * at_once)))
        started = time.perf_counter()
        list(pool.map(call, range(count)))
    return count / (time.perf_counter() - started)


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
