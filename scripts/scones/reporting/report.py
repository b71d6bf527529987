"""Make the report of an endpoint, or of a folder of capture files: report.html and two charts beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from scones.files import write_bytes
from scones.inference.captures import Reading
from scones.inference.executions import list_executions, read_classification
from scones.reporting.chart_style import DARK, LIGHT, PRINT, Style, sized
from scones.reporting.charts import MOST_POINTS, confidence_histogram, confidence_over_time
from scones.reporting.gallery import gallery_png, group_inferences
from scones.reporting.judgement import Inference, Summary, judge, summarise
from scones.reporting.page import Figure, Page, render
from scones.reporting.sessions import split_sessions

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

REPORT, OVER_TIME, GALLERY = "report.html", "confidence-over-time.png", "gallery.png"

Draw = Callable[[Sequence[Inference], float, Style], bytes]


@dataclass(frozen=True)
class Subject:
    """What a report is about, and what is known beyond the captures themselves."""

    title: str
    threshold: float
    class_names: Sequence[str]
    facts: Mapping[str, str]
    keys: Mapping[str, str] = field(default_factory=dict)  # inference id or digest -> object key
    labels: Mapping[str, int] = field(default_factory=dict)  # object key -> class index
    notes: Sequence[str] = ()


def write_report(
    reading: Reading, subject: Subject, out: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Summary:
    """Write report.html, confidence-over-time.png and gallery.png to `out`, and return the numbers."""
    inferences = judge(reading.captures, subject.threshold, subject.keys, subject.labels)
    summary = summarise(inferences)
    page = Page(
        title=subject.title,
        summary=summary,
        threshold=subject.threshold,
        class_names=subject.class_names,
        facts=_facts(reading, subject, summary, now()),
        figures=_figures(inferences, subject.threshold, summary) if inferences else (),
        groups=group_inferences(inferences),
        faults=reading.faults,
        notes=[*subject.notes, *_notes(reading)],
    )
    write_bytes(out / OVER_TIME, confidence_over_time(inferences, subject.threshold, PRINT))
    write_bytes(out / GALLERY, gallery_png(inferences, subject.class_names))
    write_bytes(out / REPORT, render(page).encode("utf-8", errors="replace"))
    return summary


def read_keys(
    stepfunctions: SFNClient, state_machine_arn: str, newest: int, concurrency: int = 8
) -> tuple[dict[str, str], bool]:
    """Return ({inference id: object key} of the newest executions, whether there are older ones).

    Only an execution knows which object an inference was about: one history is read for each.
    """
    executions = list_executions(stepfunctions, state_machine_arn)
    arns = [execution.arn for execution in islice(executions, newest + 1)]
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        read = list(pool.map(lambda arn: read_classification(stepfunctions, arn), arns[:newest]))
    keys = {one.inference_id: one.key for one in read if one.inference_id and one.key}
    return keys, len(arns) > newest


def _facts(reading: Reading, subject: Subject, summary: Summary, now: datetime) -> dict[str, str]:
    span = {}
    if summary.first and summary.last:
        span = {
            "First inference": f"{summary.first:%-d %B %Y, %H:%M:%S} UTC",
            "Last inference": f"{summary.last:%-d %B %Y, %H:%M:%S} UTC",
        }
    made = {"Report made": f"{now:%-d %B %Y, %H:%M} UTC"}
    return {**subject.facts, "Capture files": f"{reading.files:,}", **span, **made}


def _notes(reading: Reading) -> list[str]:
    notes = []
    if reading.faults:
        notes.append(f"{_count(len(reading.faults), 'record')} could not be read: see the end of the page.")
    if reading.repeats:
        notes.append(f"{_count(reading.repeats, 'record')} left out: another one holds the same event.")
    return notes


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _figures(inferences: Sequence[Inference], threshold: float, summary: Summary) -> list[Figure]:
    coverage, total = summary.coverage, summary.inferences
    under = total - coverage.successes
    verdicts = f"{coverage.successes:,} at or over the threshold of {threshold:g}, {under:,} under it"
    lowest = min(inference.capture.confidence for inference in inferences)
    step = -(-total // MOST_POINTS)
    times = [inference.capture.time for inference in inferences]
    cut = " The axis is cut where nothing happened." if len(split_sessions(times)) > 1 else ""
    drawn = f" One in {step} of the {total:,} inferences is drawn." if step > 1 else ""
    return [
        _figure(
            "Over time",
            f"Each inference at its time, in UTC; those of one second stand side by side.{cut}{drawn}",
            f"Confidence of {total:,} inferences over time: {verdicts}. The lowest is {lowest:.3f}.",
            confidence_over_time,
            660,
            inferences,
            threshold,
        ),
        _figure(
            "How sure the model was",
            "How many inferences have which confidence, in steps of 0.05.",
            f"Histogram of the confidence of {total:,} inferences: {verdicts}.",
            confidence_histogram,
            400,
            inferences,
            threshold,
        ),
    ]


def _figure(
    title: str,
    caption: str,
    alt: str,
    draw: Draw,
    width: int,
    inferences: Sequence[Inference],
    threshold: float,
) -> Figure:
    wide, narrow = (width, 340), (350, 300)
    styles = [sized(style, *size) for size in (wide, narrow) for style in (LIGHT, DARK)]
    return Figure(title, caption, alt, width, *(draw(inferences, threshold, style) for style in styles))
