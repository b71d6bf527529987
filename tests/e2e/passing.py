"""Whether every live check there is ran and passed: only then has a release passed e2e."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from scones.errors import SconesError


class PassedChecks:
    """A pytest plugin that calls `mark` with the number of live checks in `folder`, once all have passed.

    All: one that was skipped, expected to fail, left out by -k, by its name or with its whole file, or not
    reached, and nothing is marked. Neither is it where several processes share the checks (pytest-xdist).
    `mark` returns a line for the end of the session. When it fails, that line says why, and the session's
    exit code stays: the checks did pass, and what they passed on runs; a rollback just cannot choose it.
    """

    def __init__(self, folder: Path, mark: Callable[[int], str]) -> None:
        self._folder, self._mark = folder, mark
        self._is_whole = False
        self._checks: set[str] = set()
        self._left_out: list[pytest.Item] = []
        self._passed: set[str] = set()
        self._spoilt = False
        self._line = ""

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._left_out += self._own(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        found = self._own(session.items)
        files = {item.path for item in [*found, *self._left_out]}
        self._checks = {item.nodeid for item in found if _is_live(item)}
        self._is_whole = (
            files == set(self._folder.rglob("test_*.py"))
            and not any(_is_live(item) for item in self._left_out)
            and not any("::" in argument for argument in session.config.args)
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid not in self._checks:
            return
        if report.outcome != "passed" or hasattr(report, "wasxfail"):
            self._spoilt = True
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        if not self._checks or not self._is_whole or self._spoilt or self._passed != self._checks:
            return
        try:
            self._line = self._mark(len(self._passed))
        except (SconesError, ClientError, BotoCoreError, OSError) as error:
            self._line = f"The release is not marked as passed: {' '.join(str(error).split())}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._line:
            terminalreporter.write_line(self._line)

    def _own(self, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        return [item for item in items if item.path.is_relative_to(self._folder)]


def _is_live(item: pytest.Item) -> bool:
    return item.get_closest_marker("live") is not None
