"""Where a report's captures come from: a deployed workflow, or a folder of files from anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scones.errors import SconesError
from scones.inference.capture_store import CaptureStore, download_data_between
from scones.inference.captures import Reading, read_captures, read_captures_in
from scones.reporting.judgement import keys_of
from scones.reporting.labels import fetch_labels
from scones.reporting.report import Subject, read_keys
from scones.settings import Environment
from scones.staging.plan import Contents, read_contents
from scones.training.models import MANIFEST_KEY as MODEL_MANIFEST_KEY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CACHE = "captures"  # the folder of the environment's home that keeps what was downloaded
TITLE = "Scones Unlimited: vehicle classification"


def read_folder(directory: Path, threshold: float, class_names: Sequence[str]) -> tuple[Reading, Subject]:
    """Read a folder of capture files; SconesError when it holds none."""
    reading = read_captures_in(directory)
    if not reading.files:
        raise SconesError(f"there is no .jsonl file in {directory}: give a folder of capture files")
    facts = {"Threshold": f"{threshold:g}", "Source": f"the folder {directory.resolve().name}"}
    return reading, Subject(TITLE, threshold, class_names, facts)


def read_deployed(
    environment: Environment,
    threshold: float | None = None,
    hours: float = 0,
    executions: int = 500,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Reading, Subject]:
    """Read the captures of the deployed endpoint, and look up what they were about.

    `threshold` None is the deployed one; `hours` 0 is all of time; `executions` is how many of the newest
    executions are asked for their object, if a picture is not among the labelled ones. NotDeployed when
    there is no workflow.
    """
    deployed, s3 = environment.workflow, environment.client("s3")
    store = CaptureStore.of(s3, deployed.capture_s3_uri, deployed.endpoint_name)
    reading = _read_store(store, environment.home / CACHE, hours, now())
    labels = fetch_labels(s3, deployed.data_bucket)
    staged = read_contents(s3, deployed.data_bucket)
    keys = _keys_by_digest(staged)
    older = False
    if not all(keys_of(capture, keys) for capture in reading.captures):
        stepfunctions = environment.client("stepfunctions")
        told, older = read_keys(stepfunctions, deployed.state_machine_arn, executions)
        keys |= told
    limit = deployed.confidence_threshold if threshold is None else threshold
    subject = Subject(
        title=TITLE,
        threshold=limit,
        class_names=deployed.class_names,
        facts={
            "Threshold": _threshold_fact(limit, deployed.confidence_threshold),
            "Endpoint": deployed.endpoint_name,
            "Model": _model_fact(s3, deployed.data_bucket),
            "Data": _data_fact(staged.manifest or {}),
            "Source": f"s3://{store.bucket}/{store.prefix}",
        },
        keys=keys,
        labels=labels,
        notes=_notes(hours, executions, older),
    )
    return reading, subject


def _read_store(store: CaptureStore, cache: Path, hours: float, now: datetime) -> Reading:
    if not hours:
        return read_captures(store.download(cache))
    since = now - timedelta(hours=hours)
    reading = read_captures(download_data_between(store, since, now, cache))
    return replace(reading, captures=[capture for capture in reading.captures if capture.time >= since])


def _threshold_fact(threshold: float, deployed: float) -> str:
    return f"{threshold:g}" if threshold == deployed else f"{threshold:g} (deployed: {deployed:g})"


def _model_fact(s3: S3Client, bucket: str) -> str:
    try:
        model = json.loads(s3.get_object(Bucket=bucket, Key=MODEL_MANIFEST_KEY)["Body"].read())
        return str(model["training_job_name"])
    except (s3.exceptions.NoSuchKey, ValueError, TypeError, KeyError):
        return "not known"


def _keys_by_digest(staged: Contents) -> dict[str, str]:
    """Return {SHA-256: key} of the staged objects: a picture's bytes tell which one was sent."""
    return {entry.sha256: key for key, entry in staged.index.items() if staged.etags.get(key) == entry.etag}


def _data_fact(data: Mapping[str, Any]) -> str:
    counts = data.get("counts", {})
    if not data:
        return "not known"
    return f"{data.get('source')}, {counts.get('train')} training and {counts.get('test')} test pictures"


def _notes(hours: float, executions: int, older: bool) -> list[str]:
    notes = [f"Only the last {hours:g} hours."] if hours else []
    if older:
        notes.append(
            f"The keys of pictures that are not staged come from the newest {executions:,} executions; "
            "there are older ones, whose pictures have none here."
        )
    return notes
