"""Make the report of an endpoint, or of a folder of capture files: report.html and its charts beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from scones.files import write_bytes
from scones.inference.captures import Reading
from scones.reporting.markup import count
from scones.reporting.page import Page, render
from scones.reporting.pngs import GALLERY, OVER_TIME, draw_pngs
from scones.reporting.reading.calibration import measure
from scones.reporting.reading.executions import Executions
from scones.reporting.reading.unread import Unread
from scones.reporting.sections import (
    calibration,
    confidence,
    cost,
    counts,
    deployed,
    drift,
    executions,
    faults,
    gallery,
    summary,
)
from scones.reporting.state_graph import Layout, lay_out
from scones.reporting.subject import Subject
from scones.reporting.verdicts import Inference, Summary, judge, summarise
from scones.review.state_machine.definition import Machine

__all__ = ["GALLERY", "OVER_TIME", "REPORT", "Subject", "write_report"]

REPORT = "report.html"


def write_report(
    reading: Reading, subject: Subject, out: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Summary:
    """Write report.html and the charts as PNG to `out`, and return the numbers."""
    inferences = judge(reading.captures, subject.rule, subject.keys, subject.labels, subject.labels_by_people)
    numbers, around = summarise(inferences), subject.surroundings
    layout = _layout(around.executions)
    measured = measure(inferences) if around.calibration is None else around.calibration
    page = Page(
        subject.title,
        [*subject.notes, *_notes(reading)],
        [
            (
                "summary",
                "Summary",
                summary.render(
                    numbers,
                    subject.rule,
                    around.executions,
                    _facts(reading, subject, numbers, now()),
                    counts.render(numbers, around.executions),
                ),
            ),
            ("confidence", "Confidence", confidence.render(inferences, subject.rule)),
            (
                "captures",
                "Captures",
                gallery.render(inferences, subject.rule, _links(around.executions)),
            ),
            ("executions", "State machine", executions.render(around.executions, layout)),
            ("calibration", "Calibration", calibration.render(measured)),
            ("drift", "Drift", drift.render(around.drift)),
            ("cost", "Cost", cost.render(around.cost)),
            ("deployed", "Deployed", deployed.render(around.deployment)),
            ("unreadable", "Unreadable", faults.render(reading.faults)),
        ],
        is_empty=not inferences,
    )
    known = None if isinstance(measured, Unread) else measured
    for name, png in draw_pngs(inferences, subject, numbers, known, layout).items():
        write_bytes(out / name, png)
    write_bytes(out / REPORT, render(page).encode("utf-8", errors="replace"))
    return numbers


def _layout(found: Executions | Unread) -> Layout | None:
    """Return the state machine's graph; None where its definition is not known or not to be read."""
    if isinstance(found, Unread):
        return None
    try:
        return lay_out(Machine.from_json(found.definition))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _links(found: Executions | Unread) -> Callable[[Inference], str]:
    if isinstance(found, Unread):
        return lambda _: ""
    places = found.by_inference

    def link(inference: Inference) -> str:
        place = places.get(inference.capture.inference_id or "")
        return "" if place is None else found.link(place)

    return link


def _facts(reading: Reading, subject: Subject, numbers: Summary, now: datetime) -> dict[str, str]:
    span = {}
    if numbers.first and numbers.last:
        span = {
            "First inference": f"{numbers.first:%-d %B %Y, %H:%M:%S} UTC",
            "Last inference": f"{numbers.last:%-d %B %Y, %H:%M:%S} UTC",
        }
    made = {"Report made": f"{now:%-d %B %Y, %H:%M} UTC"}
    return {**subject.facts, "Capture files": f"{reading.files:,}", **span, **made}


def _notes(reading: Reading) -> list[str]:
    notes = []
    if reading.faults:
        notes.append(f"{count(len(reading.faults), 'record')} could not be read: see the end of the page.")
    if reading.repeats:
        notes.append(f"{count(reading.repeats, 'record')} left out: another one holds the same event.")
    return notes
