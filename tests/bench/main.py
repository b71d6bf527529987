"""Measure the main job, local AWS, a large plan's review and a large report.

Machines differ and are shared: read ratios before seconds.

    python -m bench.main                  all of it, some five minutes
    python -m bench.main --only local-aws            its calls against stock moto's
    python -m bench.main --only local-aws-work       functions, endpoint, executions

The accuracy and the time of training have a program of their own, tests/bench/algorithm_accuracy.py.
"""

import argparse
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from bench import localaws_work, report_page, review_rendering
from scones.settings import BUILD, REPOSITORY

PARTS = ("local-aws", "local-aws-work", "review", "report", "main-job")
TERRAFORM_STEPS = ("foundation", "plan", "apply", "plan again", "destroy")
GOALS = {"plan": "25"}  # seconds: both roots planned, reviewed and sealed
CALLS = 200
PICTURE = bytes(3000)  # as large as a 32x32 PNG


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, help="measure this alone")
    only = parser.parse_args().only
    console = Console()
    measures = {
        "local-aws": compare_with_stock_moto,
        "local-aws-work": localaws_work.measure,
        "review": review_rendering.measure,
        "report": report_page.measure,
        "main-job": measure_main_job,
    }
    for name in [only] if only else PARTS:
        console.print(measures[name]())


# --- Local AWS against stock moto, in one run --------------------------------------------------------


def compare_with_stock_moto() -> Table:
    table = Table(
        "local AWS", "this", "stock moto", "ratio", title=f"{CALLS} calls each, median", show_edge=False
    )
    ours: dict[str, float] = {}
    stock: dict[str, float] = {}
    with local_aws() as (url, seconds):
        ours = {"start until ready (s)": seconds} | calls(url)
    with stock_moto() as (url, seconds):
        stock = {"start until ready (s)": seconds} | calls(url)
    for name, value in ours.items():
        table.add_row(name, f"{value:.2f}", f"{stock[name]:.2f}", f"{value / stock[name]:.2f}")
    return table


def calls(url: str) -> dict[str, float]:
    """Milliseconds of the calls that the flow makes most, by a role, whose permissions local AWS checks."""
    person = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")
    person.client("s3", endpoint_url=url).create_bucket(Bucket="bench")
    queue = person.client("sqs", endpoint_url=url).create_queue(QueueName="bench")["QueueUrl"]
    role = as_role(person, url)
    machine = state_machine(person, url)
    s3, sqs, states = (role.client(name, endpoint_url=url) for name in ("s3", "sqs", "stepfunctions"))
    return {
        "S3 put, 3 kB (ms)": median_ms(lambda i: s3.put_object(Bucket="bench", Key=f"{i}.png", Body=PICTURE)),
        "S3 get, 3 kB (ms)": median_ms(lambda i: s3.get_object(Bucket="bench", Key=f"{i}.png")),
        "SQS send (ms)": median_ms(lambda i: sqs.send_message(QueueUrl=queue, MessageBody=str(i))),
        "start an execution (ms)": median_ms(
            lambda i: states.start_execution(stateMachineArn=machine, name=str(i))
        ),
    }


def as_role(person: boto3.Session, url: str) -> boto3.Session:
    """A session of a new role that may do what is measured, and is trusted by all that need one."""
    trusted = {"AWS": "123456789012", "Service": "states.amazonaws.com"}
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
    granted = [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::bench/*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:bench"},
        {
            "Effect": "Allow",
            "Action": "states:StartExecution",
            "Resource": "arn:aws:states:*:*:stateMachine:*",
        },
    ]
    iam = person.client("iam", endpoint_url=url)
    arn = iam.create_role(RoleName="bench", AssumeRolePolicyDocument=policy(allow))["Role"]["Arn"]
    iam.put_role_policy(RoleName="bench", PolicyName="bench", PolicyDocument=policy(*granted))
    keys = person.client("sts", endpoint_url=url).assume_role(RoleArn=arn, RoleSessionName="bench")[
        "Credentials"
    ]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name="us-east-1",
    )


def state_machine(person: boto3.Session, url: str) -> str:
    """The ARN of a machine that ends at once, really run by stock moto too."""
    run = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    urllib.request.urlopen(f"{url}/moto-api/config", run, timeout=10).close()
    definition = json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    states = person.client("stepfunctions", endpoint_url=url)
    role = "arn:aws:iam::123456789012:role/bench"
    made = states.create_state_machine(name="bench", definition=definition, roleArn=role)
    return str(made["stateMachineArn"])


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def median_ms(call: Callable[[int], Any]) -> float:
    times = []
    for i in range(CALLS):
        started = time.perf_counter()
        call(i)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


@contextlib.contextmanager
def local_aws() -> Iterator[tuple[str, float]]:
    with tempfile.TemporaryDirectory() as home:
        words = [sys.executable, "-m", "localaws"]
        container = str(REPOSITORY / "scripts/algorithm/container.json")
        started = time.perf_counter()
        subprocess.run(
            [*words, "start", "--home", home, "--container", container], check=True, capture_output=True
        )
        seconds = time.perf_counter() - started
        try:
            yield json.loads((Path(home) / "localaws.json").read_text())["endpoint_url"], seconds
        finally:
            subprocess.run([*words, "stop", "--home", home], check=True, capture_output=True)


@contextlib.contextmanager
def stock_moto() -> Iterator[tuple[str, float]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", time.perf_counter() - started
    finally:
        server.terminate()
        server.wait()


# --- The main job ------------------------------------------------------------------------------------


def measure_main_job() -> Table:
    subprocess.run([sys.executable, "-m", "e2e.main"], check=True, cwd=REPOSITORY)
    figures = json.loads((BUILD / "e2e" / "e2e.json").read_text())
    seconds = {step["name"]: step["seconds"] for step in figures["steps"]}
    terraform = sum(seconds[name] for name in TERRAFORM_STEPS)
    table = Table("the main job, drawn pictures", "seconds", "goal", show_edge=False)
    for name, value in seconds.items():
        table.add_row(name, f"{value:.1f}", GOALS.get(name, ""))
    table.add_section()
    table.add_row("Terraform: plan, apply, plan, destroy of both roots", f"{terraform:.1f}", "100")
    table.add_row("all", f"{figures['seconds']:.1f}", "180")
    return table


if __name__ == "__main__":
    main()
