"""The package of a job in script mode: the algorithm's folder as the sourcedir.tar.gz of AWS's container.

    train.py, inference.py   what the container looks for: the folder's own script_mode/
    algorithm/               the package itself, with the backbone that it starts from

There is no requirements.txt: the container would install it at its start, and an endpoint that is cut off
from every network would never be in service. What the program imports is what the containers hold.

The package is named by a digest of its content, so that the same program is the same package on every
machine, whatever its zlib makes of it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ENTRY_POINTS = "script_mode"
BACKBONE = "backbone/backbone.safetensors"
NOT_NEEDED = ("README.md", "container.json")


@dataclass(frozen=True)
class SourcePackage:
    """`digest` in 64 hexadecimal digits names what is in the archive `content`.

    `is_pretrained`: a backbone is in it, which training can start from.
    """

    digest: str
    is_pretrained: bool
    content: bytes = field(repr=False)

    @property
    def key(self) -> str:
        return f"code/{self.digest}/sourcedir.tar.gz"


def build_package(algorithm: Path) -> SourcePackage:
    """Pack the algorithm's folder: sorted, without caches, times, owners or hidden files."""
    members = {_place(path.relative_to(algorithm), algorithm.name): path for path in _files(algorithm)}
    digest, packed = hashlib.sha256(), io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path in sorted(members.items()):
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return SourcePackage(digest.hexdigest(), f"{algorithm.name}/{BACKBONE}" in members, packed.getvalue())


def upload_package(s3: S3Client, bucket: str, package: SourcePackage) -> str:
    """Put the package where a job finds it, once; return its s3:// address."""
    try:
        s3.head_object(Bucket=bucket, Key=package.key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        s3.put_object(Bucket=bucket, Key=package.key, Body=package.content)
    return f"s3://{bucket}/{package.key}"


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.name not in NOT_NEEDED
        and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts)
    ]


def _place(path: Path, package: str) -> str:
    """Where a file of the folder lies in the archive."""
    if path.parts[0] == ENTRY_POINTS:
        return PurePosixPath(*path.parts[1:]).as_posix()
    return PurePosixPath(package, *path.parts).as_posix()
