"""Child processes that never outlive the server: functions, training jobs and endpoints are started here.

A child is the leader of its own process group. It dies with the server in any case: `stop_all` on an ordinary
end, the kernel (PR_SET_PDEATHSIG, Linux) and the guardian process (its pipe closes) when the server is
killed. See guardian.py.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

_GUARDIAN = [sys.executable, "-S", "-E", str(Path(__file__).with_name("guardian.py"))]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE")

# PR_SET_PDEATHSIG fires when the *thread* that started the child ends, and a request's thread ends with the
# request. So one thread, which lives as long as the server, starts every child.
_starter = ThreadPoolExecutor(1, thread_name_prefix="start-process")
_lock = threading.Lock()
_ending = threading.Event()
_children: dict[int, Child] = {}
_guardian: subprocess.Popen[str] | None = None


class Child:
    """A running child and its process group."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.pid = process.pid  # also the process group's id

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe of a child started with `stdout=subprocess.PIPE`."""
        assert self.process.stdout is not None
        return self.process.stdout

    def poll(self) -> int | None:
        """The exit status, negative for a signal, or None while it runs."""
        status = self.process.poll()
        if status is not None:
            self._forget()
        return status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit status. Raises subprocess.TimeoutExpired."""
        status = self.process.wait(timeout)
        self._forget()
        return status

    def signal(self, number: int) -> None:
        """Signal the whole group; a group that is gone is fine."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def stop(self, grace_seconds: float = 2.0) -> int:
        """SIGTERM, then SIGKILL after `grace_seconds`; returns the exit status."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(grace_seconds)
        return self.kill()

    def kill(self) -> int:
        self.signal(signal.SIGKILL)
        return self.wait()

    def _forget(self) -> None:
        with _lock:
            if _children.pop(self.pid, None) is None:
                return
        self.signal(signal.SIGKILL)  # the leader is gone; whatever it left behind goes too
        with _lock:
            _tell_guardian(f"-{self.pid}\n")


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.STDOUT,
) -> Child:
    """Start a child with exactly this environment.

    Raises OSError when it cannot be started, RuntimeError when the server is ending.
    """
    if _ending.is_set():
        raise RuntimeError("local AWS is ending")
    return _starter.submit(_spawn, list(command), dict(env), cwd, stdout, stderr).result()


def environment(**extra: str) -> dict[str, str]:
    """A child's environment: the few host variables a program needs, none of the host's AWS settings, and
    `extra`."""
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    host = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**host, **nowhere, "PYTHONUNBUFFERED": "1", **extra}


def stop_all(grace_seconds: float = 2.0) -> None:
    """End every child: all are asked at once, then those that stay are killed."""
    _ending.set()
    with _lock:
        children = list(_children.values())
    deadline = time.monotonic() + grace_seconds  # one for all
    for child in children:
        child.signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()


def _spawn(
    command: list[str],
    env: dict[str, str],
    cwd: Path | None,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
) -> Child:
    process = subprocess.Popen(
        [*_GUARDIAN, "exec", str(os.getpid()), *command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
    child = Child(process)
    with _lock:
        _children[child.pid] = child
        _tell_guardian(f"+{child.pid}\n")
    return child


def _tell_guardian(line: str) -> None:
    global _guardian
    if _guardian is None or _guardian.poll() is not None:
        _guardian = subprocess.Popen(
            [*_GUARDIAN, "watch"], stdin=subprocess.PIPE, text=True, start_new_session=True, close_fds=True
        )
        line = "".join(f"+{pid}\n" for pid in _children)
    assert _guardian.stdin is not None
    _guardian.stdin.write(line)
    _guardian.stdin.flush()
