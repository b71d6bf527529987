"""Small archives in CIFAR-100's format, whole and broken."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scones.staging import archive, cifar

BICYCLE, MOTORCYCLE, ORANGE = 8, 48, 53


def records(labels: list[int], seed: int = 0) -> cifar.Records:
    """A split of random pictures with these fine labels, named bike_s_000000.png and so on."""
    rows = np.random.default_rng(seed).integers(0, 256, (len(labels), cifar.ROW_BYTES)).astype(np.uint8)
    return cifar.Records(rows, np.array(labels), [f"bike_s_{place:06d}.png" for place in range(len(labels))])


def members(train: list[int] | None = None, test: list[int] | None = None) -> dict[str, bytes]:
    """The three files of an archive; by default 20 + 4 pictures of two classes, and some oranges."""
    train = train or [BICYCLE, ORANGE, MOTORCYCLE] * 10
    test = test or [MOTORCYCLE, BICYCLE, ORANGE] * 2
    return {
        "train": cifar.write_split(records(train, 1), "toy train"),
        "test": cifar.write_split(records(test, 2), "toy test"),
        "meta": cifar.write_meta(),
    }


def write(path: Path, **changes: bytes) -> Path:
    """Write a toy archive in which some members are replaced."""
    archive.write(path, members() | changes)
    return path


def write_tar(path: Path, entries: Mapping[str, bytes], *extra: tarfile.TarInfo) -> Path:
    """Write a .tar.gz of any entries, good or bad."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in entries.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
        for header in extra:
            tar.addfile(header)
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A tar member that is no plain file."""
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, target
    return header
