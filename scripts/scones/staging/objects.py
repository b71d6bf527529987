"""What a staged data set consists of: the objects that the bucket has to hold."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from scones.staging.dataset import DataSet

# These hold the data set's pictures and nothing else.
TRAIN, TEST = "train/", "test/"
BACKGROUND_TRAIN, BACKGROUND_TEST = "background/train/", "background/test/"
PREFIXES = (TRAIN, TEST, BACKGROUND_TRAIN, BACKGROUND_TEST)

# A data set without a background has none of these.
BACKGROUND_LISTS = ("background_training.lst", "background_validation.lst", "background_test.lst")

PNG_COMPRESSION = 6  # zlib's level; fixed, so that the same picture is the same file


@dataclass(frozen=True)
class Item:
    """One object: its key and content."""

    key: str
    body: bytes
    content_type: str

    @cached_property
    def sha256(self) -> bytes:
        """The content's digest, 32 bytes."""
        return hashlib.sha256(self.body).digest()


def build_items(data: DataSet) -> list[Item]:
    """Return the data set's objects: a PNG for each picture of its splits, and the .lst files."""
    items = [Item(name, content, "text/tab-separated-values") for name, content in data.lists.items()]
    return [*_pictures(data), *items]


def _pictures(data: DataSet) -> Iterator[Item]:
    splits = {TRAIN: data.train, TEST: data.test}
    if data.background:
        splits |= {BACKGROUND_TRAIN: data.background.train, BACKGROUND_TEST: data.background.test}
    for prefix, split in splits.items():
        for name, pixels in zip(split.filenames, split.pixels, strict=True):
            yield Item(f"{prefix}{name}", encode_png(pixels), "image/png")


def encode_png(pixels: np.ndarray) -> bytes:
    """Encode (height, width, 3) uint8 RGB as a PNG; the same bytes every time with the same zlib."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=PNG_COMPRESSION)
    return file.getvalue()
