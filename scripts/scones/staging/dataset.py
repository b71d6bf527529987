"""The data set: the pictures of the chosen classes, out of an archive in CIFAR-100's format.

extract: read an archive's splits. transform: filter the classes, turn rows into pictures, cut a validation
part from the training split. Loading it into S3 is the business of `plan` and `uploading`.

The background is a second data set beside it: some pictures of each class that is not asked about, from which
a model learns what to refuse, and on which that is measured. Its training pictures come from the archive's
training split alone, its test pictures from the test split alone; its labels are the archive's fine labels.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from scones.errors import SconesError, UsageError
from scones.staging import archive, cifar, cifar100
from scones.staging.metadata import Table, metadata

T = TypeVar("T")

VALIDATION = 0.1
SEED = 0
BACKGROUND = (
    20  # pictures of each other class beside the training pictures; half as many beside the test ones
)

# The fine label of a picture that shows none of the classes, and nobody knows what else.
UNKNOWN = len(cifar.FINE_LABELS)


@dataclass(frozen=True)
class Extract:
    """An archive's content. `official` says that its files are CIFAR-100's to the byte."""

    train: cifar.Records
    test: cifar.Records
    fine_labels: tuple[str, ...]
    official: bool


@dataclass(frozen=True)
class Split:
    """Pictures of some classes: `pixels` (n, 32, 32, 3) uint8 RGB, and n rows, fine labels, file names."""

    pixels: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    filenames: list[str]

    @property
    def table(self) -> Table:
        """The columns that `metadata` needs."""
        return {"row": self.rows, "labels": self.labels, "filenames": self.filenames}

    def take(self, places: np.ndarray) -> Split:
        """Return the pictures at these places, in this order."""
        names = [self.filenames[place] for place in places]
        return Split(self.pixels[places], self.rows[places], self.labels[places], names)

    def followed_by(self, more: Split) -> Split:
        """Return these pictures and then `more`."""
        return Split(
            np.concatenate([self.pixels, more.pixels]),
            np.concatenate([self.rows, more.rows]),
            np.concatenate([self.labels, more.labels]),
            [*self.filenames, *more.filenames],
        )


@dataclass(frozen=True)
class DataSet:
    """What is staged: both whole splits, and the two parts that the training split is cut into.

    `background` holds pictures that are of none of the classes, None when there are none. `labelled` of the
    training and background pictures were labelled by people.
    """

    classes: tuple[str, ...]
    class_labels: tuple[int, ...]
    train: Split
    test: Split
    training: Split
    validation: Split
    background: DataSet | None = None
    labelled: int = 0

    @property
    def parts(self) -> dict[str, Split]:
        """The splits and parts by name."""
        return {
            "train": self.train,
            "test": self.test,
            "training": self.training,
            "validation": self.validation,
        }

    @property
    def lists(self) -> dict[str, bytes]:
        """The .lst files by name."""
        lists = {f"{name}.lst": metadata(part.table, self.class_labels) for name, part in self.parts.items()}
        return lists | self._of_the_background(self.background.lists if self.background else {})

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures each part has."""
        counts = {name: len(part.filenames) for name, part in self.parts.items()}
        counts |= {"labelled": self.labelled} if self.labelled else {}
        return counts | self._of_the_background(self.background.counts if self.background else {})

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each .lst file and of each split's pixels."""
        lists = {name: hashlib.sha256(content).hexdigest() for name, content in self.lists.items()}
        pixels = {"train_pixels": pixel_digest(self.train), "test_pixels": pixel_digest(self.test)}
        if self.background:
            pixels |= {
                "background_train_pixels": pixel_digest(self.background.train),
                "background_test_pixels": pixel_digest(self.background.test),
            }
        return lists | pixels

    @staticmethod
    def _of_the_background(things: Mapping[str, T]) -> dict[str, T]:
        """Nothing asks for the background's whole training split: its two parts are enough."""
        names = ("training", "validation", "test")
        return {f"background_{key}": thing for key, thing in things.items() if key.split(".")[0] in names}


# ---- Extract -----------------------------------------------------------------------------------------------


def extract(path: Path) -> Extract:
    """Read the archive at `path`. Raises SconesError, naming it, when it is not what it should be."""
    try:
        members = archive.read(path)
        official = cifar100.is_official(members)
        train, test = cifar.read_split(members["train"]), cifar.read_split(members["test"])
        if not official and cifar100.claims_to_be_official(path.name, len(train.rows), len(test.rows)):
            raise SconesError("it claims to be CIFAR-100, but its files are not the official ones")
        return Extract(train, test, cifar.read_fine_labels(members["meta"]), official)
    except SconesError as error:
        raise SconesError(
            f"the archive {path} is no good: {error}. Name the python version of CIFAR-100 with DATA=, or "
            "have it downloaded again with DATA=cifar100"
        ) from None


# ---- Transform ---------------------------------------------------------------------------------------------


def transform(
    source: Extract,
    classes: Sequence[str],
    validation: float = VALIDATION,
    seed: int = SEED,
    background: int = 0,
) -> DataSet:
    """Return the data set of these classes. Raises SconesError when a class is unknown or has no pictures.

    `background` is how many pictures of each other class are added beside the training pictures, 0 for none.
    On the official archive and the default classes the result is compared with the digests that are known of
    it.
    """
    if background < 0:
        raise UsageError(f"the background has 0 or more pictures of each other class, not {background}")
    class_labels = labels_of(classes, source.fine_labels)
    train, test = select(source.train, class_labels), select(source.test, class_labels)
    for name, split in (("training", train), ("test", test)):
        _check_every_class_occurs(split, classes, class_labels, name)
    training, held_out = cut(train, validation, seed)
    beside = _background(source, class_labels, validation, seed, background) if background else None
    data = DataSet(tuple(classes), class_labels, train, test, training, held_out, beside)
    if source.official and data.classes == cifar100.CLASSES:
        cifar100.check_digests(data.digests)
    return data


def _background(
    source: Extract, class_labels: Sequence[int], validation: float, seed: int, each: int
) -> DataSet | None:
    """Return `each` pictures of every other class, half as many to test; None when a part would be empty."""
    train = _sample(source.train, class_labels, each, seed)
    test = _sample(source.test, class_labels, max(1, each // 2), seed)
    training, held_out = cut(train, validation, seed)
    if not (training.filenames and held_out.filenames and test.filenames):
        return None
    names = (*source.fine_labels, "unknown")
    return DataSet(names, tuple(range(len(names))), train, test, training, held_out)


def _sample(records: cifar.Records, without: Sequence[int], each: int, seed: int) -> Split:
    """Return up to `each` pictures of every label but those, chosen by a hash of seed and file name.

    It is the hash that `cut` uses, so 20 of a training class are those that `cut` puts aside when it takes
    one in 25, as the backbone's pretraining does: it has not learnt from the pictures that it is tried on.
    """
    rows: list[int] = []
    for label in np.setdiff1d(records.labels, without):
        members = np.flatnonzero(records.labels == label).tolist()
        rows += sorted(members, key=lambda row: _draw(str(seed), records.filenames[row]))[:each]
    return _take_rows(records, np.array(sorted(rows), dtype=np.int64))


def labels_of(classes: Sequence[str], fine_labels: Sequence[str]) -> tuple[int, ...]:
    """Return the fine label of each class name, in the order of the names.

    Raises UsageError for a name that is unknown, empty or there twice, and for fewer than two names.
    """
    for name in classes:
        if not name:
            raise UsageError(f"CLASSES has an empty name: {','.join(classes)!r}")
        if name not in fine_labels:
            raise UsageError(f"CIFAR-100 has no class {name!r}; {_nearest(name, fine_labels)}")
        if classes.count(name) > 1:
            raise UsageError(f"CLASSES names {name!r} twice: {','.join(classes)!r}")
    if len(classes) < 2:
        raise UsageError(f"CLASSES needs two or more different classes, not {','.join(classes)!r}")
    return tuple(fine_labels.index(name) for name in classes)


def _nearest(name: str, fine_labels: Sequence[str]) -> str:
    """Say which class may have been meant, or which there are."""
    near = difflib.get_close_matches(name.lower().replace(" ", "_"), fine_labels, n=3, cutoff=0.7)
    return f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(sorted(fine_labels))}"


def select(records: cifar.Records, class_labels: Sequence[int]) -> Split:
    """Return the pictures of these classes in row order."""
    return _take_rows(records, np.flatnonzero(np.isin(records.labels, class_labels)))


def _take_rows(records: cifar.Records, rows: np.ndarray) -> Split:
    names = [records.filenames[row] for row in rows]
    return Split(to_images(records.rows[rows]), rows, records.labels[rows], _unique(names, rows))


def to_images(rows: np.ndarray) -> np.ndarray:
    """Turn rows (n, 3072) of red, green and then blue bytes into pictures (n, 32, 32, 3), all in one step."""
    return np.ascontiguousarray(rows.reshape(-1, 3, cifar.SIDE, cifar.SIDE).transpose(0, 2, 3, 1))


def _unique(names: list[str], rows: np.ndarray) -> list[str]:
    """Name a picture after its row too when its name is taken: CIFAR-100 has baby_s_000333.png twice."""
    seen: set[str] = set()
    unique = []
    for name, row in zip(names, rows, strict=True):
        while name in seen:
            name = f"{name.removesuffix('.png')}_row_{row}.png"
        unique.append(name)
        seen.add(name)
    return unique


def _check_every_class_occurs(
    split: Split, classes: Sequence[str], class_labels: Sequence[int], name: str
) -> None:
    counts = Counter(split.labels.tolist())
    for class_name, label in zip(classes, class_labels, strict=True):
        if counts[label] < 2:
            found = "only one" if counts[label] else "no"
            raise SconesError(
                f"this archive has {found} {name} picture of {class_name!r}: choose other CLASSES, "
                "or stage a data set that has them with DATA=cifar100"
            )


def cut(split: Split, fraction: float, seed: int = SEED) -> tuple[Split, Split]:
    """Cut a split in two, (1 - fraction) and fraction of every class, and return both in row order.

    Which pictures go to the second part is decided by a hash of seed and file name, so that it is the same on
    every machine, with every version of numpy. Each part gets at least one picture of every class.
    """
    if not 0 < fraction < 1:
        raise UsageError(
            f"the validation part is a fraction between 0 and 1, such as {VALIDATION}, not {fraction}"
        )
    drawn = [_draw(str(seed), name) for name in split.filenames]
    second: list[int] = []
    for label in np.unique(split.labels):
        members = sorted(np.flatnonzero(split.labels == label).tolist(), key=lambda place: drawn[place])
        second += members[: min(max(1, round(fraction * len(members))), len(members) - 1)]
    chosen = np.isin(np.arange(len(split.rows)), second)
    return split.take(np.flatnonzero(~chosen)), split.take(np.flatnonzero(chosen))


def _draw(lot: str, filename: str) -> bytes:
    return hashlib.sha256(f"{lot}:{filename}".encode()).digest()


# ---- Digests -----------------------------------------------------------------------------------------------


def pixel_digest(split: Split) -> str:
    """Return the SHA-256 over (file name, SHA-256 of its RGB bytes), the files sorted by name."""
    manifest = hashlib.sha256()
    for place in sorted(range(len(split.filenames)), key=split.filenames.__getitem__):
        manifest.update(split.filenames[place].encode())
        manifest.update(hashlib.sha256(split.pixels[place].tobytes()).digest())
    return manifest.hexdigest()


def manifest(data: DataSet, source: str) -> dict[str, object]:
    """Return the data manifest: where the pictures come from, how many there are, what identifies them."""
    digests = data.digests
    identity = json.dumps(digests, sort_keys=True, separators=(",", ":")).encode()
    return {
        "source": source,
        "classes": list(data.classes),
        "counts": data.counts,
        "digests": digests,
        "data_digest": hashlib.sha256(identity).hexdigest(),
    }
