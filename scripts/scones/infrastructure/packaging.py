"""Lambda functions' zips, the same bytes wherever and whenever they are made.

Terraform ships a function when its zip's digest changes, so nothing but the source may change it: entries
are sorted, with one time and one mode, and stored rather than deflated, because zlib's output is not the same
in all its versions.
"""

import ast
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scones.errors import SconesError, UsageError
from scones.files import write_bytes

# The Python that Lambda runs the functions on (runtime "python3.12").
RUNTIME_VERSION = (3, 12)
# Part of every Python runtime of Lambda; anything else would have to be shipped.
RUNTIME_PACKAGES = {"boto3", "botocore"}
# A Python 3.11 still lists these, and the runtime lacks them.
NOT_IN_RUNTIME = {"asynchat", "asyncore", "distutils", "imp", "smtpd"}
ENTRY_POINT = "handler.py"
# The earliest time a zip can hold.
ENTRY_TIME = (1980, 1, 1, 0, 0, 0)
ENTRY_MODE = 0o100644
UNIX = 3


class UnfitFunction(SconesError):
    """A function that Lambda could not run."""


@dataclass(frozen=True)
class Package:
    """One function's zip, `size` in bytes, `sha256` in hexadecimal. `changed`: it was written just now."""

    name: str
    path: str
    size: int
    sha256: str
    changed: bool


def function_names(lambdas: Path) -> list[str]:
    """Return the functions in a folder: each folder in it that holds a handler."""
    return sorted(entry.parent.name for entry in lambdas.glob(f"*/{ENTRY_POINT}"))


def package_functions(lambdas: Path, out: Path, names: Iterable[str] = ()) -> list[Package]:
    """Write the zips of the named functions (of all, where none is named) into `out`.

    All are built before the first is written, and one that is there with the same bytes is left alone.
    Raises UsageError for a name that is no function, UnfitFunction for one that Lambda could not run.
    """
    known = function_names(lambdas)
    wanted = sorted(set(names)) or known
    for name in wanted:
        if name not in known:
            raise UsageError(f"no function {name} in {lambdas}: there are {', '.join(known) or 'none'}")
    archives = {name: build_zip(lambdas / name) for name in wanted}
    return [_write(name, out / f"{name}.zip", archive) for name, archive in archives.items()]


def build_zip(folder: Path) -> bytes:
    """Return the zip of the function in `folder`. Raises UnfitFunction."""
    sources = {name: (folder / name).read_bytes() for name in _members(folder)}
    own_modules = {PurePosixPath(name).parts[0].removesuffix(".py") for name in sources}
    for name, source in sources.items():
        if name.endswith(".py"):
            _check_module(folder / name, source, own_modules)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, source in sources.items():
            archive.writestr(_entry(name), source)
    return buffer.getvalue()


def _members(folder: Path) -> list[str]:
    """Every file's name, sorted, but what only people and tests need."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not _is_left_out(PurePosixPath(name)))


def _is_left_out(name: PurePosixPath) -> bool:
    return (
        any(part.startswith(".") or part in {"__pycache__", "tests"} for part in name.parts)
        or name.suffix in {".pyc", ".md"}
        or name.name.startswith("test_")
    )


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ENTRY_TIME)
    entry.create_system = UNIX
    entry.external_attr = ENTRY_MODE << 16
    return entry


def _check_module(path: Path, source: bytes, own_modules: set[str]) -> None:
    """Refuse what would only fail once it is deployed."""
    where = f"{path.parent.name}/{path.name}"
    try:
        tree = ast.parse(source, str(path), feature_version=RUNTIME_VERSION)
        compile(tree, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise UnfitFunction(f"{where}:{line}: not valid Python: {getattr(error, 'msg', error)}") from error
    for line, module in _imports(tree):
        if not _is_importable(module, own_modules):
            raise UnfitFunction(
                f"{where}:{line}: imports {module}, which Lambda's Python lacks: "
                "use the standard library, boto3 or a module in the function's own folder"
            )
    if path.name == ENTRY_POINT and not any(
        isinstance(node, ast.FunctionDef) and node.name == "handler" for node in tree.body
    ):
        raise UnfitFunction(f"{where}: defines no function handler(event, context), which Lambda calls")


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and the top-level name of every import, wherever in the module it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Lambda loads the handler as a top-level module: a relative import has nothing to start from
            yield node.lineno, "." * node.level if node.level else str(node.module).split(".")[0]


def _is_importable(module: str, own_modules: set[str]) -> bool:
    if module in own_modules | RUNTIME_PACKAGES:
        return True
    return module in sys.stdlib_module_names and module not in NOT_IN_RUNTIME


def _write(name: str, path: Path, archive: bytes) -> Package:
    changed = not path.is_file() or path.read_bytes() != archive
    if changed:
        write_bytes(path, archive)
    return Package(name, str(path), len(archive), hashlib.sha256(archive).hexdigest(), changed)
