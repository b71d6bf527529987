"""Bicycles and motorcycles.

What tells the classes apart is shape alone: a bicycle is thin tubes and large thin wheels, a motorcycle is a
body on fat tyres. Colours, poses, backgrounds, riders and things in the way come from the same distributions
for both.
"""

from __future__ import annotations

import math

from scones.staging.drawn.pen import Colour, Pen, Point, Rng, paint


def bicycle(pen: Pen, rng: Rng) -> None:
    """A bicycle: mostly the safety bicycle of today, one in ten with a high front wheel."""
    frame, dark = paint(rng), pen.dark
    if rng.random() < 0.1:
        _high_wheeler(pen, rng, frame, dark)
    else:
        _safety_bicycle(pen, rng, frame, dark)


def _safety_bicycle(pen: Pen, rng: Rng, frame: Colour, dark: Colour) -> None:
    radius = rng.uniform(0.38, 0.47)
    rear, front = (-rng.uniform(0.54, 0.64), radius), (rng.uniform(0.54, 0.64), radius)
    crank = (-rng.uniform(0.04, 0.14), radius * rng.uniform(0.75, 0.95))
    seat = (crank[0] - rng.uniform(0.1, 0.2), rng.uniform(0.84, 0.98))
    head = (front[0] - rng.uniform(0.18, 0.26), rng.uniform(0.86, 1.0))
    _spoked_wheels(pen, rng, (rear, radius), (front, radius), dark)
    width = rng.uniform(0.04, 0.065)
    if rng.random() < 0.25:
        for wheel in (rear, front):
            pen.arc(wheel, radius + 0.04, 20, 150, 0.035, frame)
    pen.tube([rear, crank, seat, rear], width * 0.8, frame)
    step_through = rng.random() < 0.25
    top = (seat[0] + 0.05, seat[1] - (0.4 if step_through else rng.uniform(0.03, 0.15)))
    pen.tube([top, (head[0] + 0.03, head[1] - 0.1)], width, frame)
    pen.tube([crank, (head[0] + 0.05, head[1] - 0.16)], width * 1.1, frame)
    pen.tube([head, front], width, frame)
    pen.ring(crank, 0.1, 0.03, dark)
    pen.tube([(crank[0] - 0.07, crank[1] + 0.15), (crank[0] + 0.07, crank[1] - 0.15)], 0.035, dark)
    _saddle_and_bars(pen, rng, seat, head, dark)
    if rng.random() < 0.15:
        basket = (head[0] + 0.08, head[1] - 0.12)
        pen.plate(
            [
                basket,
                (basket[0] + 0.3, basket[1]),
                (basket[0] + 0.34, basket[1] + 0.22),
                (basket[0] - 0.02, basket[1] + 0.22),
            ],
            paint(rng),
        )
    if rng.random() < 0.25:
        _rider(
            pen,
            rng,
            hip=(seat[0], seat[1] + 0.12),
            hands=(head[0] + 0.08, head[1] + 0.1),
            foot=(crank[0], crank[1] - 0.15),
        )


def _spoked_wheels(
    pen: Pen, rng: Rng, rear: tuple[Point, float], front: tuple[Point, float], dark: Colour
) -> None:
    width = rng.uniform(0.04, 0.075)
    spoke = (dark[0] // 2 + 90, dark[1] // 2 + 90, dark[2] // 2 + 90)
    turn = rng.uniform(0, math.pi)
    for centre, radius in (rear, front):
        for k in range(4):
            x, y = radius * math.cos(turn + k * math.pi / 4), radius * math.sin(turn + k * math.pi / 4)
            pen.tube([(centre[0] - x, centre[1] - y), (centre[0] + x, centre[1] + y)], 0.01, spoke)
        pen.ring(centre, radius, width, dark)
        pen.disc(centre, 0.04, dark)


def _saddle_and_bars(pen: Pen, rng: Rng, seat: Point, head: Point, dark: Colour) -> None:
    pen.tube([seat, (seat[0] - 0.03, seat[1] + 0.1)], 0.04, dark)
    pen.tube([(seat[0] - 0.16, seat[1] + 0.11), (seat[0] + 0.1, seat[1] + 0.1)], 0.07, dark)
    stem = (head[0] - 0.03, head[1] + 0.1)
    pen.tube([head, stem], 0.045, dark)
    bars = {
        0: [
            stem,
            (stem[0] + 0.16, stem[1] + 0.02),
            (stem[0] + 0.2, stem[1] - 0.1),
            (stem[0] + 0.08, stem[1] - 0.16),
        ],
        1: [(stem[0] - 0.08, stem[1] + 0.02), (stem[0] + 0.1, stem[1] + 0.04)],
        2: [(stem[0] - 0.2, stem[1] + 0.06), (stem[0] + 0.06, stem[1] + 0.08), stem],
    }
    pen.tube(bars[int(rng.integers(3))], 0.045, dark)


def _high_wheeler(pen: Pen, rng: Rng, frame: Colour, dark: Colour) -> None:
    big, small = rng.uniform(0.62, 0.72), rng.uniform(0.17, 0.24)
    front, rear = (0.22, big), (-0.68, small)
    _spoked_wheels(pen, rng, (rear, small), (front, big), dark)
    pen.tube(
        [(front[0], 2 * big + 0.06), (front[0] - 0.4, big * 1.6), (front[0] - 0.7, big), rear], 0.05, frame
    )
    pen.tube([front, (front[0], 2 * big + 0.08)], 0.05, frame)
    pen.tube([(front[0] - 0.3, 2 * big + 0.02), (front[0] - 0.08, 2 * big + 0.04)], 0.07, dark)
    pen.tube([(front[0] - 0.12, 2 * big + 0.12), (front[0] + 0.1, 2 * big + 0.12)], 0.045, dark)


def motorcycle(pen: Pen, rng: Rng) -> None:
    """A motorcycle: road, sport, dirt or mini; fat tyres, an engine between them, a tank and a seat above."""
    body, dark = paint(rng), pen.dark
    metal = _metal(rng)
    radius = rng.uniform(0.27, 0.38)
    rear, front = (-rng.uniform(0.56, 0.68), radius), (rng.uniform(0.6, 0.72), radius)
    head = (front[0] - rng.uniform(0.24, 0.36), rng.uniform(0.76, 0.92))
    deck = rng.uniform(0.58, 0.68)
    _fat_wheels(pen, rng, rear, front, radius, dark, metal)
    pen.tube([rear, (-0.1, radius + 0.02)], 0.08, dark)
    _engine(pen, rng, radius, deck, dark, metal)
    pen.tube([front, head], rng.uniform(0.07, 0.1), metal)
    pen.arc(front, radius + 0.06, 30, 140, 0.06, body)
    pen.arc(rear, radius + 0.07, 50, 160, 0.08, body)
    _tank_and_seat(pen, rng, head, deck, body, dark)
    _front_end(pen, rng, head, body, dark)
    if rng.random() < 0.25:
        _rider(
            pen, rng, hip=(-0.18, deck + 0.14), hands=(head[0] - 0.05, head[1] + 0.14), foot=(-0.02, radius)
        )


def _fat_wheels(
    pen: Pen, rng: Rng, rear: Point, front: Point, radius: float, dark: Colour, metal: Colour
) -> None:
    width = radius * rng.uniform(0.3, 0.48)
    for centre in (rear, front):
        if rng.random() < 0.5:
            pen.tube(
                [(centre[0] - radius * 0.6, centre[1]), (centre[0] + radius * 0.6, centre[1])], 0.04, metal
            )
            pen.tube(
                [(centre[0], centre[1] - radius * 0.6), (centre[0], centre[1] + radius * 0.6)], 0.04, metal
            )
        pen.ring(centre, radius, width, dark)
        pen.disc(centre, radius * 0.3, metal)


def _engine(pen: Pen, rng: Rng, radius: float, deck: float, dark: Colour, metal: Colour) -> None:
    low = radius * rng.uniform(0.5, 0.8)
    pen.plate([(-0.26, low), (0.2, low), (0.3, deck - 0.14), (0.1, deck), (-0.24, deck)], dark)
    pen.disc((0.0, low + 0.14), 0.13, metal)
    pen.plate([(0.02, low + 0.16), (0.18, low + 0.18), (0.2, deck - 0.06), (0.02, deck - 0.06)], metal)
    pipe = [
        (0.22, low + 0.2),
        (0.2, low),
        (-0.2, low - 0.02),
        (-rng.uniform(0.6, 0.85), low + rng.uniform(0.02, 0.25)),
    ]
    pen.tube(pipe, rng.uniform(0.06, 0.1), metal)


def _tank_and_seat(pen: Pen, rng: Rng, head: Point, deck: float, body: Colour, dark: Colour) -> None:
    top = deck + rng.uniform(0.16, 0.26)
    pen.plate(
        [
            (-0.08, deck - 0.03),
            (head[0] - 0.04, deck),
            (head[0] - 0.02, top - 0.04),
            (0.16, top),
            (-0.06, deck + 0.1),
        ],
        body,
    )
    tail = -rng.uniform(0.55, 0.8)
    pen.plate(
        [
            (tail, deck + rng.uniform(0.04, 0.2)),
            (-0.4, deck + 0.08),
            (-0.05, deck + 0.1),
            (-0.05, deck - 0.03),
            (-0.45, deck - 0.05),
        ],
        dark,
    )
    if rng.random() < 0.5:
        pen.plate(
            [(tail, deck + 0.02), (-0.3, deck - 0.02), (-0.3, deck - 0.12), (tail + 0.1, deck - 0.08)], body
        )


def _front_end(pen: Pen, rng: Rng, head: Point, body: Colour, dark: Colour) -> None:
    if rng.random() < 0.35:
        x, y = head
        pen.plate(
            [
                (x - 0.2, y + 0.04),
                (x + 0.02, y + 0.16),
                (x + 0.24, y - 0.12),
                (x + 0.1, y - 0.4),
                (x - 0.22, y - 0.36),
            ],
            body,
        )
    else:
        pen.disc((head[0] + 0.1, head[1] - 0.04), 0.085, (235, 230, 200))
    pen.tube([head, (head[0] - 0.04, head[1] + 0.1), (head[0] - 0.16, head[1] + 0.13)], 0.055, dark)


def _metal(rng: Rng) -> Colour:
    grey = int(rng.integers(90, 200))
    return grey, grey, grey


def _rider(pen: Pen, rng: Rng, hip: Point, hands: Point, foot: Point) -> None:
    jacket, trousers = paint(rng), pen.dark
    shoulder = (hip[0] + rng.uniform(0.1, 0.25), hip[1] + 0.38)
    knee = ((hip[0] + foot[0]) / 2 + 0.2, (hip[1] + foot[1]) / 2 + 0.06)
    pen.tube([hip, knee, foot], 0.11, trousers)
    pen.tube([hip, shoulder], 0.18, jacket)
    pen.tube([shoulder, hands], 0.08, jacket)
    pen.disc(
        (shoulder[0] + 0.06, shoulder[1] + 0.17), 0.11, paint(rng) if rng.random() < 0.5 else (214, 168, 138)
    )
