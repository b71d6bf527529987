"""Answer pictures without the endpoint: its model, in a process of its own on this machine."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scones.errors import SconesError
from scones.evaluation.endpoint import Reply
from scones.evaluation.staged import Picture
from scones.s3 import split_uri
from scones.training.record import is_share, probabilities_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LARGEST_ARCHIVE = 1 << 30  # bytes packed
LARGEST_MODEL = 2 << 30  # bytes unpacked, all members together
MOST_MEMBERS = 1000
TIMEOUT = 900  # seconds
CHUNK = 1 << 20  # bytes


def answer_offline(
    s3: S3Client,
    model_data_url: str,
    pictures: Sequence[Picture],
    classes: int,
    program: Sequence[str],
    environment: Mapping[str, str],
) -> list[Reply]:
    """Return what the model says of each picture, in order.

    `program` is run with --model, --pictures and --list, and prints a line of JSON a picture, in the list's
    order. SconesError when the model cannot be unpacked or the program fails.
    """
    with tempfile.TemporaryDirectory(prefix="scones-evaluation-") as name:
        folder = Path(name)
        _unpack(_download(s3, model_data_url, folder / "model.tar.gz"), folder / "model", model_data_url)
        (folder / "pictures").mkdir()
        lines = []
        for number, picture in enumerate(pictures):
            file = f"{number:07}.png"  # a key may be no path at all; the decoder looks at the bytes
            (folder / "pictures" / file).write_bytes(picture.body)
            lines.append(f"{number}\t0\t{file}\n")
        (folder / "pictures.lst").write_text("".join(lines))
        words = ["--model", "model", "--pictures", "pictures", "--list", "pictures.lst"]
        output = _run([*program, *words], folder, environment)
        return _read(output, pictures, classes)


def _run(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        raise SconesError(f"the model did not answer within {TIMEOUT} s in a process of its own") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise SconesError(f"the model cannot answer in a process of its own: {reason[:300]}")
    return done.stdout


def _read(output: str, pictures: Sequence[Picture], classes: int) -> list[Reply]:
    lines = output.splitlines()
    if len(lines) != len(pictures):
        raise SconesError(
            f"the process on its own answered {len(lines)} of {len(pictures)} pictures: it was cut off"
        )
    try:
        return [_reply(json.loads(line), classes, p.key) for line, p in zip(lines, pictures, strict=True)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SconesError(f"the process on its own gave an answer that is none ({error})") from None


def _reply(answer: Mapping[str, object], classes: int, key: str) -> Reply:
    score = answer.get("out_of_domain")
    if score is not None and not is_share(score):
        raise ValueError(f"{key} has the out-of-domain score {score!r}")
    return Reply(tuple(probabilities_of(answer["probabilities"], classes, key)), score, 0.0)  # type: ignore[arg-type]


def _download(s3: S3Client, uri: str, path: Path) -> Path:
    bucket, key = split_uri(uri)
    answer = s3.get_object(Bucket=bucket, Key=key)
    if answer["ContentLength"] > LARGEST_ARCHIVE:
        raise SconesError(f"{uri} has more than {LARGEST_ARCHIVE:,} bytes: it is no model of this workflow")
    with path.open("wb") as file:
        for chunk in answer["Body"].iter_chunks(CHUNK):
            file.write(chunk)
    return path


def _unpack(archive: Path, folder: Path, uri: str) -> None:
    """Unpack regular files and folders that stay inside; whatever else is in the archive refuses it whole."""
    folder.mkdir()
    try:
        with tarfile.open(archive, mode="r:gz") as tar:
            size = 0
            for count, member in enumerate(tar, start=1):
                size += member.size
                if count > MOST_MEMBERS or size > LARGEST_MODEL:
                    raise SconesError(f"{uri} unpacks to more than a model has: it is not unpacked")
                if not (member.isreg() or member.isdir()):
                    raise SconesError(f"{uri} holds {member.name!r}, which is no file: it is not unpacked")
                tar.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise SconesError(f"{uri} cannot be unpacked ({' '.join(str(error).split())[:120]})") from None
