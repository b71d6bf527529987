"""Confidence over time, and how often which confidence."""

from collections.abc import Sequence

from scones.chart_style import sized
from scones.reporting.chart_svg import PAGE, to_svg
from scones.reporting.charts import MOST_POINTS, draw_histogram, draw_over_time
from scones.reporting.markup import figure, section
from scones.reporting.sessions import split_sessions
from scones.reporting.verdicts import Inference
from scones.rule import Rule

WIDE, NARROW = (660, 340), (350, 300)
HISTOGRAM = (400, 340)


def render(inferences: Sequence[Inference], rule: Rule) -> str:
    """Return both charts; nothing when nothing was captured."""
    if not inferences:
        return ""
    total = len(inferences)
    accepted = sum(inference.accepted for inference in inferences)
    lowest = min(inference.capture.confidence for inference in inferences)
    verdicts = f"{accepted:,} accepted, {total - accepted:,} refused, threshold {rule.threshold:g}"
    step = -(-total // MOST_POINTS)
    cut = (
        " The axis is cut where nothing happened."
        if len(split_sessions([inference.capture.time for inference in inferences])) > 1
        else ""
    )
    drawn = f" One in {step} of the {total:,} inferences is drawn." if step > 1 else ""
    exceptions = ", ".join(f"{name} {value:g}" for name, value in rule.class_thresholds.items())
    own = f" Classes with a threshold of their own: {exceptions}." if exceptions else ""
    over_time, histogram = (
        [
            to_svg(draw(inferences, rule.threshold, sized(PAGE, *size)), f"{name}-{size[0]}", alt)
            for size in sizes
        ]
        for name, draw, sizes, alt in (
            (
                "over-time",
                draw_over_time,
                (WIDE, NARROW),
                f"Confidence of {total:,} inferences over time: {verdicts}. The lowest is {lowest:.3f}.",
            ),
            (
                "histogram",
                draw_histogram,
                (HISTOGRAM, NARROW),
                f"Histogram of the confidence of {total:,} inferences: {verdicts}.",
            ),
        )
    )
    charts = figure(
        "Over time",
        f"Each inference at its time, in UTC; those of one second stand side by side.{cut}{drawn}{own}",
        over_time[0],
        over_time[1],
        file="confidence-over-time.png",
    ) + figure(
        "How sure the model was",
        "How many inferences have which confidence, in steps of 0.05.",
        histogram[0],
        histogram[1],
        file="confidence-histogram.png",
    )
    return section("confidence", "Confidence", f'<div class="charts">\n{charts}</div>\n')
