"""The archive that CIFAR-100 comes in: a .tar.gz with the files train, test and meta in one folder.

Nothing is ever unpacked to disk. The archive is read once from front to back, its three files straight into
memory, with a limit on what they may grow to; an archive with a link, a device, or a path that leaves its
folder is refused as a whole.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from scones.errors import SconesError
from scones.files import write_bytes

FOLDER = "cifar-100-python"
LARGEST = {
    "train": 160_000_000,
    "test": 32_000_000,
    "meta": 16_384,
}  # bytes; the official files are a little smaller
LARGEST_ARCHIVE = 2 * sum(LARGEST.values())  # bytes, decompressed, whatever else it may hold

_DAMAGED = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    struct.error,
    ValueError,
    ArithmeticError,
    gzip.BadGzipFile,
)


def read(path: Path) -> dict[str, bytes]:
    """Return the content of the files train, test and meta in the archive at `path`.

    Raises SconesError when there is no such archive, or it is damaged, too large, or not CIFAR-100's.
    """
    try:
        with (
            _Bounded(path) as stream,
            tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 20) as tar,
        ):
            members = _read_members(tar)
    except _DAMAGED as error:
        reason = str(error) or type(error).__name__
        raise SconesError(f"it is damaged, or no .tar.gz ({reason})") from None
    except OSError as error:
        raise SconesError(f"it cannot be read ({error.strerror or error})") from None
    missing = [name for name in LARGEST if name not in members]
    if missing:
        raise SconesError(f"it has no {FOLDER}/{missing[0]}: is this CIFAR-100's python version?")
    return members


def _read_members(tar: tarfile.TarFile) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    for member in tar:
        _check_path(member)
        folder, _, name = member.name.rpartition("/")
        if folder != FOLDER or name not in LARGEST or member.isdir():
            continue
        if name in members:
            raise SconesError(f"it has two files named {member.name}")
        if member.size > LARGEST[name]:
            raise SconesError(
                f"its file {member.name} has {member.size:,} bytes, more than {LARGEST[name]:,}"
            )
        content = tar.extractfile(member)
        members[name] = content.read() if content else b""
        if len(members[name]) != member.size:
            raise EOFError(f"{member.name} ends early")
    return members


def _check_path(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        raise SconesError(f"it has a path that leaves its folder ({member.name[:80]!r}): it was refused")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise SconesError(f"it has a member that is no plain file ({member.name[:80]!r}): it was refused")


class _Bounded(gzip.GzipFile):
    """A gzip stream that refuses to give more than LARGEST_ARCHIVE bytes, whatever a header may ask for."""

    given = 0

    def read(self, size: int | None = -1) -> bytes:
        """Return up to `size` bytes."""
        left = LARGEST_ARCHIVE + 1 - self.given
        chunk = super().read(left if size is None or size < 0 else min(size, left))
        self.given += len(chunk)
        if self.given > LARGEST_ARCHIVE:
            raise SconesError(f"it unpacks to more than {LARGEST_ARCHIVE:,} bytes: it was refused")
        return chunk


def write(path: Path, members: Mapping[str, bytes]) -> None:
    """Write an archive of `members` to `path`, the same bytes for the same content; whole or not at all."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=1, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in members.items():
            header = tarfile.TarInfo(f"{FOLDER}/{name}")
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    write_bytes(path, packed.getvalue())
