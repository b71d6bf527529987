"""Download a large file that is worth keeping: with progress, going on where the last attempt stopped.

The bytes that have arrived wait in `<name>.part` beside the target, also over several runs. Only a file that
is proved intact takes the target's name.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from scones.errors import SconesError

Progress = Callable[[int, int], None]  # bytes that are here, bytes in all (0: not known)

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without a byte
ATTEMPTS = 4  # in a row without a single new byte
LONGEST_PAUSE = 8.0  # seconds


class _Interrupted(Exception):
    """The connection failed or ended early; what has arrived is kept."""


def fetch(
    url: str,
    target: Path,
    is_intact: Callable[[Path], bool],
    progress: Progress = lambda _here, _total: None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Download `url` to `target`, unless it is there.

    Raises SconesError when the server cannot be reached, refuses, or sends something that `is_intact` denies.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    resumed = part.exists()
    _receive_all(url, part, progress, pause)
    if not is_intact(part) and resumed:  # it began as another file, perhaps: once more, from the start
        part.unlink()
        _receive_all(url, part, progress, pause)
    if not is_intact(part):
        part.unlink()
        raise SconesError(f"what {url} sent is not what it should be (wrong checksum), and was removed")
    part.replace(target)


def _receive_all(url: str, part: Path, progress: Progress, pause: Callable[[float], None]) -> None:
    failures = 0
    while True:
        before = _size(part)
        try:
            _receive(url, part, progress)
            return
        except _Interrupted as error:
            failures = failures + 1 if _size(part) <= before else 1
            if failures >= ATTEMPTS:
                raise SconesError(f"cannot download {url}: {error}. {_size(part):,} bytes are kept") from None
        pause(min(LONGEST_PAUSE, 2.0 ** (failures - 1)))


def _receive(url: str, part: Path, progress: Progress) -> None:
    """Ask for what is missing of `part`, once, and append it."""
    here = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={here}-"} if here else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            goes_on = response.status == http.client.PARTIAL_CONTENT
            with part.open("ab" if goes_on else "wb") as file:
                _copy(response, file, here if goes_on else 0, progress)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is missing
        if error.code < http.client.INTERNAL_SERVER_ERROR and error.code != http.client.TOO_MANY_REQUESTS:
            raise SconesError(
                f"cannot download {url}: the server answers {error.code} {error.reason}"
            ) from None
        raise _Interrupted(f"the server answers {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _Interrupted(str(error.reason)) from None
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        raise _Interrupted(str(error) or type(error).__name__) from None


def _copy(response: http.client.HTTPResponse, file: BinaryIO, here: int, progress: Progress) -> None:
    length = int(response.headers.get("Content-Length") or 0)
    total = here + length if length else 0
    while chunk := response.read(CHUNK):
        file.write(chunk)
        here += len(chunk)
        progress(here, total)
    if here < total:
        raise _Interrupted(f"the connection ended after {here:,} of {total:,} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
