"""monitor-drift: compares an hour of captures with what the model knew when trained. The clock calls it.

Event:  anything, for the last full hours, ten minutes after their end; or {"start": time, "end": time}, ISO
        8601 with an offset from UTC, for what was inferred between them
Result: the report, also written to <REPORTS_S3_URI>/yyyy/mm/dd/hh-mm-ss.json, by the window's start

A report of the same window is written over, so that a call may be repeated. What it measured is printed as
one line of metrics in CloudWatch's embedded format (namespace Scones/Drift). Without enough inferences there
is no verdict, and no metric but their number.
Environment: CAPTURE_S3_URI (folder of one endpoint's variant), BASELINE_S3_URI (or empty: nothing is
compared), MODEL_SINCE (when the model was alone in service, ISO 8601; or empty: every capture is its own),
REPORTS_S3_URI, WORKFLOW, WINDOW_MINUTES, OUT_OF_DOMAIN_LIMIT (or empty), and what is drift:
PSI_LIMIT, CLASS_SHARE_LIMIT (or empty: measured only), KS_LIMIT, RISE_LIMIT, MINIMUM_INFERENCES.
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

import boto3
import comparison
import window
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

METRICS_NAMESPACE = "Scones/Drift"
# A year of captures is no window; most likely somebody mistook a date.
LONGEST_WINDOW = timedelta(days=31)
# 50,000 pictures take some 2 MB.
BASELINE_LIMIT_BYTES = 32 << 20


def handler(event, _context):
    """Lambda's entry point."""
    return monitor(event, SETTINGS, S3)


def monitor(event, settings, s3, clock=time.time):
    """The report on the window that `event` names, written and its metrics printed."""
    span = _span(event, settings, datetime.fromtimestamp(clock(), UTC))
    baseline = _baseline(settings.baseline_uri, s3)
    seen = window.read_window(s3, *_split(settings.capture_uri), span, settings.out_of_domain_limit)
    compared = comparison.compare(seen, baseline, settings.limits)
    report = {
        "workflow": settings.workflow,
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
        "baseline": settings.baseline_uri or None,
        "model_since": settings.model_since and settings.model_since.isoformat(),
        "out_of_domain_limit": settings.out_of_domain_limit,
        **seen.summary(),
        **compared,
    }
    key = _write(report, span.start, settings.reports_uri, s3)
    print(_embedded(report, settings.workflow, clock()))
    return {**report, "report": key}


def _span(event, settings, now):
    """The window that the event names, or the last full hours that files have had time to come for.

    An event of the clock may be delivered late, and still means the hours before its own time. Raises
    InvalidInput.
    """
    asked = event if isinstance(event, dict) else {}
    if "start" not in asked and "end" not in asked:
        if asked.get("source") == "aws.events":
            now = _time(asked.get("time"), "time")
        end = (now - window.GRACE).replace(minute=0, second=0, microsecond=0)
        minutes = timedelta(minutes=settings.window_minutes)
        return window.Span(end - minutes, end, asked=False, model_since=settings.model_since)
    start, end = _time(asked.get("start"), "start"), _time(asked.get("end"), "end")
    if not timedelta(0) < end - start <= LONGEST_WINDOW:
        raise InvalidInput(
            f"end must be after start, by at most {LONGEST_WINDOW.days} days, found {asked!a}"[:300]
        )
    return window.Span(start, end, asked=True, model_since=settings.model_since)


def _time(value, name):
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError("it has no offset from UTC")
        return found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{name} must be a time such as 2025-10-04T10:00:00Z, found {value!a:.80} ({error})"
        ) from error


def _split(uri):
    """The bucket and the prefix, which ends in a slash, of a folder."""
    parts = urlsplit(uri)
    return parts.netloc, parts.path.strip("/") + "/"


def _baseline(uri, s3):
    """What the model knew, None where it left nothing. Raises BaselineUnreadable."""
    if not uri:
        return None
    bucket, key = urlsplit(uri).netloc, urlsplit(uri).path.lstrip("/")
    try:
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read(BASELINE_LIMIT_BYTES)
        return comparison.Baseline.checked(json.loads(content))
    except (ClientError, BotoCoreError) as error:
        raise BaselineUnreadable(
            f"S3 did not give {uri!a} to this function ({error}): train again, or deploy a model that has one"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BaselineUnreadable(
            f"{uri!a} is not what training writes ({type(error).__name__}: {error}): train again"
        ) from error


def _write(report, start, uri, s3):
    """Write the report, and return its key."""
    bucket, prefix = _split(uri)
    key = f"{prefix}{start:%Y/%m/%d/%H-%M-%S}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(report).encode(), ContentType="application/json")
    return key


def _embedded(report, workflow, seconds):
    """The report's measures as one line that CloudWatch makes metrics of. What is not known is left out.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    values = {"Inferences": report["inferences"], **report["measures"]}
    if report["drifted"] is not None:
        values["Drifted"] = int(report["drifted"])
    known = {name: value for name, value in values.items() if value is not None}
    directive = {
        "Namespace": METRICS_NAMESPACE,
        "Dimensions": [["Workflow"]],
        "Metrics": [{"Name": name, "Unit": "Count" if name == "Inferences" else "None"} for name in known],
    }
    metadata = {"Timestamp": int(seconds * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "Workflow": workflow, **known})


# --- Errors ----------------------------------------------------------------------------------------------


class InvalidConfiguration(Exception):
    """An environment variable is missing or wrong. Raised when the function starts."""


class InvalidInput(Exception):
    """The event names a window that is none."""


class BaselineUnreadable(Exception):
    """The model's baseline is not there, may not be read, or is no baseline."""


# --- Read and made once per container --------------------------------------------------------------------


class Settings(NamedTuple):
    """What the deployment decides."""

    capture_uri: str
    baseline_uri: str
    reports_uri: str
    workflow: str
    window_minutes: int
    out_of_domain_limit: float | None
    limits: comparison.Limits
    model_since: datetime | None


def settings_from(environment):
    """The settings in the function's environment variables. Raises InvalidConfiguration."""
    folder = r"s3://<bucket>/<folder>"
    for name in ("CAPTURE_S3_URI", "REPORTS_S3_URI"):
        _require(_is_uri(environment.get(name, "")), environment, name, folder)
    baseline = environment.get("BASELINE_S3_URI", "")
    _require(
        baseline == "" or _is_uri(baseline),
        environment,
        "BASELINE_S3_URI",
        f"{folder}/baseline.json, or empty",
    )
    since = environment.get("MODEL_SINCE", "")
    model_since = _time_or_none(since)
    _require(
        since == "" or model_since is not None,
        environment,
        "MODEL_SINCE",
        "a time such as 2025-10-04T10:00:00Z, or empty",
    )
    workflow = environment.get("WORKFLOW", "")
    _require(workflow.strip() != "", environment, "WORKFLOW", "the name that the metrics are found by")
    limit = environment.get("OUT_OF_DOMAIN_LIMIT", "")
    _require(
        limit == "" or _number(environment, "OUT_OF_DOMAIN_LIMIT") is not None,
        environment,
        "OUT_OF_DOMAIN_LIMIT",
        "a number, or empty",
    )
    numbers = {}
    for name in ("WINDOW_MINUTES", "PSI_LIMIT", "KS_LIMIT", "RISE_LIMIT", "MINIMUM_INFERENCES"):
        numbers[name] = _number(environment, name)
        _require(numbers[name] is not None and numbers[name] > 0, environment, name, "a number above 0")
    share = environment.get("CLASS_SHARE_LIMIT", "")
    share_limit = _number(environment, "CLASS_SHARE_LIMIT")
    _require(
        share == "" or (share_limit is not None and share_limit > 0),
        environment,
        "CLASS_SHARE_LIMIT",
        "a number above 0, or empty",
    )
    return Settings(
        environment["CAPTURE_S3_URI"],
        baseline,
        environment["REPORTS_S3_URI"],
        workflow,
        int(numbers["WINDOW_MINUTES"]),
        float(limit) if limit else None,
        comparison.Limits(
            numbers["PSI_LIMIT"],
            share_limit,
            numbers["KS_LIMIT"],
            numbers["RISE_LIMIT"],
            int(numbers["MINIMUM_INFERENCES"]),
        ),
        model_since,
    )


def _is_uri(text):
    return text.startswith("s3://") and all(part.strip("/") for part in urlsplit(text)[1:3])


def _time_or_none(text):
    try:
        return _time(text, "")
    except InvalidInput:
        return None


def _number(environment, name):
    """A finite number, None where there is none."""
    try:
        value = float(environment.get(name, ""))
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _require(condition, environment, name, expected):
    if not condition:
        raise InvalidConfiguration(
            f"{name} must be {expected}, found {environment.get(name, '')[:80]!a}: deploy with it corrected"
        )


SETTINGS = settings_from(os.environ)
S3 = boto3.client(
    "s3",
    config=Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}),
)
