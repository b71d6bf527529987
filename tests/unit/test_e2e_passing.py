"""A release has passed when every live check ran and passed; anything less marks nothing."""

from pathlib import Path

import pytest

import e2e.passing  # noqa: F401 - loaded once, or every session in here loads it anew

pytest_plugins = ["pytester"]

# Hypothesis would be loaded anew for every session.
OPTIONS = "--import-mode=importlib -p no:cacheprovider -p no:hypothesispytest"

CONFTEST = """
from pathlib import Path
from e2e.passing import PassedChecks
from scones.errors import SconesError

HERE = Path(__file__).parent

def mark(checks):
    if (HERE / "broken").exists():
        raise SconesError("the bucket is gone")
    (HERE / "marked").write_text(str(checks))
    return f"marked after {checks} checks"

def pytest_configure(config):
    config.addinivalue_line("markers", "live: a live check")
    config.pluginmanager.register(PassedChecks(HERE, mark))
"""
CHECKS = """
import os, pytest

@pytest.mark.live
@pytest.mark.parametrize("n", [1, 2])
def test_first(n):
    assert os.environ.get("FAIL") != str(n)

@pytest.mark.live
def test_second(request):
    if os.environ.get("SKIP"):
        pytest.skip("no workflow")
    if os.environ.get("XFAIL"):
        pytest.xfail("known")

def test_that_is_not_live():
    assert not os.environ.get("FAIL_OTHER")
"""
MORE = """
import os, pytest

@pytest.fixture
def thing():
    yield
    assert not os.environ.get("FAIL_TEARDOWN")

@pytest.mark.live
def test_third(thing):
    pass
"""


OTHER = """
import os

def test_other():
    assert not os.environ.get("FAIL_OTHER")
"""


@pytest.fixture
def checks(pytester: pytest.Pytester) -> Path:
    """The folder of the live checks, two files of them, in a suite that has other tests too."""
    pytester.makeini(f"[pytest]\ntestpaths = tests\naddopts = {OPTIONS}\n")
    folder = pytester.mkdir("suite") / "live"  # no name that the suite itself has: modules would meet
    folder.mkdir()
    (folder.parent / "test_other.py").write_text(OTHER)
    for name, content in (("conftest.py", CONFTEST), ("test_checks.py", CHECKS), ("test_more.py", MORE)):
        (folder / name).write_text(content)
    return folder


def marked(checks: Path) -> str | None:
    path = checks / "marked"
    return path.read_text() if path.exists() else None


@pytest.mark.parametrize("words", [[], ["-m", "live", "suite/live"]], ids=["the whole suite", "as make e2e"])
def test_when_every_live_check_has_passed_the_release_is_marked(
    pytester: pytest.Pytester, checks: Path, words: list[str]
) -> None:
    done = pytester.runpytest_inprocess("-q", *words)

    assert (done.ret, marked(checks)) == (pytest.ExitCode.OK, "4")
    done.stdout.fnmatch_lines(["marked after 4 checks"])


def test_a_failure_of_another_test_says_nothing_of_the_release(
    pytester: pytest.Pytester, checks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIL_OTHER", "1")

    assert pytester.runpytest_inprocess().ret == pytest.ExitCode.TESTS_FAILED
    assert marked(checks) == "4"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("FAIL", "2"), ("SKIP", "1"), ("XFAIL", "1"), ("FAIL_TEARDOWN", "1")],
    ids=["failed", "skipped", "expected to fail", "failed to clean up"],
)
def test_one_check_that_did_not_pass_marks_nothing(
    pytester: pytest.Pytester, checks: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    pytester.runpytest_inprocess("-m", "live")

    assert marked(checks) is None


@pytest.mark.parametrize(
    "words",
    [
        ["-k", "first"],
        ["-k", "not third"],
        ["--deselect", "suite/live/test_more.py::test_third"],
        ["--ignore", "suite/live/test_more.py"],
        ["suite/live/test_checks.py"],
        ["suite/live/test_more.py", "suite/live/test_checks.py::test_first"],
        ["suite/live/test_more.py", "suite/live/test_checks.py::test_first[1]"],
        ["suite/test_other.py"],
        ["-m", "not live"],
        ["--collect-only"],
        ["--setup-only"],
    ],
    ids=" ".join,
)
def test_a_part_of_the_checks_marks_nothing(
    pytester: pytest.Pytester, checks: Path, words: list[str]
) -> None:
    done = pytester.runpytest_inprocess(*words)

    assert (done.ret, marked(checks)) == (pytest.ExitCode.OK, None)


@pytest.mark.parametrize("words", [["-x"], ["--maxfail=1"]], ids=" ".join)
def test_checks_that_were_not_reached_mark_nothing(
    pytester: pytest.Pytester, checks: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("FAIL_OTHER", "1")

    pytester.runpytest_inprocess("suite/test_other.py", "suite/live", *words)

    assert marked(checks) is None


def test_a_file_that_cannot_be_loaded_marks_nothing(pytester: pytest.Pytester, checks: Path) -> None:
    (checks / "test_broken.py").write_text("raise RuntimeError\n")

    pytester.runpytest_inprocess("--continue-on-collection-errors")

    assert marked(checks) is None


def test_a_mark_that_fails_is_said_in_one_line_and_the_checks_stay_passed(
    pytester: pytest.Pytester, checks: Path
) -> None:
    (checks / "broken").touch()

    done = pytester.runpytest_inprocess("-q")

    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["The release is not marked as passed: the bucket is gone"])
