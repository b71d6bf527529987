"""What local AWS emulates, as its conformance suite says: every test that talks to it through boto3."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_SERVER = {"aws", "endpoint_url"}  # the fixtures through which a test reaches local AWS
_SPELLED = {
    "aws": "AWS",
    "awss": "AWS's",
    "eventbridge": "EventBridge",
    "jsonata": "JSONata",
    "s3": "S3",
    "sqs": "SQS",
}


def table(tests: Path) -> str:
    """Return a table with a row a test module: what it is about, and what each of its tests holds."""
    shared = _fixtures(tests / "conftest.py")
    rows = [row for path in sorted(tests.glob("**/test_*.py")) for row in _row(path, tests, shared)]
    lines = ["| suite | it holds that |", "| --- | --- |", *rows]
    return "\n".join(lines)


def _row(path: Path, tests: Path, shared: dict[str, set[str]]) -> Iterator[str]:
    module = ast.parse(path.read_text())
    fixtures = {**shared, **_fixtures(path)}
    held = [
        _sentence(function.name)
        for function in _functions(module)
        if function.name.startswith("test_") and _reaches_server(_parameters(function), fixtures)
    ]
    if held:
        about = (ast.get_docstring(module) or path.stem).splitlines()[0].rstrip(".")
        name = path.relative_to(tests).as_posix()
        yield f"| {about} ([{name}](../../tests/localaws/{name})) | {'<br>'.join(held)} |"


def _sentence(name: str) -> str:
    words = [_SPELLED.get(word, word) for word in name.removeprefix("test_").split("_")]
    return " ".join(words)


def _reaches_server(names: set[str], fixtures: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    while names - seen:
        seen |= names
        names = set().union(*(fixtures.get(name, set()) for name in names))
    return bool(seen & _SERVER)


def _fixtures(path: Path) -> dict[str, set[str]]:
    """Return what each fixture of a module asks for."""
    marked = (
        function
        for function in _functions(ast.parse(path.read_text()))
        if any(re.match(r"pytest\.fixture\b", ast.unparse(each)) for each in function.decorator_list)
    )
    return {function.name: _parameters(function) for function in marked}


def _functions(module: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in module.body if isinstance(node, ast.FunctionDef)]


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in function.args.args}
