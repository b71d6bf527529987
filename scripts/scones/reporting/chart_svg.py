"""Matplotlib's figures as SVG that stands in a page: in its colours, light or dark, and under its policy.

Matplotlib writes `style` attributes, which a strict Content-Security-Policy forbids, fixed colours, and an
element for every point. Here styles become attributes, the colours of PAGE become CSS variables of the page,
and points of one look become one path.
"""

import io
import re
from collections.abc import Iterator
from html import escape
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from scones.chart_style import Style

# Colours that nothing else has, each for a variable of the page's style sheet.
VARIABLES = {
    "#010101": "var(--ink)",
    "#010102": "var(--quiet)",
    "#010103": "var(--line)",
    "#010104": "var(--accepted)",
    "#010105": "var(--review)",
    "#010106": "var(--wrong)",
}
_INK, _QUIET, _GRID, _ACCEPTED, _REVIEW, _WRONG = VARIABLES
PAGE = Style(None, _INK, _QUIET, _GRID, _ACCEPTED, _REVIEW, _WRONG)
SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
KEPT = {
    *("d", "x", "y", "width", "height", "viewBox", "transform", "id", "href", "clip-path", "points", "fill"),
    *("fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap"),
    *("stroke-linejoin", "opacity", "font-size", "text-anchor"),
}
NUMBER = re.compile(r"-?\d+\.\d+")
FONT = re.compile(r"([\d.]+)px")


def to_svg(figure: Figure, name: str, description: str) -> str:
    """Return the figure as an SVG element. `name` tells its ids from those of others on the page."""
    file = io.BytesIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "path.simplify": False}
    with mpl.rc_context(settings):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    # It is Matplotlib's own file, whatever texts are in it.
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314
    shapes = {f"#{path.get('id')}": path.get("d", "") for path in root.iter(f"{SVG}path") if path.get("id")}
    inner = "".join(_element(child, name, shapes) for child in root)
    return (
        f'<svg class="plot" viewBox="{escape(root.get("viewBox", ""))}" role="img" '
        f'aria-label="{escape(description)}">{inner}</svg>'
    )


def _element(element: ElementTree.Element, name: str, shapes: dict[str, str]) -> str:
    tag = str(element.tag).removeprefix(SVG)
    if tag in ("metadata", "style", "title") or (tag == "defs" and element.find(f"{SVG}clipPath") is None):
        return ""
    children = [*_gathered(element, shapes)]
    inner = "".join(_element(child, name, shapes) for child in children)
    text = escape(element.text or "") if tag == "text" else ""
    if not inner and not text and tag in ("g", "defs"):
        return ""
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in _attributes(element, name))
    if tag == "g" and not attributes:
        return inner
    return f"<{tag}{attributes}>{text}{inner}</{tag}>"


def _attributes(element: ElementTree.Element, name: str) -> Iterator[tuple[str, str]]:
    found = {key: value for key, value in element.attrib.items() if key != "style"}
    for declaration in filter(None, element.get("style", "").split(";")):
        key, _, value = declaration.partition(":")
        found[key.strip()] = value.strip()
    font = FONT.search(found.pop("font", ""))
    if font:
        found["font-size"] = font[1]
    for key, value in found.items():
        if key == "id" and not element.tag.endswith("clipPath"):
            continue
        if key == "id" or key == "clip-path":
            value = re.sub(r"^(url\(#)?", rf"\g<1>{name}-", value)
        if key in KEPT:
            value = VARIABLES.get(value, value)
            yield key, NUMBER.sub(lambda number: _short(number[0]), value).replace("\n", "")


def _short(number: str) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


# --- Points of one look ------------------------------------------------------------------------------


def _gathered(parent: ElementTree.Element, shapes: dict[str, str]) -> Iterator[ElementTree.Element]:
    """Yield the children, with runs of points of one shape and style as one path each."""
    run: list[ElementTree.Element] = []
    for child in parent:
        point = child[0] if len(child) == 1 and _is_point(child[0]) else child
        if _is_point(point):
            if run and _look(point) != _look(run[0]):
                yield _path(run, shapes)
                run = []
            run.append(point)
            continue
        if run:
            yield _path(run, shapes)
            run = []
        yield child
    if run:
        yield _path(run, shapes)


def _is_point(element: ElementTree.Element) -> bool:
    return element.tag == f"{SVG}use"


def _look(point: ElementTree.Element) -> tuple[str | None, str | None]:
    return point.get(LINK), point.get("style")


def _path(run: list[ElementTree.Element], shapes: dict[str, str]) -> ElementTree.Element:
    shape, style = shapes.get(run[0].get(LINK, ""), ""), run[0].get("style", "")
    places = [(float(point.get("x", 0)), float(point.get("y", 0))) for point in run]
    if "C" not in shape:
        d = "".join(_moved(shape, x, y) for x, y in places)
        return ElementTree.Element(f"{SVG}path", {"d": d, "style": style})
    radius = max(abs(float(number)) for number in re.findall(r"-?[\d.]+", shape))
    if "fill: none" in style or "fill-opacity: 0;" in f"{style};":
        half = f"a{radius:.2f} {radius:.2f} 0 1 0"
        arc = f"{half} {2 * radius:.2f} 0{half} {-2 * radius:.2f} 0"
        d = "".join(f"M{_short(str(x - radius))} {_short(str(y))}{arc}" for x, y in places)
        return ElementTree.Element(f"{SVG}path", {"d": d, "style": style})
    # A line of no length with round ends is a dot.
    d = "".join(f"M{_short(str(x))} {_short(str(y))}h0" for x, y in places)
    colour = re.search(r"fill: ([^;]+)", style)
    look = f"fill: none; stroke: {colour[1] if colour else '#000000'}; stroke-width: {2 * radius:.2f}"
    opacity = re.search(r"(?<!-)\b(?:fill-)?opacity: ([^;]+)", style)
    look += "; stroke-linecap: round" + (f"; stroke-opacity: {opacity[1]}" if opacity else "")
    return ElementTree.Element(f"{SVG}path", {"d": d, "style": look})


def _moved(shape: str, x: float, y: float) -> str:
    """Return a path's commands, all of them absolute, at another place."""
    words, moved, is_x = shape.split(), "", True
    for word in words:
        if word.isalpha():
            moved += word
            is_x = True
        else:
            moved += f"{_short(str(float(word) + (x if is_x else y)))} "
            is_x = not is_x
    return moved
