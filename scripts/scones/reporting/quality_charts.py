"""The charts of counts, calibration and drift, as Matplotlib figures: for the page as for a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scones.chart_style import PRINT, Style, dress, new_figure, threshold_line

if TYPE_CHECKING:
    from scones.evaluation.calibration import Bin
    from scones.reporting.reading.drift import Measure

MOST = 3.0  # times its limit: up to where a measure's bar is drawn


def draw_counts(counts: Mapping[str, int], style: Style = PRINT) -> Figure:
    """Draw how many were accepted, refused and failed, as one bar each."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    axes.grid(visible=False)
    colours = {"accepted": style.accepted, "refused": style.review, "failed": style.wrong}
    names = list(counts)
    axes.barh(
        names, list(counts.values()), color=[colours.get(name, style.ink) for name in names], height=0.6
    )
    for place, number in enumerate(counts.values()):
        _say(axes, f"{number:,}", (number, place), style)
    axes.set_xlim(0, max([1, *counts.values()]) * 1.12)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    return figure


def draw_calibration(bins: Sequence[Bin], style: Style = PRINT) -> Figure:
    """Draw how many answers of each confidence are right, with 95 % intervals, against the diagonal."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    axes.plot(
        [0, 1], [0, 1], color=style.ink, linewidth=1, linestyle=(0, (5, 3)), label="perfectly calibrated"
    )
    at = [each.mean_confidence for each in bins]
    right = [each.right.share or 0.0 for each in bins]
    below = [max(0.0, share - (each.right.low or 0.0)) for share, each in zip(right, bins, strict=True)]
    above = [max(0.0, (each.right.high or 0.0) - share) for share, each in zip(right, bins, strict=True)]
    axes.errorbar(
        at, right, yerr=[below, above], fmt="o", color=style.accepted, markersize=6, elinewidth=1.4,
        label="answers, 95 % interval",
    )  # fmt: skip
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04))
    axes.set_xlabel("mean confidence", color=style.quiet, fontsize=9)
    axes.set_ylabel("share that is right", color=style.quiet, fontsize=9)
    figure.legend(
        loc="outside upper left", ncols=2 if style.width > 500 else 1, frameon=False, fontsize=9,
        labelcolor=style.ink,
    )  # fmt: skip
    return figure


def draw_drift(measures: Sequence[Measure], style: Style = PRINT) -> Figure:
    """Draw each measure that has a limit as a share of it; what is beyond 1 counts as drift."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    axes.grid(visible=False)
    known = [(one, one.value / one.limit) for one in measures if one.value is not None and one.limit]
    names = [one.name for one, _ in known]
    lengths = [min(share, MOST) for _, share in known]
    colours = [style.review if one.is_beyond else style.accepted for one, _ in known]
    axes.barh(names, lengths, color=colours, height=0.6)
    for place, ((one, share), length) in enumerate(zip(known, lengths, strict=True)):
        mark = f"{one.value:.3g}" + (f" ({share:.1f} × its limit)" if share > MOST else "")
        _say(axes, mark, (max(length, 1.0), place), style)  # beside the bar, and not on the limit's line
    threshold_line(axes, style, 1, vertical=True)
    axes.set_xlim(0, max([1.2, *(length * 1.15 for length in lengths)]))
    axes.invert_yaxis()
    axes.set_xlabel("measure as a share of its limit", color=style.quiet, fontsize=9)
    return figure


def _say(axes: Axes, text: str, place: tuple[float, float], style: Style) -> None:
    axes.annotate(
        text, place, (4, 0), textcoords="offset points", va="center", fontsize=8, color=style.quiet,
        parse_math=False,
    )  # fmt: skip
