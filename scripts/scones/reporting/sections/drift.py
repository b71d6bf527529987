"""Whether what comes in still looks like what the model was trained on."""

from html import escape

from scones.chart_style import sized
from scones.reporting.chart_svg import PAGE, to_svg
from scones.reporting.markup import empty, figure, section, table, unread
from scones.reporting.quality_charts import draw_drift
from scones.reporting.reading.drift import Drift, Measure
from scones.reporting.reading.unread import Unread

TITLE = "Drift"


def render(drift: Drift | Unread | None) -> str:
    """Return the newest report against its limits, or why there is none."""
    if drift is None:
        return section("drift", TITLE, empty(
            "No report on drift yet: the scheduled function writes one an hour, of the hour before."
        ))  # fmt: skip
    if isinstance(drift, Unread):
        return section("drift", TITLE, unread(drift))
    beyond = [measure.name for measure in drift.measures if measure.is_beyond]
    verdict, tone = _verdict(drift, beyond)
    body = f'<p class="verdict {tone}">{escape(verdict)}</p>\n'
    drawn = [measure for measure in drift.measures if measure.value is not None and measure.limit]
    chart = ""
    if drawn:
        alt = f"{verdict} " + ", ".join(f"{one.name} {one.value:.3g} of {one.limit:.3g}" for one in drawn)
        wide, narrow = (
            to_svg(draw_drift(drift.measures, sized(PAGE, *size)), f"drift-{size[0]}", alt)
            for size in ((520, 300), (350, 300))
        )
        chart = figure("Against the limits", "The dashed line is the limit.", wide, narrow, file="drift.png")
    rows = [(one.name, _number(one.value), _number(one.limit), _word(one)) for one in drift.measures]
    numbers = table("Measures of drift", ("Measure", "Value", "Limit", ""), rows)
    window = f"Window {drift.start[:16].replace('T', ' ')} to {drift.end[:16].replace('T', ' ')} UTC, "
    note = f"{window}{drift.inferences:,} inferences; from {drift.key}."
    return section("drift", TITLE, f'{body}<div class="charts even">\n{chart}{numbers}</div>\n', note)


def _verdict(drift: Drift, beyond: list[str]) -> tuple[str, str]:
    if drift.drifted is None:
        return f"No verdict: {drift.undecided or 'the report gives none'}.", "open"
    if drift.drifted:
        return f"Drifted: {', '.join(beyond) or 'see the measures'} beyond the limit.", "bad"
    return "No drift: every measure is within its limit.", "good"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _word(measure: Measure) -> str:
    if measure.value is None:
        return "not known"
    return "no limit" if measure.limit is None else "beyond" if measure.is_beyond else "within"
