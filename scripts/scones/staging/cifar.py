"""CIFAR-100's python format: what the files train, test and meta hold, read with suspicion and written.

A split is a dictionary of parallel columns: `filenames`, `fine_labels` (0..99), `coarse_labels` (0..19) and
`data`, one row of 3,072 bytes a picture: 1,024 red, 1,024 green, 1,024 blue, each row by row from the top.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scones.errors import SconesError
from scones.staging import pickles

SIDE = 32
ROW_BYTES = 3 * SIDE * SIDE

_FINE_LABELS = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
FINE_LABELS = tuple(_FINE_LABELS.split())

_COARSE_LABELS = """
aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees
vehicles_1 vehicles_2
"""
COARSE_LABELS = tuple(_COARSE_LABELS.split())

# The coarse label of each fine label, in the order of FINE_LABELS (as in the official train file).
# fmt: off
COARSE_OF_FINE = (
    4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11, 6, 11, 5, 10, 7, 6, 13, 15, 3, 15, 0,
    11, 1, 10, 12, 14, 16, 9, 11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10, 16, 4, 17, 4, 2, 0, 17, 4, 18, 17,
    10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16, 12, 9, 13, 15, 13, 16, 19, 2, 4, 6, 19, 5, 5, 8,
    19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13,
)
# fmt: on

_FILENAME = re.compile(r"[\w.\-]+\.png", re.ASCII)  # it becomes an object's key and a column of a .lst file


@dataclass(frozen=True)
class Records:
    """One split as it comes: `rows` (n, 3072) uint8, `labels` (n,) fine labels, and n `filenames`."""

    rows: np.ndarray
    labels: np.ndarray
    filenames: list[str]


def read_split(blob: bytes) -> Records:
    """Read a `train` or `test` file. Raises SconesError when it is not one."""
    columns = _columns(blob, (b"data", b"fine_labels", b"filenames"))
    rows, labels, names = columns[b"data"], columns[b"fine_labels"], columns[b"filenames"]
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != ROW_BYTES or not len(rows):
        found = getattr(rows, "shape", type(rows).__name__)
        raise SconesError(f"its pixels must be rows of {ROW_BYTES:,} bytes, not {found}")
    if (
        not isinstance(labels, list)
        or not isinstance(names, list)
        or not len(rows) == len(labels) == len(names)
    ):
        raise SconesError("its pictures, labels and file names are not as many as each other")
    wrong = [label for label in labels if type(label) is not int or not 0 <= label < len(FINE_LABELS)]
    if wrong:
        raise SconesError(f"it has the label {wrong[0]!r}: a fine label is 0 to {len(FINE_LABELS) - 1}")
    return Records(rows, np.array(labels, dtype=np.int64), [_filename(name) for name in names])


def read_fine_labels(blob: bytes) -> tuple[str, ...]:
    """Read the 100 class names of a `meta` file. Raises SconesError when it is not one."""
    names = _columns(blob, (b"fine_label_names",))[b"fine_label_names"]
    if not isinstance(names, list) or not all(isinstance(name, bytes) for name in names):
        raise SconesError("its class names are not a list of names")
    decoded = tuple(name.decode("ascii", "replace") for name in names)
    if len(set(decoded)) != len(FINE_LABELS):
        raise SconesError(f"it names {len(set(decoded))} classes, where CIFAR-100 has {len(FINE_LABELS)}")
    return decoded


def _columns(blob: bytes, needed: Sequence[bytes]) -> Mapping[bytes, Any]:
    columns = pickles.loads(blob)
    if not isinstance(columns, dict):
        raise SconesError("a file in it is a pickle, but not one of CIFAR-100's dictionaries")
    missing = [key.decode() for key in needed if key not in columns]
    if missing:
        raise SconesError(f"a file in it lacks {', '.join(missing)}: is this CIFAR-100's python version?")
    return columns


def _filename(name: object) -> str:
    text = name.decode("ascii", "replace") if isinstance(name, bytes) else repr(name)
    if not _FILENAME.fullmatch(text):
        raise SconesError(
            f"it has a picture named {text[:80]!r}: CIFAR-100's names are like bicycle_s_000513.png"
        )
    return text


def write_split(records: Records, batch_label: str) -> bytes:
    """Write a split's file: the opposite of `read_split`."""
    return pickles.dumps(
        {
            b"filenames": [name.encode() for name in records.filenames],
            b"batch_label": batch_label.encode(),
            b"fine_labels": [int(label) for label in records.labels],
            b"coarse_labels": [COARSE_OF_FINE[label] for label in records.labels],
            b"data": records.rows,
        }
    )


def write_meta() -> bytes:
    """Write the `meta` file with CIFAR-100's class names."""
    fine, coarse = ([name.encode() for name in names] for names in (FINE_LABELS, COARSE_LABELS))
    return pickles.dumps({b"fine_label_names": fine, b"coarse_label_names": coarse})
