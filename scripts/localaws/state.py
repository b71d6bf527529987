"""A server's folder: who owns it, where its server is, and when what lies in it is stale.

`.localaws` in the folder is locked by the server for as long as it lives, so "is it running" never trusts a
process id. A folder that was once a server's, and is no longer, describes an account that has ceased to
exist: it is wiped before it is used again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .settings import LocalAwsError, Settings

_MARK = ".localaws"
_ADDRESS = "localaws.json"
LOG = "localaws.log"


@contextmanager
def owned(home: Path) -> Iterator[bool]:
    """Hold `home` for the life of the block. Yields whether a dead server's state was wiped from it.

    Raises LocalAwsError when a live server holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    used_before = (home / _MARK).exists()
    with (home / _MARK).open("a") as mark:
        if not _lock(mark.fileno(), patience=1.0):
            raise LocalAwsError(
                f"local AWS already runs for {home}; `python -m localaws stop --home {home}` ends it"
            )
        wiped = used_before and _wipe(home)
        yield wiped


def is_running(home: Path) -> bool:
    """Whether a live server holds `home`."""
    try:
        with (home / _MARK).open() as mark:
            return not _lock(mark.fileno())
    except FileNotFoundError:
        return False


def announce(settings: Settings, port: int) -> None:
    """Write localaws.json: the server answers from now on."""
    address = {
        "endpoint_url": settings.endpoint_url,
        "pid": os.getpid(),
        "port": port,
        "log": str(settings.home / LOG),
        "region": settings.region,
        "account_id": settings.account_id,
    }
    part = settings.home / f"{_ADDRESS}.part"
    part.write_text(json.dumps(address, indent=2) + "\n")
    part.replace(settings.home / _ADDRESS)


def withdraw(home: Path) -> None:
    (home / _ADDRESS).unlink(missing_ok=True)


def address(home: Path) -> dict[str, Any] | None:
    """What localaws.json says, or None while there is none."""
    try:
        told: dict[str, Any] = json.loads((home / _ADDRESS).read_text())
        return told
    except FileNotFoundError:
        return None


def remove(home: Path) -> None:
    """Remove the folder of a server that has ended; a folder that never was a server's stays."""
    if (home / _MARK).is_file():
        shutil.rmtree(home)


def _lock(descriptor: int, patience: float = 0.0) -> bool:
    """Try to lock; `patience` seconds outlast an `is_running` elsewhere, which locks for an instant."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)


def _wipe(home: Path) -> bool:
    left = [path for path in home.iterdir() if path.name not in (_MARK, LOG)]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
    return bool(left)
