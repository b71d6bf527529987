"""A laid out state machine drawn: as SVG for the page, as a Matplotlib figure for a PNG."""

from collections.abc import Collection, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from scones.chart_style import PRINT, Style, new_figure, sized
from scones.reporting.state_graph import Box, Layout, Point, Way

ROUND = {"Succeed": 17.0, "Fail": 17.0, "Choice": 12.0}  # corners; of any other type 5
ARROW = 9.0


def draw_svg(layout: Layout, path: Sequence[str], verdict: str, description: str, name: str) -> str:
    """Return the graph as an SVG element; the states of `path` and the ways between in the verdict's colour.

    `name` tells its arrow heads from those of other graphs on the page.
    """
    taken = set(pairwise(path))
    ways = sorted(layout.ways, key=lambda way: (way.source, way.target) in taken)  # these on top
    drawn = "".join(_way_svg(way, (way.source, way.target) in taken, name) for way in ways)
    boxes = "".join(_box_svg(box, box.name in path) for box in layout.boxes)
    heads = "".join(
        f'<marker id="{name}-{kind}" class="head {kind}" viewBox="0 0 6 6" refX="5.2" refY="3" '
        f'markerUnits="userSpaceOnUse" '
        f'markerWidth="{ARROW}" markerHeight="{ARROW}" orient="auto"><path d="M0 0L6 3L0 6z"/></marker>'
        for kind in ("taken", "other")
    )
    return (
        f'<svg class="graph {escape(verdict)}" viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" '
        f'width="{layout.width:.0f}" role="img" aria-label="{escape(description)}">'
        f"<defs>{heads}</defs>{drawn}{boxes}</svg>"
    )


def _way_svg(way: Way, is_taken: bool, name: str) -> str:
    kind = "taken" if is_taken else "other"
    dashed = " catch" if way.kind == "catch" else ""
    d = "".join(f"{command}{_numbers(points)}" for command, points in _curve(way.points))
    return f'<path class="way {kind}{dashed}" d="{d}" marker-end="url(#{name}-{kind})"/>'


def _box_svg(box: Box, is_taken: bool) -> str:
    mark = " taken" if is_taken else ""
    title = f"<title>{escape(box.name)} ({escape(box.kind)})</title>"
    return (
        f'<g class="state {escape(box.kind.lower())}{mark}">{title}'
        f'<rect x="{box.x - box.width / 2:.1f}" y="{box.y - box.height / 2:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{ROUND.get(box.kind, 5.0):.0f}"/>'
        f'<text x="{box.x:.1f}" y="{box.y + 4:.1f}">{escape(box.name)}</text></g>'
    )


def _numbers(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _curve(points: Sequence[Point]) -> list[tuple[str, list[Point]]]:
    """Return SVG commands of a line through points that leaves and reaches each of them upright."""
    commands: list[tuple[str, list[Point]]] = [("M", [points[0]])]
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        commands.append(("C", [(x, middle), (to_x, middle), (to_x, to_y)]))
    return commands


# --- For a PNG ---------------------------------------------------------------------------------------


def draw_figure(layout: Layout, path: Sequence[str], verdict: str, style: Style = PRINT) -> Figure:
    """Draw the same graph as a figure of its own size."""
    figure = new_figure(sized(style, round(layout.width), round(layout.height)))
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))
    axes.set_axis_off()
    colour = {"accepted": style.accepted, "refused": style.review}.get(verdict, style.wrong)
    taken = set(pairwise(path))
    for way in sorted(layout.ways, key=lambda way: (way.source, way.target) in taken):
        is_taken = (way.source, way.target) in taken
        look = {"color": colour, "linewidth": 1.8} if is_taken else {"color": style.quiet, "linewidth": 0.7}
        axes.add_patch(_patch(way, look))
        axes.annotate(
            "", way.points[-1], (way.points[-1][0], way.points[-1][1] - 7),
            arrowprops={"arrowstyle": "-|>", "mutation_scale": 8, **look},
        )  # fmt: skip
    for box in layout.boxes:
        _box_patch(axes, box, path, colour, style)
    return figure


def _patch(way: Way, look: dict[str, Any]) -> PathPatch:
    vertices: list[Point] = []
    codes: list[int] = []
    for command, points in _curve(way.points):
        vertices += points
        codes += [int(Path.MOVETO if command == "M" else Path.CURVE4)] * len(points)
    line = "--" if way.kind == "catch" else "-"
    return PathPatch(Path(vertices, codes), fill=False, linestyle=line, **look)


def _box_patch(axes, box: Box, path: Collection[str], colour: str, style: Style) -> None:  # type: ignore[no-untyped-def]
    is_taken = box.name in path
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    axes.add_patch(
        FancyBboxPatch(
            corner, box.width, box.height, facecolor=style.paper or "none",
            boxstyle=f"round,pad=0,rounding_size={ROUND.get(box.kind, 5.0)}",
            edgecolor=colour if is_taken else style.quiet, linewidth=1.8 if is_taken else 0.7,
        )
    )  # fmt: skip
    axes.text(
        box.x, box.y, box.name, ha="center", va="center", fontsize=6.2, parse_math=False,
        color=colour if is_taken else style.ink,
    )  # fmt: skip
