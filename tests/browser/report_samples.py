"""A report with everything in it, made of captures, executions and answers of AWS that are made up here."""

import hashlib
import json
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from scones.inference.captures import Reading, read_captures_in
from scones.inference.executions import NOT_MET, Classification, Execution
from scones.inference.histories import Event, Story
from scones.reporting.reading.cost import Spent, Training, TrainingJob
from scones.reporting.reading.deployment import Card, Deployment, Table
from scones.reporting.reading.drift import drift_from
from scones.reporting.reading.executions import Executions
from scones.reporting.reading.unread import Unread
from scones.reporting.report import write_report
from scones.reporting.subject import Subject, Surroundings
from scones.review.money.standing import Line
from scones.settings import REPOSITORY
from unit.report.records import NOON, SHADES, picture, record, write

NAMES = ["bicycle", "motorcycle"]
DEFINITION = (REPOSITORY / "statemachine" / "classify-vehicle.asl.json").read_text()
WAY = ["serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE"]
WAYS = {
    "accepted": [*WAY, "Classified"],
    "refused": [*WAY, "InspectScore", "QueueForReview", NOT_MET],
    "failed": [WAY[0], "InspectError", "NotifyFailure", "Failed"],
}
ARN = "arn:aws:states:us-east-1:123456789012:execution:classify-vehicle:"
# What somebody may call a picture, who wants more than to have it classified.
HOSTILE = (
    "\"'><img src=x onerror=alert(1)></script><script>alert(2)</script><!--{{7*7}}&amp;\u202etxt.\u2028.png"
)


SAMPLES = [picture(shade) for shade in SHADES]


def captures(folder: Path, number: int, seed: int = 7, pictures: Sequence[bytes] = SAMPLES) -> Reading:
    """Captures ten seconds apart, some of them refused for one reason or the other."""
    rng = random.Random(seed)
    records = []
    for place in range(number):
        confidence = round(
            rng.choice([rng.uniform(0.94, 1), rng.uniform(0.94, 1), rng.uniform(0.5, 0.99)]), 4
        )
        swapped = rng.random() < 0.5
        answer = {
            "probabilities": [1 - confidence, confidence] if swapped else [confidence, 1 - confidence],
            "out_of_domain": round(rng.choice([rng.uniform(0, 0.3), rng.uniform(0, 1)]), 4),
        }
        one = record(
            f"e{place}",
            (1, 0),
            NOON + timedelta(seconds=10 * place),
            f"i{place}",
            pictures[place % len(pictures)],
        )
        one["captureData"]["endpointOutput"]["data"] = json.dumps(answer)
        records.append(one)
    write(folder / "captures.jsonl", records)
    return read_captures_in(folder)


def story(place: int, verdict: str, key: str) -> Story:
    """An execution that went the way of its verdict."""
    start = NOON + timedelta(seconds=10 * place)
    error = {"refused": NOT_MET, "failed": "ObjectNotFound"}.get(verdict)
    execution = Execution(
        ARN + f"test-{place}", "FAILED" if error else "SUCCEEDED", start, start + timedelta(seconds=1.25),
        error, f"there is no {key}" if error else None,
    )  # fmt: skip
    events = [Event(1, start, "ExecutionStarted", "")]
    for number, state in enumerate(WAYS[verdict]):
        at = start + timedelta(seconds=0.2 * number)
        events.append(Event(len(events) + 1, at, "TaskStateEntered", state))
        events.append(Event(len(events) + 1, at, "TaskStateExited", state))
    events.append(
        Event(len(events) + 1, start, "ExecutionFailed" if error else "ExecutionSucceeded", "", key)
    )
    inference = f"i{place}" if verdict != "failed" else None
    return Story(execution, Classification("scones", key, inference, ()), events)


def executions(number: int, *, is_local: bool = True, definition: str = DEFINITION) -> Executions:
    """The newest executions of the first captures; one in ten failed."""
    verdicts = ["accepted", "accepted", "refused", "accepted", "accepted", "refused", "accepted", "failed"]
    stories = [
        story(place, verdicts[place % 8], HOSTILE if place == 1 else f"test/picture_{place:05}.png")
        for place in range(number)
    ]
    return Executions(stories[::-1], True, definition, is_local)


DRIFT = {
    "start": "2026-03-01T11:00:00+00:00",
    "end": "2026-03-01T12:00:00+00:00",
    "inferences": 321,
    "drifted": True,
    "undecided": None,
    "measures": {"ConfidencePSI": 0.12, "ConfidenceKS": 0.31, "BrightnessPSI": 1.9, "OutOfDomainRate": None},
    "limits": {"ConfidencePSI": 0.25, "ConfidenceKS": 0.2, "BrightnessPSI": 0.25},
}
DEPLOYMENT = Deployment(
    [
        (
            "Endpoint",
            Card(
                "scones-local",
                {"Status": "InService", "Configuration": "scones-local-1", "Data capture": "on"},
                [Table("Variants", ("Variant", "Model", "Runs on", "Weight"),
                       [("AllTraffic", HOSTILE, "1 × ml.m5.large", "1")])],
            ),
        ),
        ("Training job", Card("vehicles-1", {"Status": "Completed"}, [
            Table("Metrics", ("Metric", "Final value"), [("validation:accuracy", "0.985")]),
        ])),
        ("Alarms", Unread("AWS refused DescribeAlarms: AccessDenied. not for you")),
    ]
)  # fmt: skip
COST = Spent(
    12.5, (1.44, 2.88), 2000, 0.42, "$84 to $168", "$0.21",
    [Line("endpoint scones-local", 84.0, 168.0, "1 to 2 × ml.m5.large at $0.115 an hour")],
    ["2 × aws_new_thing"], "us-east-1", "List prices; not counted: stored bytes.", True,
    Training([TrainingJob("scones-local-1", "61 billable s × 1 × ml.c5.2xlarge at $0.408 an hour", 0.0069)]),
)  # fmt: skip


def subject(number: int, told: Executions | Unread | None = None) -> Subject:
    """A subject that knows the key of every capture and what most of them show, some of it from people."""
    keys = {f"i{place}": f"test/picture_{place:05}.png" for place in range(number)}
    keys["i1"] = HOSTILE
    labels = {key: place % 2 for place, key in enumerate(keys.values()) if place % 3}
    people = {
        hashlib.sha256(SAMPLES[0]).hexdigest(): "bicycle",
        hashlib.sha256(SAMPLES[1]).hexdigest(): "neither",
    }
    return Subject(
        "Scones Unlimited: vehicle classification", 0.93, NAMES, {"Endpoint": "scones-local"}, keys, labels,
        labels_by_people=people,
        out_of_domain_limit=0.5,
        surroundings=Surroundings(
            executions(min(number, 40)) if told is None else told, None, drift_from("drift/1.json", DRIFT),
            COST, DEPLOYMENT,
        ),
    )  # fmt: skip


def make(folder: Path, number: int, told: Executions | Unread | None = None) -> Path:
    """Write a report on so many captures; return the page."""
    write_report(captures(folder, number), subject(number, told), folder / "out", lambda: NOON)
    return folder / "out" / "report.html"
