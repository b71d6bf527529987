"""Run pictures through the workflow, and draw what was captured of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scones.inference.capture_store import (
    CapturesMissing,
    CaptureStore,
    clear_local_capture_data,
    create_captured_data_directory,
    wait_for_captures,
)
from scones.inference.captures import Capture
from scones.inference.runs import Run, run_pictures
from scones.reporting.charts import visualize_data_bar_chart
from scones.waiting import Patience

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class InferenceWorkflow:
    """What `run_inference_workflow` did: the runs, and the captures that arrived, by inference id."""

    runs: list[Run]
    captures: dict[str, Capture]
    missing: str | None  # why captures are missing; None when all are here
    chart: Path | None  # the bar chart of the captures; None when there are none


def run_inference_workflow(
    stepfunctions: SFNClient,
    store: CaptureStore,
    state_machine_arn: str,
    bucket: str,
    keys: Sequence[str],
    threshold: float,
    directory: Path,
    *,
    run_patience: Patience,
    capture_patience: Patience,
    concurrency: int = 4,
    on_end: Callable[[Run], None] | None = None,
) -> InferenceWorkflow:
    """Classify the pictures, fetch their captures to an emptied `directory`, and draw them as bars.

    A capture time limit of 0 does not look for captures. The chart is captured-confidence.png, in
    `directory`.
    """
    create_captured_data_directory(directory)
    clear_local_capture_data(directory)
    began = datetime.now(UTC)
    runs = run_pictures(stepfunctions, state_machine_arn, bucket, keys, run_patience, concurrency, on_end)
    if not capture_patience.timeout:
        return InferenceWorkflow(runs, {}, None, None)
    wanted = {run.classification.inference_id for run in runs if run.classification.inference_id}
    captures, missing = _captures(
        partial(wait_for_captures, store, wanted, began, directory), capture_patience
    )
    chart = None
    if captures:
        in_order = sorted(captures.values(), key=lambda capture: capture.time)
        chart = visualize_data_bar_chart(in_order, threshold, directory / "captured-confidence.png")
    return InferenceWorkflow(runs, captures, missing, chart)


def _captures(
    wait: Callable[[Patience], dict[str, Capture]], patience: Patience
) -> tuple[dict[str, Capture], str | None]:
    try:
        return wait(patience), None
    except CapturesMissing as error:
        return error.found, str(error)
