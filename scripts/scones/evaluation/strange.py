"""Pictures that no camera takes: noise, blank and text. The same ones for the same seed."""

import numpy as np
from PIL import Image, ImageDraw

from scones.pictures import png

KINDS = ("noise", "blank", "text")
WORDS = ("SCONES", "INVOICE", "No. 4711", "fragile", "14:30", "EXIT", "hello", "3 x tea")


def made_pictures(kind: str, count: int, seed: int, side: int = 32) -> list[bytes]:
    """Return `count` PNG files of a kind, (side, side) pixels each."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    draw = {"noise": _noise, "blank": _blank, "text": _text}[kind]
    return [png(draw(rng, side)) for _ in range(count)]


def _noise(rng: np.random.Generator, side: int) -> np.ndarray:
    return rng.integers(0, 256, (side, side, 3), dtype=np.uint8)


def _blank(rng: np.random.Generator, side: int) -> np.ndarray:
    return np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), (side, side, 3)).copy()


def _text(rng: np.random.Generator, side: int) -> np.ndarray:
    """Draw some words on a plain page, in an ink that can be read on it."""
    paper = rng.integers(0, 256, 3)
    ink = (paper + 128) % 256
    picture = Image.new("RGB", (side, side), tuple(paper.tolist()))
    pen = ImageDraw.Draw(picture)
    for line in range(0, side, 11):
        word = WORDS[int(rng.integers(len(WORDS)))]
        pen.text((int(rng.integers(-6, 4)), line), word, fill=tuple(ink.tolist()))
    return np.asarray(picture)
