"""Reads the blocks of Terraform files that `terraform fmt` has formatted, which `make lint` sees to.

In that form a top-level block starts and ends in the first column, and its own arguments are indented by two
spaces. So values keep the words they were written in, which is what documentation wants to show.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scones.errors import SconesError

BLOCK = re.compile(r'^(\w+)((?: "[^"]+")*) \{(?:\}|\n(.*?)^\})', re.MULTILINE | re.DOTALL)
ARGUMENT = re.compile(r"^  (\w+) += (.*)$")
HEREDOC = re.compile(r"<<-?(\w+)$")


@dataclass(frozen=True)
class Block:
    """A top-level block, such as `variable "name" { … }`, with its own arguments as they are written."""

    kind: str
    labels: tuple[str, ...]
    arguments: dict[str, str]
    file: str

    @property
    def name(self) -> str:
        return ".".join(self.labels)


def read_blocks(folder: Path) -> list[Block]:
    """Return the blocks of a folder's .tf files, by file and in the order in which they are written.

    Files that Terraform calls overrides are left out. Raises SconesError where there is no other.
    """
    files = [path for path in sorted(folder.glob("*.tf")) if not path.stem.endswith("override")]
    if not files:
        raise SconesError(f"{folder} has no Terraform files: name a module's or a root's folder")
    return [block for path in files for block in _blocks(path)]


def _blocks(path: Path) -> Iterator[Block]:
    for kind, labels, body in BLOCK.findall(path.read_text()):
        yield Block(kind, tuple(re.findall(r'"([^"]+)"', labels)), _arguments(body), path.name)


def _arguments(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = iter(body.splitlines())
    for line in lines:
        if argument := ARGUMENT.match(line):
            name, first = argument.groups()
            found[name] = "\n".join([first, *_rest(first, lines)])
    return found


def _rest(first: str, lines: Iterator[str]) -> Iterator[str]:
    """The further lines of a value: to a heredoc's end mark, or to the bracket that closes it."""
    if heredoc := HEREDOC.search(first):
        for line in lines:
            yield line
            if line.strip() == heredoc[1]:
                return
    elif first.endswith(("{", "(", "[")):
        for line in lines:
            yield line
            if re.match(r"  [\])}]", line):
                return


def text(value: str) -> str:
    """Return a quoted string or a heredoc without its marks."""
    if HEREDOC.match(value.partition("\n")[0]):
        return textwrap.dedent("\n".join(value.split("\n")[1:-1])).strip()
    return value.strip('"').replace('\\"', '"').replace("\\\\", "\\").replace("$${", "${")
