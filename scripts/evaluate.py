"""Measure the deployed endpoint on every test picture, and on pictures of other things.

    make evaluate
    python scripts/evaluate.py --env local --floor 0.9 --json
    python scripts/evaluate.py --env dev --card docs/model-card.md

Leaves evaluation.html, evaluation.json and a PNG of each chart in the environment's folder, the same in the
data bucket under evaluations/<training job>/, and the metrics at the model package. The exit code is 1 when
endpoint and training disagree by more than 1e-5, or the accuracy is below --floor.
"""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from scones.errors import SconesError, UsageError, main
from scones.evaluation.card import write_card
from scones.evaluation.deployed import Deployed, find_deployed
from scones.evaluation.endpoint import Endpoint
from scones.evaluation.figures import figures
from scones.evaluation.measuring import Plan, measure
from scones.evaluation.outputs import publish, write
from scones.evaluation.registry import annotate_package, publish_metrics
from scones.evaluation.staged import read_staged
from scones.evaluation.terminal import summary
from scones.rule import Rule
from scones.settings import REPOSITORY, Environment, add_environment_argument

PROGRAM = [sys.executable, "-m", "algorithm", "predict"]


def command() -> None:
    arguments = parse_arguments()
    environment = Environment.load(arguments.env)
    workflow = environment.workflow
    if workflow.paused:
        raise SconesError(f"the endpoint is paused: run 'make resume apply ENV={environment.name}'")
    s3, sagemaker, bucket = environment.client("s3"), environment.client("sagemaker"), workflow.data_bucket
    staged = read_staged(s3, bucket, workflow.class_names, environment.name)
    group = environment.foundation.model_package_group_name
    deployed = find_deployed(sagemaker, s3, bucket, group, workflow.endpoint_name, environment.name)
    runtime = environment.client("sagemaker-runtime")
    endpoint = Endpoint(runtime, workflow.endpoint_name, len(workflow.class_names))
    with bars() as progress:
        plan = make_plan(arguments, environment, deployed)
        measured, pictures = measure(s3, bucket, endpoint, deployed, plan, progress)
    rule = Rule.deployed(environment.outputs("workflow"))
    found: dict[str, Any] = {
        "evaluated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": f"make evaluate ENV={environment.name}",
        "environment": environment.name,
        "endpoint": workflow.endpoint_name,
        "training_job": deployed.training_job,
        "model_data_url": deployed.model_data_url,
        "data": {"source": staged["source"], "digest": staged["data_digest"], "counts": staged["counts"]},
        **figures(measured, rule),
    }
    page = write(environment.home, found, pictures)
    publish(s3, bucket, deployed.training_job, page)
    publish_metrics(s3, bucket, deployed.training_job, found)
    is_known = deployed.package is not None and annotate_package(sagemaker, deployed.package, found)
    if arguments.card:
        write_card(arguments.card, found)
    print(json.dumps(found, indent=2) if arguments.json else summary(found))
    if not is_known:
        said = f"{deployed.training_job} has no package in the registry: its metrics are in S3"
        print(said, file=sys.stderr)
    judge(found, arguments.floor)
    print(f"{page}. Next: open it in a browser", file=sys.stderr if arguments.json else sys.stdout)


def make_plan(arguments: argparse.Namespace, environment: Environment, deployed: Deployed) -> Plan:
    """Local AWS serves this repository's algorithm whatever it is called; an account serves AWS's own too."""
    runs_here = environment.is_local or deployed.runs_in_script_mode
    return Plan(
        concurrency=arguments.concurrency,
        latency_calls=arguments.latency_calls,
        made=arguments.made,
        seed=arguments.seed,
        program=PROGRAM if runs_here else None,
        program_environment=environment.process_environment() | {"PYTHONPATH": str(REPOSITORY / "scripts")},
    )


def judge(found: dict[str, Any], floor: float | None) -> None:
    """Raise what is not as it must be."""
    for other, agreement in (("its training", "training"), ("the model on its own", "offline")):
        compared, tolerance = found["agreement"][agreement], found["agreement"]["tolerance"]
        if compared and compared["largest_difference"] > tolerance:
            raise SconesError(
                f"the endpoint and {other} disagree on {compared['key']} by "
                f"{compared['largest_difference']:.2g}, more than {tolerance:g}: was the data staged anew "
                "since? Run 'make train plan apply'"
            )
    accuracy = found["accuracy"]["share"]
    if floor is not None and accuracy < floor:
        raise SconesError(f"the accuracy is {accuracy:.4f}, below the floor of {floor:g}")


@contextmanager
def bars() -> Any:
    """Show a bar for each thing that takes its time, none where there is no terminal."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:

        def begin(what: str, total: int) -> Callable[[], None]:
            task = progress.add_task(what, total=total)
            return lambda: progress.advance(task)

        yield begin


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_environment_argument(parser)
    parser.add_argument("--floor", type=float, help="fail when the accuracy is below it (0 to 1)")
    parser.add_argument("--card", type=Path, help="write the figures into this model card")
    parser.add_argument("--concurrency", type=int, default=4, help="calls at a time (default: %(default)s)")
    parser.add_argument(
        "--latency-calls", type=int, default=100,
        help="calls one after another that are timed, 0 = none (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--made", type=int, default=50,
        help="generated pictures of noise, nothing and text each, 0 = none (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, help="of the generated pictures (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    arguments = parser.parse_args()
    if arguments.floor is not None and not 0 <= arguments.floor <= 1:
        raise UsageError(f"--floor is {arguments.floor:g}: expected an accuracy from 0 to 1")
    if arguments.concurrency < 1 or min(arguments.latency_calls, arguments.made, arguments.seed) < 0:
        raise UsageError("--concurrency must be at least 1, --latency-calls, --made and --seed at least 0")
    return arguments


if __name__ == "__main__":
    main(command)
