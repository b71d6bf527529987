"""Where a report's captures come from: a deployed workflow, or a folder of files from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scones.errors import SconesError
from scones.inference.capture_store import CaptureStore, download_data_between
from scones.inference.captures import Reading, read_captures, read_captures_in
from scones.reporting.labels import fetch_labels, fetch_labels_by_people
from scones.reporting.reading.calibration import read_evaluation
from scones.reporting.reading.cost import read_cost
from scones.reporting.reading.deployment import read_deployment
from scones.reporting.reading.drift import read_drift
from scones.reporting.reading.executions import Executions, read_executions
from scones.reporting.reading.unread import Unread, attempt
from scones.reporting.subject import Subject, Surroundings
from scones.reporting.verdicts import keys_of
from scones.rule import Rule
from scones.settings import Environment
from scones.staging.plan import Contents, read_contents
from scones.training.models import fetch_manifest

CACHE = "captures"  # the folder of the environment's home that keeps what was downloaded
TITLE = "Scones Unlimited: vehicle classification"


def read_folder(directory: Path, rule: Rule) -> tuple[Reading, Subject]:
    """Read a folder of capture files; SconesError when it holds none."""
    reading = read_captures_in(directory)
    if not reading.files:
        raise SconesError(f"there is no .jsonl file in {directory}: give a folder of capture files")
    facts = {**_rule_facts(rule), "Source": f"the folder {directory.resolve().name}"}
    subject = Subject(
        TITLE,
        rule.threshold,
        rule.class_names,
        facts,
        class_thresholds=rule.class_thresholds,
        out_of_domain_limit=rule.out_of_domain_limit,
    )
    return reading, subject


def read_deployed(
    environment: Environment,
    threshold: float | None = None,
    hours: float = 0,
    executions: int = 500,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> tuple[Reading, Subject]:
    """Read the captures of the deployed endpoint, and look up what they were about.

    `threshold` None is the deployed rule; a number takes the place of all its thresholds. `hours` 0 is all
    of time; `executions` is how many of the newest executions are asked what happened. NotDeployed when there
    is no workflow. What else cannot be read is said in the report.
    """
    deployed, s3 = environment.workflow, environment.client("s3")
    outputs, bucket = environment.outputs("workflow"), deployed.data_bucket
    store = CaptureStore.of(s3, deployed.capture_s3_uri, deployed.endpoint_name)
    found = attempt(lambda: _read_store(store, environment.home / CACHE, hours, now()))
    reading = Reading([], []) if isinstance(found, Unread) else found
    labels = attempt(lambda: fetch_labels(s3, bucket))
    digests = {capture.image_digest for capture in reading.captures if capture.image_digest}
    said = attempt(lambda: fetch_labels_by_people(s3, bucket, digests))
    staged = attempt(lambda: read_contents(s3, bucket))
    model = attempt(lambda: fetch_manifest(s3, bucket))
    job = _job_name(outputs, model)
    told = attempt(
        lambda: read_executions(
            environment.client("stepfunctions"), deployed.state_machine_arn, executions, environment.is_local
        )
    )
    keys = {} if isinstance(staged, Unread) else _keys_by_digest(staged)
    is_older = False
    if not isinstance(told, Unread):
        is_older = not told.are_all and not all(keys_of(capture, keys) for capture in reading.captures)
        keys |= told.keys
    rule = _rule(deployed.confidence_threshold, outputs, threshold)
    subject = Subject(
        title=TITLE,
        threshold=rule.threshold,
        class_names=deployed.class_names,
        facts={
            **_rule_facts(rule, deployed.confidence_threshold),
            "Endpoint": f"{deployed.endpoint_name}{' (paused)' if deployed.paused else ''}",
            "Model": job or "not known",
            "Data": "not known" if isinstance(staged, Unread) else _data_fact(staged.manifest or {}),
            "Source": f"s3://{store.bucket}/{store.prefix}",
        },
        keys=keys,
        labels={} if isinstance(labels, Unread) else labels,
        labels_by_people={} if isinstance(said, Unread) else said,
        notes=[
            *_notes(hours, executions, is_older),
            *_refusals(
                {"Captures": found, "Labels": labels, "Labels by people": said, "Staged data": staged}
            ),
        ],
        class_thresholds=rule.class_thresholds,
        out_of_domain_limit=rule.out_of_domain_limit,
        surroundings=_surroundings(environment, outputs, job, told, len(reading.captures), now()),
    )
    return reading, subject


def _surroundings(
    environment: Environment,
    outputs: Mapping[str, Any],
    job: str | None,
    told: Executions | Unread,
    captures: int,
    now: datetime,
) -> Surroundings:
    deployed, s3 = environment.workflow, environment.client("s3")
    bucket = deployed.data_bucket
    deployment = attempt(lambda: read_deployment(environment, deployed, job))
    created = None if isinstance(deployment, Unread) else deployment.endpoint_created
    reports = outputs.get("drift_reports_s3_uri") or f"s3://{bucket}/drift/"
    return Surroundings(
        executions=told,
        calibration=attempt(lambda: read_evaluation(s3, bucket, job)) if job else None,
        drift=attempt(lambda: read_drift(s3, reports)),
        cost=attempt(lambda: read_cost(environment, created, now, captures)),
        deployment=deployment,
    )


def _rule(deployed: float, outputs: Mapping[str, Any], threshold: float | None) -> Rule:
    """Return the deployed rule, or the same with one threshold for all classes."""
    names, limit = outputs["class_names"], outputs.get("out_of_domain_limit")
    if threshold is not None:
        return Rule(threshold, names, {}, limit)
    return Rule(deployed, names, outputs.get("class_thresholds") or {}, limit)


def _rule_facts(rule: Rule, deployed: float | None = None) -> dict[str, str]:
    own = ", ".join(f"{name} {value:g}" for name, value in rule.class_thresholds.items())
    limit = rule.out_of_domain_limit
    return {
        "Threshold": _threshold_fact(rule.threshold, rule.threshold if deployed is None else deployed),
        "Class thresholds": own,
        "Out-of-domain limit": "" if limit is None else f"{limit:g}",
    }


def _job_name(outputs: Mapping[str, Any], model: Mapping[str, Any] | Unread | None) -> str | None:
    """Return the training job of the deployed model; of the newest one where that is not known."""
    sides = (outputs.get("model"), model)
    known = [side.get("training_job_name") for side in sides if isinstance(side, Mapping)]
    return next((str(name) for name in known if name), None)


def _refusals(found: Mapping[str, Any]) -> list[str]:
    return [
        f"{what} could not be read: {one.reason}" for what, one in found.items() if isinstance(one, Unread)
    ]


def _read_store(store: CaptureStore, cache: Path, hours: float, now: datetime) -> Reading:
    if not hours:
        return read_captures(store.download(cache))
    since = now - timedelta(hours=hours)
    reading = read_captures(download_data_between(store, since, now, cache))
    return replace(reading, captures=[capture for capture in reading.captures if capture.time >= since])


def _threshold_fact(threshold: float, deployed: float) -> str:
    return f"{threshold:g}" if threshold == deployed else f"{threshold:g} (deployed: {deployed:g})"


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
