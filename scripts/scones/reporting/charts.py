"""The charts: confidence over time, its distribution, and as bars. Inferences in, PNG out.

Every axis of confidences goes from 0 to 1, so that no inference is outside it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scones.chart_style import PRINT, Style, dress, new_figure, threshold_line, to_png
from scones.files import write_bytes
from scones.inference.captures import Capture
from scones.reporting.sessions import split_sessions
from scones.reporting.verdicts import Inference, is_accepted

MOST_POINTS = 20_000  # more cannot be told apart, and take seconds to draw

STEPS = [step / 20 for step in range(21)]  # of the histogram

T = TypeVar("T")


def thin(items: Sequence[T], limit: int = MOST_POINTS) -> Sequence[T]:
    """Return at most `limit` of the items, evenly spread, the first among them. Callers say that they did."""
    step = -(-len(items) // limit) if items else 1
    return items[::step]


def confidence_over_time(inferences: Sequence[Inference], threshold: float, style: Style = PRINT) -> bytes:
    """Return draw_over_time's figure as a PNG."""
    return to_png(draw_over_time(inferences, threshold, style))


def draw_over_time(inferences: Sequence[Inference], threshold: float, style: Style = PRINT) -> Figure:
    """Draw each inference at its time (UTC), coloured by verdict, against the threshold.

    `inferences` are sorted by time. The time axis is cut where nothing happened. A wrong answer has a ring.
    """
    figure = new_figure(style)
    inferences = thin(inferences)
    times = [inference.capture.time for inference in inferences]
    parts = split_sessions(times, limit=2 if style.width < 500 else 4) or [slice(0, 0)]
    shares = [max(0.18, (part.stop - part.start) / max(1, len(times))) for part in parts]
    panels = figure.subplots(1, len(parts), sharey=True, width_ratios=shares, squeeze=False)[0]
    for panel, part, share in zip(panels, parts, shares, strict=True):
        _time_panel(panel, inferences[part], threshold, style)
        if inferences:
            room = (style.width - 70) * share / sum(shares)
            _time_axis(panel, times[part], style, most_ticks=max(1, int(room / 75)))
    panels[0].set_ylabel("confidence", color=style.quiet, fontsize=9)
    _confidence_ticks(panels[0], threshold)
    _legend(figure, inferences, style)
    return figure


def _time_panel(axes: Axes, inferences: Sequence[Inference], threshold: float, style: Style) -> None:
    dress(axes, style)
    axes.set_ylim(-0.02, 1.04)
    threshold_line(axes, style, threshold)
    times = date2num(spread_seconds([inference.capture.time for inference in inferences]))
    points = list(zip(inferences, times, strict=True))
    for accepted, marker, colour in ((True, "o", style.accepted), (False, "^", style.review)):
        chosen = [(time, i.capture.confidence) for i, time in points if i.accepted is accepted]
        _scatter(axes, chosen, marker=marker, color=colour, s=26, alpha=0.8)
    wrong = [(time, i.capture.confidence) for i, time in points if i.right is False]
    _scatter(axes, wrong, marker="o", facecolors="none", edgecolors=style.ink, s=80, linewidths=1.2)


def _scatter(axes: Axes, points: Sequence[tuple[float, float]], **look: object) -> None:
    axes.scatter([x for x, _ in points], [y for _, y in points], **look)  # type: ignore[arg-type]


def spread_seconds(times: Sequence[datetime]) -> list[datetime]:
    """Return sorted times with those of one second side by side in it: captures tell whole seconds only."""
    counts = Counter(times)
    seen: Counter[datetime] = Counter()
    spread = []
    for time in times:
        spread.append(time + timedelta(seconds=(seen[time] + 0.5) / counts[time]))
        seen[time] += 1
    return spread


def _time_axis(axes: Axes, times: Sequence[datetime], style: Style, most_ticks: int) -> None:
    """Label a stretch of time with at most so many round times, and with its day or days."""
    first, last = times[0], times[-1]
    span = last - first
    margin = max(span * 0.05, timedelta(seconds=2))
    start, stop = first - margin, last + margin
    axes.set_xlim(date2num(start), date2num(stop))
    axes.set_xticks(time_ticks(start, stop, most_ticks))
    form = "%d %b" if span > timedelta(days=2) else "%H:%M" if span > timedelta(minutes=15) else "%H:%M:%S"
    axes.xaxis.set_major_formatter(DateFormatter(form, tz=UTC))
    day, end = f"{first:%-d %b %Y}", f"{last:%-d %b %Y}"
    axes.set_xlabel(day if day == end else f"{day} to {end}", color=style.quiet, fontsize=9)


def time_ticks(start: datetime, stop: datetime, most: int) -> Sequence[float]:
    """Return round times (as matplotlib counts days) from start to stop: at most so many, at least one."""
    # With fewer than 6 to choose from, matplotlib finds no round interval for some stretches.
    ticks = AutoDateLocator(tz=UTC, minticks=2, maxticks=max(6, most)).tick_values(start, stop)
    inside = [tick for tick in ticks if date2num(start) <= tick <= date2num(stop)]
    return thin(inside, most) or [date2num(start + (stop - start) / 2)]


def _confidence_ticks(axes: Axes, threshold: float) -> None:
    """Label the axis at every fifth and at the threshold, but for a fifth that would touch the threshold."""
    ticks = [tick for tick in np.arange(0, 1.01, 0.2) if abs(tick - threshold) > 0.05]
    axes.set_yticks([*ticks, threshold], [*(f"{tick:.1f}" for tick in ticks), f"{threshold:g}"])


def _legend(figure: Figure, inferences: Sequence[Inference], style: Style) -> None:
    entries = [
        Line2D([], [], marker="o", linestyle="", color=style.accepted, label="accepted"),
        Line2D([], [], marker="^", linestyle="", color=style.review, label="refused"),
        Line2D([], [], linestyle=(0, (5, 3)), color=style.ink, linewidth=1, label="threshold"),
    ]
    if any(inference.right is False for inference in inferences):
        ring = {"markerfacecolor": "none", "markeredgecolor": style.ink, "markersize": 9}
        entries.insert(2, Line2D([], [], marker="o", linestyle="", label="wrong answer", **ring))  # type: ignore[arg-type]
    columns = 4 if style.width > 500 else 2
    figure.legend(
        handles=entries,
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        fontsize=9,
        labelcolor=style.ink,
        handletextpad=0.4,
        columnspacing=1.4,
    )


def confidence_histogram(inferences: Sequence[Inference], threshold: float, style: Style = PRINT) -> bytes:
    """Return draw_histogram's figure as a PNG."""
    return to_png(draw_histogram(inferences, threshold, style))


def draw_histogram(inferences: Sequence[Inference], threshold: float, style: Style = PRINT) -> Figure:
    """Draw how many inferences have which confidence, in steps of 0.05, by verdict."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    by_verdict = [
        [i.capture.confidence for i in inferences if i.accepted is accepted] for accepted in (True, False)
    ]
    colours = [style.accepted, style.review]
    totals, edges, _ = axes.hist(by_verdict, bins=STEPS, stacked=True, rwidth=0.86, color=colours)
    for count, left in zip(np.atleast_2d(totals)[-1], edges, strict=False):
        if count:  # a bar of one beside a bar of thousands cannot be seen, its number can
            axes.annotate(
                f"{count:,.0f}",
                (left + 0.025, count),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7,
                color=style.quiet,
            )
    threshold_line(axes, style, threshold, vertical=True)
    axes.set_xlim(0, 1)
    axes.set_xlabel("confidence", color=style.quiet, fontsize=9)
    axes.set_ylabel("inferences", color=style.quiet, fontsize=9)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    _legend(figure, [], style)
    return figure


def visualize_data_bar_chart(captures: Sequence[Capture], threshold: float, path: Path) -> Path:
    """Draw the confidence of each capture as a bar, in the order given, to a PNG file; return its path."""
    bars = [(capture.confidence, is_accepted(capture.confidence, threshold)) for capture in captures]
    write_bytes(path, to_png(draw_bars(bars, threshold)))
    return path


def draw_bars(bars: Sequence[tuple[float, bool]], threshold: float, style: Style = PRINT) -> Figure:
    """Draw (confidence, whether it was accepted) as a bar each, in the order given."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    colours = [style.accepted if accepted else style.review for _, accepted in bars]
    width = min(24.0, 0.7 * style.width * 0.72 / max(1, len(bars)))  # points: 72 an inch
    places = np.arange(1, len(bars) + 1)
    axes.vlines(places, 0, [confidence for confidence, _ in bars], colors=colours, linewidth=width)
    threshold_line(axes, style, threshold)
    axes.set(xlim=(0.4, max(1, len(bars)) + 0.6), ylim=(0, 1.04))
    _confidence_ticks(axes, threshold)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_xlabel("inference, in order of time", color=style.quiet, fontsize=9)
    axes.set_ylabel("confidence", color=style.quiet, fontsize=9)
    _legend(figure, [], style)
    return figure
