"""What is neither bicycle nor motorcycle: other vehicles, other things, and pictures of nothing at all.

Each goes by one of CIFAR-100's names. A blank picture is a `plain`, noise without a picture is a
`television` that receives nothing, and text stands on the keys of a `keyboard`.
"""

from __future__ import annotations

import string

from PIL import ImageFont

from scones.staging.drawn.pen import CANVAS, SIDE, SUPERSAMPLING, Colour, Pen, Point, Rng, paint

_FONT = ImageFont.load_default(size=40)
_GLASS = (150, 175, 190)


# ---- Vehicles ----------------------------------------------------------------------------------------------


def bus(pen: Pen, rng: Rng) -> None:
    """A bus: a long box with a row of windows over two wheels."""
    body, height = paint(rng), rng.uniform(0.75, 1.0)
    pen.plate([(-0.95, 0.15), (0.95, 0.15), (0.95, height), (-0.95, height)], body)
    panes = int(rng.integers(4, 7))
    for k in range(panes):
        left = -0.88 + k * 1.76 / panes
        pen.plate(_box(left, height * 0.55, 1.5 / panes, height * 0.32), _GLASS)
    _wheels(pen, (-0.55, 0.6), 0.17)


def pickup_truck(pen: Pen, rng: Rng) -> None:
    """A pickup truck: a hood, a cab, and a low open bed behind it."""
    body, cab = paint(rng), rng.uniform(0.75, 0.9)
    pen.plate([(-0.95, 0.2), (0.95, 0.2), (0.95, 0.5), (-0.95, 0.5)], body)
    pen.plate([(-0.2, 0.5), (0.55, 0.5), (0.35, cab), (-0.15, cab)], body)
    pen.plate([(-0.1, 0.53), (0.42, 0.53), (0.3, cab - 0.06), (-0.07, cab - 0.06)], _GLASS)
    _wheels(pen, (-0.55, 0.6), 0.2)


def train(pen: Pen, rng: Rng) -> None:
    """A train: two coaches on a row of small wheels, on rails."""
    body, roof = paint(rng), paint(rng)
    pen.tube([(-1.4, 0.02), (1.4, 0.02)], 0.04, pen.dark)
    for left in (-1.3, 0.03):
        pen.plate(_box(left, 0.18, 1.27, 0.55), body)
        pen.plate(_box(left, 0.73, 1.27, 0.08), roof)
        for k in range(4):
            pen.plate(_box(left + 0.1 + 0.3 * k, 0.42, 0.18, 0.2), _GLASS)
    _wheels(pen, (-1.1, -0.25, 0.25, 1.1), 0.1)


def _wheels(pen: Pen, places: tuple[float, ...], radius: float) -> None:
    for x in places:
        pen.disc((x, radius), radius, pen.dark)


def _box(left: float, low: float, width: float, height: float) -> list[Point]:
    return [(left, low), (left + width, low), (left + width, low + height), (left, low + height)]


# ---- Things ------------------------------------------------------------------------------------------------


def house(pen: Pen, rng: Rng) -> None:
    """A house: walls, a roof, a door."""
    wall, roof = paint(rng), paint(rng)
    pen.plate([(-0.7, 0.0), (0.7, 0.0), (0.7, 0.7), (-0.7, 0.7)], wall)
    pen.plate([(-0.85, 0.7), (0.85, 0.7), (0.0, 1.25)], roof)
    pen.plate([(-0.12, 0.0), (0.14, 0.0), (0.14, 0.42), (-0.12, 0.42)], pen.dark)


def oak_tree(pen: Pen, rng: Rng) -> None:
    """A tree: a trunk and a crown."""
    pen.tube([(0.0, 0.0), (0.0, 0.6)], 0.2, (96, 70, 48))
    for _ in range(7):
        green = (int(rng.integers(30, 90)), int(rng.integers(90, 160)), int(rng.integers(20, 70)))
        pen.disc((rng.uniform(-0.5, 0.5), rng.uniform(0.6, 1.1)), rng.uniform(0.2, 0.4), green)


def orange(pen: Pen, rng: Rng) -> None:
    """An orange, or a few."""
    for _ in range(int(rng.integers(1, 4))):
        pen.disc(
            (rng.uniform(-0.4, 0.4), rng.uniform(0.3, 0.7)),
            rng.uniform(0.25, 0.5),
            (240, int(rng.integers(120, 170)), 30),
        )


# ---- No thing at all: these cover whatever is behind them --------------------------------------------------


def plain(pen: Pen, rng: Rng) -> None:
    """A picture of one colour."""
    pen.draw.rectangle((0, 0, CANVAS, CANVAS), fill=paint(rng))


def television(pen: Pen, rng: Rng) -> None:
    """Noise: every pixel a colour of its own."""
    for place, (red, green, blue) in enumerate(rng.integers(0, 256, (SIDE * SIDE, 3)).tolist()):
        left, top = SUPERSAMPLING * (place % SIDE), SUPERSAMPLING * (place // SIDE)
        box = (left, top, left + SUPERSAMPLING - 1, top + SUPERSAMPLING - 1)
        pen.draw.rectangle(box, fill=(red, green, blue))


def keyboard(pen: Pen, rng: Rng) -> None:
    """Text: three lines of letters, dark on light or light on dark."""
    ink, paper = _contrast(rng)
    pen.draw.rectangle((0, 0, CANVAS, CANVAS), fill=paper)
    for line in range(3):
        letters = "".join(rng.choice(list(string.ascii_uppercase + string.digits), 6))
        pen.draw.text((rng.uniform(-8, 8), 42 * line), letters, fill=ink, font=_FONT)


def _contrast(rng: Rng) -> tuple[Colour, Colour]:
    dark, light = int(rng.integers(0, 70)), int(rng.integers(180, 256))
    pair = (dark, dark, dark), (light, light, light)
    return pair if rng.random() < 0.5 else (pair[1], pair[0])
