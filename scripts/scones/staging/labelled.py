"""Adding the pictures that people labelled to a data set: to its training part, or to its background.

Never to what a model is chosen or measured by: a picture whose pixels are those of any test picture of the
archive, or of a validation picture, is left out. So is one that is there already, and one whose class is not
asked for. (A test picture that was scaled or compressed again has other pixels, and is not recognized.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from scones.staging.dataset import UNKNOWN, DataSet, Extract, Split, to_images
from scones.staging.labels import NEITHER, LabelledPicture, LeftOut

TEST = "a test picture"


def add_labelled(
    data: DataSet, source: Extract, read: Iterable[LabelledPicture | LeftOut]
) -> tuple[DataSet, list[LeftOut]]:
    """Return `data` with the pictures that can be added, and the labels that were left out.

    `source` is the archive that `data` were made of. The new lines of the lists come last; their indexes
    follow on those of the archive.
    """
    left_out: list[LeftOut] = []
    added: dict[bool, list[LabelledPicture]] = {False: [], True: []}  # by whether it is background
    known = _pixels_of(data, source)
    for picture in read:
        if isinstance(picture, LeftOut):
            left_out.append(picture)
            continue
        digest = _digest(picture.pixels)
        reason = _reason(picture, known.get(digest), data)
        if reason:
            label = f"labels/{picture.sha256}.lst"
            left_out.append(LeftOut(label, picture.key, reason, is_test=known.get(digest) == TEST))
            continue
        known[digest] = "a labelled picture"
        added[picture.class_name == NEITHER].append(picture)
    return _extended(data, added[False], added[True], len(source.train.rows)), left_out


def _reason(picture: LabelledPicture, same: str | None, data: DataSet) -> str:
    """Say why a picture cannot be added; nothing when it can."""
    if same:
        return f"it is {same}" + ("" if same == TEST else " already")
    if picture.class_name == NEITHER:
        return "" if data.background else "it shows neither, and no background is staged"
    return "" if picture.class_name in data.classes else f"the class {picture.class_name!r} is not staged"


def _pixels_of(data: DataSet, source: Extract) -> dict[bytes, str]:
    """Return what a picture with these pixels is: the archive's whole test split, and all that is staged."""
    known: dict[bytes, str] = {}
    for part in (data, data.background):
        if part:
            known |= {_digest(pixels): "a training picture" for pixels in part.training.pixels}
    for part in (data, data.background):
        if part:
            known |= {_digest(pixels): "a validation picture" for pixels in part.validation.pixels}
    return known | {_digest(pixels): TEST for pixels in to_images(source.test.rows)}


def _digest(pixels: np.ndarray) -> bytes:
    return hashlib.sha256(pixels.tobytes()).digest()


def _extended(
    data: DataSet,
    training: Sequence[LabelledPicture],
    background: Sequence[LabelledPicture],
    first_row: int,
) -> DataSet:
    labels = dict(zip(data.classes, data.class_labels, strict=True))
    data = _with(data, training, [labels[picture.class_name] for picture in training], first_row)
    if data.background:
        beside = _with(data.background, background, [UNKNOWN] * len(background), first_row)
        data = replace(data, background=beside)
    return replace(data, labelled=len(training) + len(background))


def _with(data: DataSet, pictures: Sequence[LabelledPicture], labels: list[int], first_row: int) -> DataSet:
    """Return `data` with these pictures at the end of its training split and of the part that trains."""
    if not pictures:
        return data
    more = Split(
        np.stack([picture.pixels for picture in pictures]),
        np.arange(first_row, first_row + len(pictures)),
        np.array(labels, dtype=np.int64),
        [picture.filename for picture in pictures],
    )
    return replace(data, train=data.train.followed_by(more), training=data.training.followed_by(more))
