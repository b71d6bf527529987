"""Reports on drift: have the deployed function make one, now, for a window of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scones.errors import SconesError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

FUNCTION = "monitor-drift"
MINIMUM = "MINIMUM_INFERENCES"  # as terraform/workflow sets it
MEASURES = ("ConfidencePSI", "ConfidenceKS", "ClassSharePSI", "BrightnessPSI", "ColourPSI", "OutOfDomainRate")


@dataclass(frozen=True)
class Report:
    """What the captures of a window are, compared with the model's baseline."""

    key: str  # of the report in the data bucket
    start: str
    end: str
    inferences: int
    drifted: bool | None  # None: no verdict
    undecided: str | None  # why there is none
    beyond: tuple[str, ...]  # the measures that are drift
    measures: dict[str, float | None]  # None: not known
    limits: dict[str, float]  # what a measure has to be above to be drift


def make_report(functions: LambdaClient, function_name: str, start: datetime, end: datetime) -> Report:
    """Have the function compare the captures of [start, end) with the baseline, and return its report.

    SconesError when the function fails, with its own words.
    """
    event = {"start": start.isoformat(), "end": end.isoformat()}
    answer = functions.invoke(FunctionName=function_name, Payload=json.dumps(event).encode())
    content = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise SconesError(f"{function_name} failed: {_said(content)}")
    return Report(
        content["report"],
        content["start"],
        content["end"],
        content["inferences"],
        content["drifted"],
        content["undecided"],
        tuple(content["beyond"]),
        content["measures"],
        content["limits"],
    )


def fewest_inferences(functions: LambdaClient, function_name: str) -> int:
    """Return how many inferences the deployed function needs for a verdict. SconesError when it hides it."""
    found = functions.get_function_configuration(FunctionName=function_name).get("Environment", {})
    fewest = found.get("Variables", {}).get(MINIMUM, "")
    if not fewest.isdecimal():
        why = found.get("Error", {}).get("Message", f"it has no {MINIMUM}")
        raise SconesError(f"nobody can tell how many pictures {function_name} needs: {why}")
    return int(fewest)


def _said(content: Any) -> str:
    found = content if isinstance(content, dict) else {}
    return f"{found.get('errorType', 'an error')}: {found.get('errorMessage', 'it said nothing')}"
