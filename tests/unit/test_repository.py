"""The rules that hold for the whole repository: who imports whom, and what every command owes its user."""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scones.settings import REPOSITORY

SCRIPTS = REPOSITORY / "scripts"
OURS = {"scones", "algorithm", "localaws"}
EVERYWHERE = {"package.py", "lint.py", "document.py", "pretrain.py"}  # these know no environment
NEEDED = {"unlock.py": ["some-lock"]}
COMMANDS = sorted(SCRIPTS.glob("*.py"), key=lambda path: path.name)


def imports(file: Path) -> Iterator[str]:
    """The top-level packages that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def imported_below(folder: Path) -> dict[str, set[str]]:
    return {str(file.relative_to(REPOSITORY)): set(imports(file)) for file in sorted(folder.rglob("*.py"))}


def foreign(folder: Path, allowed: set[str]) -> dict[str, set[str]]:
    known = sys.stdlib_module_names | allowed
    found = {file: packages - known for file, packages in imported_below(folder).items()}
    return {file: packages for file, packages in found.items() if packages}


def test_functions_import_boto3_and_the_standard_library_only() -> None:
    for function in (path.parent for path in (REPOSITORY / "lambdas").glob("*/handler.py")):
        assert foreign(function, {"boto3", "botocore", *(path.stem for path in function.glob("*.py"))}) == {}


def test_the_algorithm_imports_nothing_of_ours() -> None:
    # The last is there in AWS's serving container alone.
    allowed = {"algorithm", "torch", "numpy", "PIL", "sagemaker_inference"}

    assert foreign(SCRIPTS / "algorithm", allowed) == {}


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [("localaws", OURS - {"localaws"}), ("scones", OURS - {"scones"} | {"torch", "moto"})],
)
def test_libraries_do_not_know_the_other_parts(package: str, forbidden: set[str]) -> None:
    found = {file: names & forbidden for file, names in imported_below(SCRIPTS / package).items()}

    assert {file: names for file, names in found.items() if names} == {}


def parts_below(folder: Path, package: str) -> dict[str, set[str]]:
    """Which parts (folders) of a package each of its parts imports, wherever in a file the import stands."""
    parts = {path.parent.name for path in folder.glob("*/__init__.py")}
    found: dict[str, set[str]] = {part: set() for part in parts}
    for part in parts:
        for file in (folder / part).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
                else:
                    continue
                found[part] |= {name.split(".")[1] for name in names if name.startswith(f"{package}.")}
    return {part: (names & parts) - {part} for part, names in found.items()}


def test_the_parts_of_scones_import_each_other_in_one_direction_only() -> None:
    """What two parts share has its home beside them, in scones itself."""
    try:
        graphlib.TopologicalSorter(parts_below(SCRIPTS / "scones", "scones")).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"these import each other in a circle: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize(
    "line", ["from scones import one", "import scones.one", "from scones.one.b import x"]
)
def test_a_circle_of_imports_is_found_however_it_is_written(tmp_path: Path, line: str) -> None:
    for part, text in {"one": "from scones.two.a import x", "two": f"def later():\n    {line}"}.items():
        (tmp_path / part).mkdir()
        (tmp_path / part / "__init__.py").touch()
        (tmp_path / part / "a.py").write_text(text)

    assert parts_below(tmp_path, "scones") == {"one": {"two"}, "two": {"one"}}


# --- The Makefile and the commands -------------------------------------------------------------------


def makefile() -> str:
    return (REPOSITORY / "Makefile").read_text()


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):", makefile(), re.MULTILINE))


def test_every_target_is_phony_and_has_its_line_in_the_help() -> None:
    phony = " ".join(re.findall(r"^\.PHONY: ([^.].*)$", makefile(), re.MULTILINE))
    answer = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    helped = set(re.findall(r"^  ([a-z0-9-]+) +\S", answer.stdout, re.MULTILINE))

    assert set(phony.split()) == targets() == helped
    assert [line for line in answer.stdout.splitlines() if len(line) > 80] == []


def test_the_readme_names_every_target() -> None:
    readme = (REPOSITORY / "README.md").read_text()

    assert {target for target in targets() if f"make {target}" not in readme} == set()


def test_the_readme_names_no_target_that_does_not_exist() -> None:
    readme = (REPOSITORY / "README.md").read_text()

    assert set(re.findall(r"(?:`|\$ )make ([a-z][a-z0-9-]*)", readme)) - targets() == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda path: path.name)
def test_every_command_explains_itself_with_a_real_invocation(command: Path) -> None:
    answer = subprocess.run([sys.executable, command, "--help"], capture_output=True, text=True, check=True)

    assert f"python scripts/{command.name}" in answer.stdout


@pytest.mark.parametrize(
    "command", [path for path in COMMANDS if path.name not in EVERYWHERE], ids=lambda path: path.name
)
def test_every_command_refuses_an_unknown_environment_in_one_line(command: Path) -> None:
    words = [sys.executable, command, "--env", "nowhere", *NEEDED.get(command.name, [])]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)

    assert answer.returncode == 2
    assert answer.stderr == "error: there is no environment 'nowhere': ENV is one of dev, local, prod\n"


def test_every_package_is_pinned() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    packages = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]

    assert [package for package in packages if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", package)] == []
