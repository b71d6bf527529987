"""Where the pictures come from: drawn by this program, CIFAR-100 from its home, or an archive that one has.

Nothing here falls back: the source that was asked for is used, or the command fails and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scones.errors import SconesError, UsageError
from scones.staging import cifar100
from scones.staging.cache import VARIABLE
from scones.staging.download import Progress, fetch
from scones.staging.drawn import dataset as drawn

DRAWN = "drawn"
CIFAR100 = "cifar100"

Fetch = Callable[[str, Path, Callable[[Path], bool], Progress], None]


@dataclass(frozen=True)
class Source:
    """A source as the data manifest names it, and the archive that stands for it."""

    name: str
    archive: Path
    description: str


def find_source(
    data: str, cache: Path, progress: Progress = lambda _here, _total: None, fetch: Fetch = fetch
) -> Source:
    """Return the source that `data` names, with its archive on this machine.

    Draws or downloads it first when need be. Raises UsageError when `data` names nothing, SconesError when
    the download fails.
    """
    try:
        if data == DRAWN:
            return _drawn(cache)
        if data == CIFAR100:
            return _downloaded(cache, progress, fetch)
    except OSError as error:
        raise SconesError(
            f"cannot write {error.filename or cache} ({error.strerror}): set {VARIABLE}"
        ) from None
    path = Path(data).expanduser()
    if not path.is_file():
        raise UsageError(f"there is no archive {data!r}: DATA is {DRAWN}, {CIFAR100}, or an archive's path")
    return Source(path.name, path, f"the archive {path}")


def _drawn(cache: Path) -> Source:
    path = cache / f"drawn-{drawn.fingerprint()}.tar.gz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)  # before the drawing, which would be lost
        drawn.write_archive(path)
    return Source(DRAWN, path, "pictures drawn by this program, no photographs")


def _downloaded(cache: Path, progress: Progress, fetch: Fetch) -> Source:
    path = cache / cifar100.ARCHIVE_NAME
    try:
        fetch(cifar100.URL, path, cifar100.is_official_archive, progress)
    except SconesError as error:
        raise SconesError(
            f"{error}; run it again to go on, name a copy with DATA=<path>, or draw pictures with DATA=drawn"
        ) from None
    return Source(CIFAR100, path, f"CIFAR-100 from {cifar100.URL}")
