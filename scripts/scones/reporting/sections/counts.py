"""How many were accepted, refused and failed, as bars."""

from scones.chart_style import sized
from scones.inference.histories import FAILED
from scones.reporting.chart_svg import PAGE, to_svg
from scones.reporting.markup import figure
from scones.reporting.quality_charts import draw_counts
from scones.reporting.reading.executions import Executions
from scones.reporting.reading.unread import Unread
from scones.reporting.verdicts import Summary


def tally(summary: Summary, executions: Executions | Unread) -> dict[str, int]:
    """Return the numbers by name; failed ones only where executions were read."""
    accepted = summary.coverage.successes
    counts = {"accepted": accepted, "refused": summary.coverage.total - accepted}
    if not isinstance(executions, Unread):
        counts["failed"] = sum(story.verdict == FAILED for story in executions.stories)
    return counts


def render(summary: Summary, executions: Executions | Unread) -> str:
    """Return the bars; nothing when there is nothing to count."""
    counts = tally(summary, executions)
    if not any(counts.values()):
        return ""
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    wide, narrow = (
        to_svg(draw_counts(counts, sized(PAGE, *size)), f"counts-{size[0]}", said)
        for size in ((1040, 150), (350, 160))
    )
    caption = "Accepted and refused captures" + (", and failed executions." if "failed" in counts else ".")
    return figure("Verdicts", caption, wide, narrow, file="counts.png")
