"""Whether a confidence of 0.93 is right 93 % of the time."""

from scones.chart_style import sized
from scones.reporting.chart_svg import PAGE, to_svg
from scones.reporting.markup import empty, figure, percent, section, table, unread
from scones.reporting.quality_charts import draw_calibration
from scones.reporting.reading.calibration import Calibration
from scones.reporting.reading.unread import Unread

FEW = 100  # answers: below that a bin's share says little


def render(calibration: Calibration | Unread | None) -> str:
    """Return the reliability diagram with its table, or why there is none."""
    if calibration is None:
        return section("calibration", "Calibration", empty(
            "Not known: no captured picture has a known class, and the model has no evaluation. "
            "'make evaluate' measures it on the test pictures."
        ))  # fmt: skip
    if isinstance(calibration, Unread):
        return section("calibration", "Calibration", unread(calibration))
    said = (
        f"Expected calibration error {calibration.error:.3f}: {calibration.answers:,} answers, "
        f"{len(calibration.bins)} bins of equal width."
    )
    wide, narrow = (
        to_svg(draw_calibration(calibration.bins, sized(PAGE, *size)), f"calibration-{size[0]}", said)
        for size in ((460, 340), (350, 320))
    )
    chart = figure("Reliability", said, wide, narrow, file="calibration.png")
    rows = [
        (
            f"{each.low:.2f}–{each.high:.2f}",
            f"{each.mean_confidence:.3f}",
            percent(each.right.share) or "",
            f"{each.right.successes:,} of {each.right.total:,}",
        )
        for each in calibration.bins
    ]
    numbers = table("Bins of confidence", ("Confidence", "Mean", "Right", "Answers"), rows)
    few = f" Fewer than {FEW} answers: the intervals are wide." if calibration.answers < FEW else ""
    return section(
        "calibration",
        "Calibration",
        f'<div class="charts even">\n{chart}{numbers}</div>\n',
        f"Measured on {calibration.source}.{few}",
    )
