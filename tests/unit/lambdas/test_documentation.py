"""What people look up when an execution has failed: every error by its name."""

import re
from pathlib import Path

import pytest

from .conftest import LAMBDAS, error_classes, load_function

FUNCTIONS = sorted(path.parent.name for path in LAMBDAS.glob("*/handler.py"))
TABLE_ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| .* \|$", re.MULTILINE)
TABLES = (LAMBDAS.parent / "statemachine" / "README.md", LAMBDAS / "README.md")


def documented() -> dict[str, str]:
    """Each error in the tables, with the functions that they say can raise it."""
    found: dict[str, str] = {}
    for error, functions in (row for table in TABLES for row in TABLE_ROW.findall(table.read_text())):
        found[error] = f"{found[error]}, {functions}" if error in found else functions
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_error_is_documented_under_its_function(function: str) -> None:
    table = documented()
    raised = {error.__name__ for error in error_classes(load_function(function))}

    assert raised == {
        name for name, functions in table.items() if function in functions or "every function" in functions
    } - ({"InvalidConfiguration"} - raised)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_error_says_what_it_means(function: str) -> None:
    assert all(error.__doc__ for error in error_classes(load_function(function)))


def test_every_function_and_its_variables_are_documented() -> None:
    readme = (LAMBDAS / "README.md").read_text()
    for function in FUNCTIONS:
        [row] = [line for line in readme.splitlines() if line.startswith(f"| [{function}]")]
        source = Path(LAMBDAS / function / "handler.py").read_text()
        variables = re.findall(r'environ\w*\.get\("([A-Z_]+)"', source)
        assert [name for name in variables if f"`{name}`" not in row] == []
