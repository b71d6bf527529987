"""A check of the repository: it has a name, looks at a tree, and finds something or nothing.

A check's function returns nothing when all is well. It raises Found with what the tool said, Skipped when the
check cannot be made here and need not be, or SconesError when it cannot be made and should be.
"""

import functools
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import ParamSpec, TypeVar

from scones.errors import SconesError

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

OK, FAILED, SKIPPED = "ok", "FAILED", "skipped"


class Found(Exception):
    """What a check found, in the words of its tool."""


class Skipped(Exception):
    """Why a check is not made here."""


@dataclass(frozen=True)
class Place:
    """The repository that is checked, and where checks may write: `work` for files, `tools` for programs."""

    repository: Path
    work: Path
    tools: Path

    @property
    def terraform(self) -> Path:
        return self.repository / "terraform"


@dataclass(frozen=True)
class Check:
    """A check and what it is called on the command line."""

    name: str
    look: Callable[[Place], None]


@dataclass(frozen=True)
class Outcome:
    """How a check ended: its result (OK, FAILED, SKIPPED), what it said, and how long it took in seconds."""

    name: str
    result: str
    said: str
    seconds: float


def run(checks: Sequence[Check], place: Place, workers: int) -> Iterator[Outcome]:
    """Make the checks, `workers` at a time, and give each outcome as soon as it is there."""
    with ThreadPoolExecutor(workers) as pool:
        try:
            waiting = [pool.submit(outcome, check, place) for check in checks]
            yield from (future.result() for future in as_completed(waiting))
        finally:
            pool.shutdown(cancel_futures=True)


def outcome(check: Check, place: Place) -> Outcome:
    """Make one check. A check that breaks has failed: nothing that it would have found may pass."""
    start = time.perf_counter()
    try:
        check.look(place)
        result, said = OK, ""
    except Skipped as reason:
        result, said = SKIPPED, str(reason)
    except (Found, SconesError) as error:
        result, said = FAILED, str(error)
    except Exception:
        result, said = FAILED, f"the check itself broke:\n{traceback.format_exc()}"
    return Outcome(check.name, result, said, time.perf_counter() - start)


def once(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Compute an answer once for the same arguments, also when checks ask for it at the same time."""
    lock = RLock()
    remembering = functools.cache(function)

    @functools.wraps(function)
    def alone(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        with lock:
            return remembering(*args, **kwargs)  # type: ignore[arg-type]

    return alone
