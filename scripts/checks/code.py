"""Checks of Python, shell and YAML."""

from pathlib import Path

from checks import readme
from checks.check import Found, Place
from checks.programs import accepts, installed

YAML_RULES = Path(__file__).parent / "yamllint.yml"


def ruff(place: Place) -> None:
    """Style, likely defects, and the order of imports."""
    accepts([installed("ruff"), "check", "--quiet", "."], place.repository)


def ruff_format(place: Place) -> None:
    """The project's one way to lay out code."""
    accepts([installed("ruff"), "format", "--check", "--quiet", "--diff", "."], place.repository)


def mypy(place: Place) -> None:
    """Types, those of AWS's operations among them."""
    accepts([installed("mypy"), "--no-error-summary", "--hide-error-context", "scripts"], place.repository)


def shellcheck(place: Place) -> None:
    """Every shell script, also those without a suffix."""
    scripts = [place.repository / ".ci" / "run", *sorted(place.repository.glob("scripts/**/*.sh"))]
    accepts([installed("shellcheck"), "--norc", *scripts], place.repository)


def yamllint(place: Place) -> None:
    """The workflows' layout, and keys that are written twice."""
    files = sorted((place.repository / ".github").rglob("*.yml"))
    if not files:
        raise Found("there is no YAML file in .github")
    accepts([installed("yamllint"), "--strict", "-c", YAML_RULES, *files], place.repository)


def readmes(place: Place) -> None:
    """The tables in READMEs, against the code and the tests that they are written from."""
    stale = readme.stale_among(readme.readmes(place.terraform))
    if stale:
        names = [str(path.relative_to(place.repository)) for path in stale]
        raise Found("\n".join([*(f"{name}: not as the code says" for name in names), "Run 'make docs'."]))
