"""Tests in a browser are never left out silently where a browser has to be there."""

from pathlib import Path

import pytest

from .conftest import REQUIRED, program


@pytest.mark.parametrize(
    ("variables", "outcome"),
    [
        ({}, pytest.skip.Exception),
        ({"CI": "true"}, pytest.fail.Exception),
        ({REQUIRED: "1"}, pytest.fail.Exception),
        ({REQUIRED: "0"}, pytest.skip.Exception),
        ({REQUIRED: "0", "CI": "true"}, pytest.skip.Exception),
    ],
)
def test_without_a_browser_a_laptop_skips_and_ci_fails(
    variables: dict[str, str],
    outcome: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (REQUIRED, "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "PATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(outcome, match="there is no chromedriver here: apt-get install"):
        program("chromedriver")


def test_a_program_that_is_there_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chromedriver").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert program("no-such-driver", "chromedriver") == str(tmp_path / "chromedriver")
