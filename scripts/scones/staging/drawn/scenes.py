"""One picture: a subject in a scene of its own, with a background and now and then something in the way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from scones.staging.drawn import others, vehicles
from scones.staging.drawn.pen import CANVAS, SUPERSAMPLING, Pen, Rng, paint

SUBJECTS: dict[str, Callable[[Pen, Rng], None]] = {
    "bicycle": vehicles.bicycle,
    "motorcycle": vehicles.motorcycle,
    "bus": others.bus,
    "pickup_truck": others.pickup_truck,
    "train": others.train,
    "house": others.house,
    "oak_tree": others.oak_tree,
    "orange": others.orange,
    "plain": others.plain,
    "television": others.television,
    "keyboard": others.keyboard,
}


def draw_picture(subject: str, rng: Rng) -> Image.Image:
    """Draw one RGB picture, 32x32, of `subject` (a key of SUBJECTS) in a scene of its own."""
    canvas = _background(rng)
    draw = ImageDraw.Draw(canvas)
    pen = Pen(draw, rng, backdrop=float(np.mean(np.asarray(canvas.resize((4, 4))))))
    if rng.random() < 0.4:
        pen.shadow()
    SUBJECTS[subject](pen, rng)
    if rng.random() < 0.2:
        _obstacle(draw, rng)
    return canvas.reduce(SUPERSAMPLING)


def _background(rng: Rng) -> Image.Image:
    kind = rng.random()
    if kind < 0.25:
        return _studio(rng)
    canvas = _patches(rng) if kind < 0.5 else _horizon(rng)
    draw = ImageDraw.Draw(canvas)
    for _ in range(int(rng.integers(0, 3))):
        _distant_thing(draw, rng)
    return canvas


def _studio(rng: Rng) -> Image.Image:
    base = rng.uniform(190, 255) if rng.random() < 0.8 else rng.uniform(5, 80)
    corners = np.clip(base + rng.normal(0, 12, (2, 2, 1)) + rng.normal(0, 4, (1, 1, 3)), 0, 255)
    return _spread(corners)


def _patches(rng: Rng) -> Image.Image:
    cells = int(rng.integers(3, 10))
    colour, contrast = _muted(rng, 45, 230), rng.uniform(10, 45)
    field = (
        colour + rng.normal(0, contrast, (cells, cells, 1)) + rng.normal(0, contrast / 3, (cells, cells, 3))
    )
    return _spread(np.clip(field, 0, 255))


def _horizon(rng: Rng) -> Image.Image:
    above, below = _muted(rng, 60, 240), _muted(rng, 50, 220)
    field = np.where(np.arange(8)[:, None, None] < rng.integers(2, 7), above, below) + rng.normal(
        0, 9, (8, 8, 1)
    )
    return _spread(np.clip(field, 0, 255))


def _muted(rng: Rng, darkest: float, lightest: float) -> np.ndarray:
    """A colour of walls, roads, fields and skies: any lightness, but no great saturation."""
    return rng.uniform(darkest, lightest) + rng.normal(0, 22, 3)


def _spread(field: np.ndarray) -> Image.Image:
    return Image.fromarray(field.astype(np.uint8)).resize((CANVAS, CANVAS), Image.Resampling.BILINEAR)


def _distant_thing(draw: ImageDraw.ImageDraw, rng: Rng) -> None:
    x, y = rng.uniform(0, CANVAS), rng.uniform(0, CANVAS * 0.75)
    wide, high = rng.uniform(2, 40), rng.uniform(8, 60)
    box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    (draw.rectangle if rng.random() < 0.6 else draw.ellipse)(box, fill=paint(rng))


def _obstacle(draw: ImageDraw.ImageDraw, rng: Rng) -> None:
    colour = paint(rng)
    x, y = rng.uniform(0.1, 0.9) * CANVAS, rng.uniform(0.6, 1.0) * CANVAS
    if rng.random() < 0.5:
        draw.line([(x, 0), (x + rng.normal(0, 6), CANVAS)], fill=colour, width=int(rng.integers(4, 14)))
    else:
        radius = rng.uniform(10, 24)
        draw.ellipse((x - radius, y - radius * 0.7, x + radius, y + radius * 0.7), fill=colour)
