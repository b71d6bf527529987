"""Keeps promises a killed server cannot keep: run by path, with nothing imported that takes time.

    python -S -E guardian.py exec PARENT_PID COMMAND...   tie this process to its parent's life, become
    COMMAND python -S -E guardian.py watch                        read "+PGID" / "-PGID" lines; at the end
    kill what is left

`exec` is immediate but Linux only and reaches only the process itself. `watch` works on every Unix and
reaches whole process groups: its input is a pipe from the server, so it ends when the server does, however
that happens.
"""

import contextlib
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def execute(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before the signal was set
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - it is what this program is for
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


def watch() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "exec":
        execute(int(sys.argv[2]), sys.argv[3:])
    else:
        watch()
