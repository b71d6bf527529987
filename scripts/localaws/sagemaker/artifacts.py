"""model.tar.gz in and out: packed the same way for the same content, unpacked without trusting the archive.

Links and devices in an archive are refused, though SageMaker accepts links that stay inside.
"""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from pathlib import Path

UNPACKED_LIMIT = 8 * 1024**3  # bytes; a laptop's disk is no ml.m5 instance's 30 GB volume


class ArtifactError(Exception):
    """An archive that cannot be unpacked; the message says why."""


def pack(folder: Path) -> bytes:
    """A gzipped tar of a folder's content, equal for equal content: sorted, no times, no owners, one mode."""
    packed = io.BytesIO()
    # level 1: weights are noise to gzip, and a higher level only costs time
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0, compresslevel=1) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            _add(tar, path, path.relative_to(folder).as_posix())
    return packed.getvalue()


def unpack(archive: Path, folder: Path, limit: int = UNPACKED_LIMIT) -> None:
    """Unpack a gzipped tar into `folder`.

    Raises ArtifactError when it is no such archive, when a member would leave the folder or is neither file
    nor folder, or when the content is larger than `limit` bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    left = limit
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                left -= member.size
                if left < 0:
                    raise ArtifactError(f"it holds more than {limit} bytes")
                _extract(tar, member, folder.resolve())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArtifactError(f"it is not a gzipped tar archive: {error}") from error


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    if path.is_dir():
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(member)
    else:
        member.size, member.mode = path.stat().st_size, 0o644
        with path.open("rb") as content:
            tar.addfile(member, content)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = (folder / member.name).resolve()
    if not target.is_relative_to(folder):
        raise ArtifactError(f"its member {member.name!r} would leave the folder")
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    content = tar.extractfile(member) if member.isfile() else None
    if content is None:
        raise ArtifactError(f"its member {member.name!r} is neither a file nor a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with content, target.open("wb") as output:
        shutil.copyfileobj(content, output)
