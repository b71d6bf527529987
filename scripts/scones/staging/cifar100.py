"""What is known of the official CIFAR-100.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from scones.errors import SconesError
from scones.staging import archive

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
ARCHIVE_NAME = "cifar-100-python.tar.gz"
ARCHIVE_MD5 = "eb9058c3a382ffc7106e4002c42a8d85"  # as published beside the download

MEMBER_MD5 = {
    "train": "16019d7e3df5f24257cddd939b257f8d",
    "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
    "meta": "7973b15100ade9c7d40fb424638fde48",
}
TRAIN_PICTURES, TEST_PICTURES = 50_000, 10_000

# Of these two classes the right outcome is known to the byte: it equals what independent workflows have
# staged.
CLASSES = ("bicycle", "motorcycle")
DIGESTS = {
    "train.lst": "3c74fc8f6895ceed3c309940d67b21bffce9a750bf613bbdadd435e251627049",
    "test.lst": "d9a20a8ec8a0efb8ddbe562db2d16bed563c00426718d57bf99242b74781c983",
    "train_pixels": "31467bcfe4e27185455685bbae8e88f8d35f97ce207b4a25612ca954d9b92173",
    "test_pixels": "39b03e66454a64e96cba6d1a789e77ee7ca167a44506703a2a3057e46e6cb91b",
}


def is_official(members: Mapping[str, bytes]) -> bool:
    """Say whether an archive's files are the official ones; how they are packed does not matter."""
    return all(
        hashlib.md5(members[name], usedforsecurity=False).hexdigest() == md5
        for name, md5 in MEMBER_MD5.items()
    )


def claims_to_be_official(archive_name: str, train_pictures: int, test_pictures: int) -> bool:
    """Say whether an archive poses as CIFAR-100, by its name or by its size."""
    sizes = (train_pictures, test_pictures)
    return archive_name == ARCHIVE_NAME or sizes == (TRAIN_PICTURES, TEST_PICTURES)


def check_digests(digests: Mapping[str, str]) -> None:
    """Compare what was made of the official archive with what must come of it: SconesError if it differs.

    The classic mistake, test files that hold training pixels, is one of those that this catches.
    """
    wrong = [name for name, digest in DIGESTS.items() if digests.get(name) != digest]
    if wrong:
        raise SconesError(
            f"{', '.join(wrong)} made of the official CIFAR-100 differ from what is known of it: "
            "the extraction is at fault, nothing was staged; report this as a defect"
        )


def is_official_archive(path: Path) -> bool:
    """Say whether the file at `path` is the official archive, or another one of the same files."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, _md5).hexdigest() == ARCHIVE_MD5:
            return True
    try:
        return is_official(archive.read(path))
    except SconesError:
        return False


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)
