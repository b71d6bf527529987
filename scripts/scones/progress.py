"""Progress bars on standard error, where that is a terminal; nothing at all where it is not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


@contextmanager
def count_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar for `total` things; the function that it gives is called once for each."""
    with _bar(MofNCompleteColumn()) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def byte_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for bytes; the function that it gives takes the bytes that are there, and all (0: not known)."""
    with _bar(DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task(title, total=None, visible=False)
        yield lambda here, total: progress.update(task, completed=here, total=total or None, visible=True)


def _bar(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    shape = (TextColumn("{task.description}"), BarColumn(), *columns, TimeRemainingColumn())
    return Progress(*shape, console=console, transient=True, disable=not sys.stderr.isatty())


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A line that moves while something takes its time, and is gone afterwards."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{title} …"):
        yield
