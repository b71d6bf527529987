"""The report's charts as PNG files, for those who paste them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.figure import Figure

from scones.chart_style import PRINT, sized, to_png
from scones.reporting.charts import draw_bars, draw_histogram, draw_over_time
from scones.reporting.gallery import gallery_png
from scones.reporting.quality_charts import draw_calibration, draw_counts, draw_drift
from scones.reporting.reading.calibration import Calibration
from scones.reporting.reading.drift import Drift
from scones.reporting.reading.executions import Executions
from scones.reporting.sections.counts import tally
from scones.reporting.sections.executions import chosen
from scones.reporting.state_graph import Layout
from scones.reporting.state_graph_drawing import draw_figure
from scones.reporting.subject import Subject
from scones.reporting.verdicts import Inference, Summary

OVER_TIME, GALLERY = "confidence-over-time.png", "gallery.png"
MOST_BARS = 100  # the newest captures


def draw_pngs(
    inferences: Sequence[Inference],
    subject: Subject,
    summary: Summary,
    calibration: Calibration | None,
    layout: Layout | None,
) -> dict[str, bytes]:
    """Return the PNG files by name: those of captures always, others where there is what they show."""
    around, threshold = subject.surroundings, subject.threshold
    figures: dict[str, Callable[[], Figure]] = {
        OVER_TIME: lambda: draw_over_time(inferences, threshold),
        "confidence-histogram.png": lambda: draw_histogram(inferences, threshold),
        "confidence-bars.png": lambda: draw_bars(
            [(one.capture.confidence, one.accepted) for one in inferences[-MOST_BARS:]], threshold
        ),
        "counts.png": lambda: draw_counts(tally(summary, around.executions), sized(PRINT, 760, 180)),
    }
    if calibration:
        figures["calibration.png"] = lambda: draw_calibration(calibration.bins)
    drift = around.drift
    if isinstance(drift, Drift) and any(one.value is not None and one.limit for one in drift.measures):
        figures["drift.png"] = lambda: draw_drift(drift.measures)
    if layout and isinstance(around.executions, Executions):
        for verdict, story in chosen(around.executions).items():
            figures[f"state-machine-{verdict}.png"] = partial(draw_figure, layout, story.path, verdict)
    files = {name: to_png(draw()) for name, draw in figures.items()}
    return {**files, GALLERY: gallery_png(inferences, subject.class_names)}
