"""Send staged test pictures through the deployed workflow, and show how each was answered.

    python scripts/run.py --env local --count 20
    python scripts/run.py --env local --count 20 --seed 7 --concurrency 8
    python scripts/run.py --env dev --key test/bicycle_s_000513.png --json

A picture that is not sure enough is an answer too (verdict "review"): the exit code is 1 only when an
execution failed for another reason, or when a capture did not arrive.
"""

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.progress import Progress

from scones import settings
from scones.errors import SconesError, UsageError, main
from scones.inference.capture_store import CaptureStore
from scones.inference.runs import Run, pick_keys
from scones.reporting.labels import class_name, fetch_labels
from scones.reporting.runs import InferenceWorkflow, run_inference_workflow
from scones.waiting import Patience

ROW = "{:<28} {:<10.10} {:<10.10} {:>6} {:<17.17} {:>4}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    settings.add_environment_argument(parser)
    parser.add_argument("--count", type=int, help="how many random test pictures (default: 20)")
    parser.add_argument("--seed", type=int, help="choose the same pictures every time (default: other ones)")
    parser.add_argument("--key", action="append", help="this object instead; may be given several times")
    parser.add_argument("--concurrency", type=int, default=4, help="executions at a time (default: 4)")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one execution (default: 300)")
    parser.add_argument(
        "--captures-timeout", type=float, default=600, help="seconds for captures, 0 = off (default: 600)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    chosen = parser.parse_args()
    if chosen.key and chosen.count is not None:
        raise UsageError("give --count or --key, not both")
    chosen.count = 20 if chosen.count is None else chosen.count
    if min(chosen.count, chosen.concurrency) < 1:
        raise UsageError("--count and --concurrency must be at least 1")
    return chosen


def command() -> None:
    chosen = arguments()
    environment = settings.Environment.load(chosen.env)
    deployed = environment.workflow
    s3, bucket = environment.client("s3"), deployed.data_bucket
    keys = chosen.key or pick_keys(s3, bucket, chosen.count, chosen.seed)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("running", total=len(keys))
        result = run_inference_workflow(
            environment.client("stepfunctions"),
            CaptureStore.of(s3, deployed.capture_s3_uri, deployed.endpoint_name),
            deployed.state_machine_arn,
            bucket,
            keys,
            deployed.confidence_threshold,
            environment.home / "captured_data",
            run_patience=Patience(chosen.timeout),
            capture_patience=Patience(chosen.captures_timeout, interval=1),
            concurrency=chosen.concurrency,
            on_end=lambda _: progress.advance(bar),
        )
    labels = fetch_labels(s3, bucket)
    rows = [row(run, labels, deployed.class_names) for run in result.runs]
    print(json.dumps(as_json(result, rows), indent=2) if chosen.json else table(rows))
    finish(result, chosen.env, quiet=chosen.json)


def row(run: Run, labels: dict[str, int], class_names: list[str]) -> dict[str, Any]:
    return {
        "key": run.key,
        "true_class": class_name(class_names, labels.get(run.key)),
        "answer": class_name(class_names, run.answer),
        "confidence": run.confidence,
        "verdict": run.verdict,
        "reason": None if run.execution.is_answered else run.execution.reason,
        "seconds": run.execution.seconds,
        "inference_id": run.classification.inference_id,
        "execution_arn": run.execution.arn,
    }


def as_json(result: InferenceWorkflow, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "runs": rows,
        "captured": sorted(result.captures),
        "captures_missing": result.missing,
        "chart": str(result.chart) if result.chart else None,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as text of 80 columns."""
    lines = [ROW.format("picture", "true class", "answer", "conf.", "verdict", "s"), "-" * 80]
    for one in rows:
        name = one["key"].rsplit("/", maxsplit=1)[-1]
        confidence = "-" if one["confidence"] is None else f"{one['confidence']:.4f}"
        seconds = "-" if one["seconds"] is None else f"{one['seconds']:.1f}"
        cells = (one["true_class"] or "-", one["answer"] or "-", confidence, one["verdict"], seconds)
        lines.append(ROW.format(shortened(name, 28), *cells))
    return "\n".join(line.rstrip() for line in lines)


def shortened(name: str, width: int) -> str:
    """Return a name cut in its middle: the ends of file names tell them apart."""
    return name if len(name) <= width else f"{name[: width // 2 - 1]}…{name[-(width - width // 2) :]}"


def finish(result: InferenceWorkflow, env: str, *, quiet: bool) -> None:
    """Print the success line, or raise what went wrong."""
    failed = [run for run in result.runs if not run.execution.is_answered]
    if failed:
        cause = failed[0].execution.reason
        raise SconesError(
            f"{len(failed)} of {len(result.runs)} executions failed: {failed[0].verdict}: {cause}"
        )
    if result.missing:
        raise SconesError(result.missing)
    accepted = sum(run.verdict == "accepted" for run in result.runs)
    message = f"{len(result.runs)} pictures answered, {accepted} accepted. Next: make report ENV={env}"
    print(message, file=sys.stderr if quiet else sys.stdout)


if __name__ == "__main__":
    main(command)
