"""The pen that draws a vehicle in one pose, and the colours it dips into.

A vehicle is described in its own coordinates: x forward, y up, the ground at 0, about two units long. The pen
knows the pose (size, place, side, turn, lean) and maps them to canvas pixels. The canvas is SUPERSAMPLING
times too large and is averaged down afterwards, so that thin parts (a spoke, a frame tube) fade into their
surroundings as they do in a small photograph.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import ImageDraw

SIDE = 32
SUPERSAMPLING = 4
MIDDLE_GREY = 105
CANVAS = SIDE * SUPERSAMPLING

Point = tuple[float, float]
Colour = tuple[int, int, int]
Rng = np.random.Generator

_CIRCLE = [(math.cos(2 * math.pi * k / 24), math.sin(2 * math.pi * k / 24)) for k in range(24)]


class Pen:
    """Draws shapes given in a vehicle's own coordinates onto the canvas, in one randomly chosen pose."""

    def __init__(self, draw: ImageDraw.ImageDraw, rng: Rng, backdrop: float) -> None:
        self.draw = draw
        self.dark = shade(rng, backdrop)
        self.scale = CANVAS * rng.uniform(0.34, 0.46)
        yaw = rng.uniform(0.72, 1.0) * rng.choice((-1.0, 1.0))  # foreshortened, and facing left or right
        lean = math.radians(rng.normal(0, 7))
        cos, sin = math.cos(lean), math.sin(lean)
        self._matrix = (yaw * cos, sin, -yaw * sin, cos)
        middle = (CANVAS / 2 + rng.normal(0, 8), CANVAS / 2 + rng.normal(0, 8))
        x, y = self._turn((0.0, 0.55))
        self._origin = (middle[0] - x, middle[1] + y)

    def _turn(self, point: Point) -> Point:
        a, b, c, d = self._matrix
        return (self.scale * (a * point[0] + b * point[1]), self.scale * (c * point[0] + d * point[1]))

    def place(self, points: Sequence[Point]) -> list[Point]:
        """Map vehicle coordinates to canvas pixels."""
        turned = [self._turn(point) for point in points]
        return [(self._origin[0] + x, self._origin[1] - y) for x, y in turned]

    def tube(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A line through `points`, `width` units thick."""
        self.draw.line(
            self.place(points), fill=colour, width=max(1, round(width * self.scale)), joint="curve"
        )

    def plate(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self.draw.polygon(self.place(points), fill=colour)

    def disc(self, centre: Point, radius: float, colour: Colour, squash: float = 1.0) -> None:
        """A filled circle, or an ellipse `squash` times as high as wide."""
        self.plate([(centre[0] + radius * x, centre[1] + radius * squash * y) for x, y in _CIRCLE], colour)

    def ring(self, centre: Point, radius: float, width: float, colour: Colour) -> None:
        """A circle's rim, `width` units thick inwards; one sees through it."""
        outer = [(centre[0] + radius * x, centre[1] + radius * y) for x, y in [*_CIRCLE, _CIRCLE[0]]]
        inner = [
            (
                centre[0] + (x - centre[0]) * (1 - width / radius),
                centre[1] + (y - centre[1]) * (1 - width / radius),
            )
            for x, y in outer
        ]
        self.plate([*outer, *reversed(inner)], colour)

    def arc(
        self, centre: Point, radius: float, start: float, end: float, width: float, colour: Colour
    ) -> None:
        """Part of a circle from angle `start` to `end`, in degrees from straight ahead."""
        angles = [math.radians(start + (end - start) * k / 8) for k in range(9)]
        self.tube(
            [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles],
            width,
            colour,
        )

    def shadow(self) -> None:
        """A dark patch on the ground under the vehicle."""
        self.disc((0.0, 0.0), 0.95, (70, 68, 66), squash=0.09)


def paint(rng: Rng) -> Colour:
    """Any colour a thing may be painted in, dull or bright."""
    value = rng.integers(10, 250, 3)
    return int(value[0]), int(value[1]), int(value[2])


def shade(rng: Rng, backdrop: float) -> Colour:
    """Rubber and iron: a grey, a little tinted, that stands out from a backdrop of lightness 0..255.

    Light before dark scenes, so that darkness alone does not tell the classes apart.
    """
    grey = int(rng.integers(10, 70) if backdrop > MIDDLE_GREY else rng.integers(160, 240))
    return grey, grey + int(rng.integers(0, 8)), grey + int(rng.integers(0, 12))
