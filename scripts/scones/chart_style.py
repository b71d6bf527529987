"""How the charts look, in light and in dark, wide and narrow; and how they become PNG bytes.

Figures are made without pyplot: no global state, no window, and two threads may draw at once.
"""

import io
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DOTS_PER_INCH = 200  # two dots a CSS pixel: sharp on a phone and in print


@dataclass(frozen=True)
class Style:
    """Colours and size of a chart. Orange and blue stay apart for every kind of colour blindness."""

    paper: str | None  # None: transparent, for a page that has a colour of its own
    ink: str = "#1c2430"
    quiet: str = "#5b6675"
    grid: str = "#e3e7ec"
    accepted: str = "#1f6fb2"
    review: str = "#d9660a"
    wrong: str = "#b3203a"
    width: int = 760  # CSS pixels
    height: int = 340


PRINT = Style(paper="#ffffff")
LIGHT = Style(paper=None)
DARK = Style(
    paper=None,
    ink="#e8ebef",
    quiet="#a2acb9",
    grid="#323b47",
    accepted="#5fb0f0",
    review="#ff9f4a",
    wrong="#ff8fa2",
)


def sized(style: Style, width: int, height: int) -> Style:
    """Return the style at another size, in CSS pixels; its words keep theirs."""
    return replace(style, width=width, height=height)


def new_figure(style: Style) -> Figure:
    """Return an empty figure of the style's size."""
    figure = Figure(figsize=(style.width / 100, style.height / 100), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_facecolor(style.paper or "none")
    return figure


def dress(axes: Axes, style: Style) -> None:
    """Give an axes the style: horizontal grid lines, no frame but the foot, quiet numbers."""
    axes.set_facecolor("none")
    axes.grid(axis="y", color=style.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(style.quiet)
    axes.tick_params(colors=style.quiet, labelsize=8, length=0)
    axes.tick_params(axis="x", length=3)


def threshold_line(axes: Axes, style: Style, threshold: float, *, vertical: bool = False) -> None:
    """Draw the threshold, dashed, across the whole axes."""
    draw = axes.axvline if vertical else axes.axhline
    draw(threshold, color=style.ink, linewidth=1, linestyle=(0, (5, 3)), zorder=1.5)


def to_png(figure: Figure) -> bytes:
    """Return the figure as a PNG file, the same bytes for the same figure."""
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
