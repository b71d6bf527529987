"""The functions' zips: the same bytes for the same source, and no zip that Lambda could not run."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scones.errors import UsageError
from scones.infrastructure.packaging import UnfitFunction, build_zip, package_functions

ROOT = Path(__file__).resolve().parents[2]
HANDLER = "import boto3\nimport helper\n\n\ndef handler(event, context):\n    return helper.answer\n"
SOURCES = {
    "handler.py": HANDLER,
    "helper.py": "answer = 42\n",
    "data/names.json": "[]",
}
LEFT_OUT = {
    "__pycache__/handler.cpython-312.pyc": "",
    "data/__pycache__/x.pyc": "",
    "tests/test_handler.py": "import pytest",
    "test_helper.py": "import pytest",
    "README.md": "",
    ".DS_Store": "",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def lambdas(tmp_path: Path) -> Path:
    write(tmp_path / "lambdas" / "answer", SOURCES)
    write(tmp_path / "lambdas" / "echo", {"handler.py": "def handler(event, context):\n    return event\n"})
    return tmp_path / "lambdas"


def package(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "package.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def older(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))


def private(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        path.chmod(0o700)


def cluttered(folder: Path) -> None:
    write(folder, LEFT_OUT)


def written_in_another_order(folder: Path) -> None:
    for name in reversed(SOURCES):
        (folder / name).unlink()
        write(folder, {name: SOURCES[name]})


@pytest.mark.parametrize("change", [older, private, cluttered, written_in_another_order])
def test_only_the_source_decides_the_bytes(tmp_path: Path, change: Callable[[Path], None]) -> None:
    before = build_zip(write(tmp_path / "one", SOURCES))
    other = write(tmp_path / "two", SOURCES)
    change(other)

    assert build_zip(other) == before


def test_neither_umask_nor_clock_decide_the_bytes(lambdas: Path, tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from scones.infrastructure.packaging import package_functions
os.umask(int(sys.argv[1], 8))
package_functions(Path("lambdas"), Path(sys.argv[1]))
"""
    for umask, zone in (("077", "Asia/Tokyo"), ("000", "America/Lima")):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "TZ": zone}
        command = [sys.executable, "-c", program, umask]
        subprocess.run(command, env=environment, cwd=lambdas.parent, check=True)

    assert (tmp_path / "077/answer.zip").read_bytes() == (tmp_path / "000/answer.zip").read_bytes()


def test_the_zip_holds_the_source_and_nothing_else(lambdas: Path, tmp_path: Path) -> None:
    cluttered(lambdas / "answer")

    [made] = package_functions(lambdas, tmp_path / "out", ["answer"])

    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == sorted(SOURCES)
        assert {(entry.date_time, entry.external_attr >> 16) for entry in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o100644)
        }


def test_a_handler_runs_from_its_zip(lambdas: Path, tmp_path: Path) -> None:
    [made] = package_functions(lambdas, tmp_path, ["answer"])

    program = "import handler; print(handler.handler({}, None))"
    environment = {**os.environ, "PYTHONPATH": made.path}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("42\n", "")


def test_a_zip_that_has_not_changed_is_left_alone(lambdas: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    package_functions(lambdas, out)
    older(out)
    write(lambdas / "echo", {"handler.py": HANDLER.replace("helper", "json")})

    second = package_functions(lambdas, out)

    assert [(made.name, made.changed) for made in second] == [("answer", False), ("echo", True)]
    assert (out / "answer.zip").stat().st_mtime == 0
    assert [path.name for path in sorted(out.iterdir())] == ["answer.zip", "echo.zip"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"handler.py": "def handler(:\n"}, "f/handler.py:1: not valid Python"),
        ({"handler.py": "return 1\n"}, "f/handler.py:1: not valid Python"),
        ({"handler.py": "\0"}, "f/handler.py:1: not valid Python"),
        ({"handler.py": "\nimport numpy.linalg\n"}, "f/handler.py:2: imports numpy, which"),
        ({"handler.py": "from sagemaker.core import x\n"}, "f/handler.py:1: imports sagemaker, which"),
        ({"handler.py": "def handler(e, c):\n    import PIL\n"}, "f/handler.py:2: imports PIL, which"),
        ({"handler.py": "from . import helper\n", "helper.py": ""}, "f/handler.py:1: imports ., which"),
        ({"handler.py": "import imp\n"}, "f/handler.py:1: imports imp, which"),
        ({"handler.py": HANDLER, "helper.py": "import torch"}, "f/helper.py:1: imports torch, which"),
        ({"handler.py": "def lambda_handler(e, c): pass\n"}, "f/handler.py: defines no function handler"),
    ],
)
def test_what_lambda_could_not_run_is_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    write(tmp_path / "good", {"handler.py": "def handler(event, context): pass\n"})
    write(tmp_path / "f", files)

    with pytest.raises(UnfitFunction) as raised:
        package_functions(tmp_path, tmp_path / "out")

    assert str(raised.value).startswith(message) and "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_no_function_is_refused(lambdas: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no function ehco in .*: there are answer, echo"):
        package_functions(lambdas, tmp_path / "out", ["ehco"])


def test_the_command_packs_every_function_and_says_what_comes_next(tmp_path: Path) -> None:
    done = package("--out", tmp_path)

    *lines, last = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "THRESHOLD_CONFIDENCE",
        "image-classification",
        "monitor-drift",
        "serializeImageData",
    ]
    assert last == f"4 packed in {tmp_path}, 4 changed. Next: make plan"
    assert (done.returncode, done.stderr) == (0, "")
    assert all(path.stat().st_size < 32_000 for path in tmp_path.glob("*.zip"))


def test_the_command_answers_programs_in_json(tmp_path: Path) -> None:
    [made] = json.loads(package("--json", "--out", tmp_path, "serializeImageData").stdout)

    assert made["path"] == str(tmp_path / "serializeImageData.zip")
    assert made["size"] == Path(made["path"]).stat().st_size


def test_the_command_refuses_an_unknown_name_in_one_line(tmp_path: Path) -> None:
    done = package("--out", tmp_path, "serialiseImageData")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: no function serialiseImageData in ")
    assert done.stderr.count("\n") == 1
