"""A state machine as a Mermaid flowchart, as GitHub draws it.

https://mermaid.js.org/syntax/flowchart.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from scones.review.state_machine.definition import SEPARATOR, Machine

# Mermaid refuses to draw more: https://mermaid.js.org/config/schema-docs/config.html (maxEdges, maxTextSize)
MOST_EDGES = 400
MOST_CHARACTERS = 40_000
LONGEST_LABEL = 60  # characters

# Dark fill and white letters: at least 4.5 to 1, on a light page as on a dark one.
COLOURS = {"added": "#1a7f37", "changed": "#9a6700", "removed": "#cf222e"}
LETTERS = "#ffffff"

SHAPES = {  # by the state's type: what stands around its name
    "Choice": ("{", "}"),
    "Succeed": ("([", "])"),
    "Fail": ("[[", "]]"),
    "Pass": ("(", ")"),
    "Wait": ("{{", "}}"),
}
# What Mermaid, or the Markdown that it reads in labels, would take for more than a character.
MEANT = re.compile(
    r"""["#&<>`;\\*|~\[\]{}()]|\$\$|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[-+]|(?<=\d)\.(?=\s)"""
)
ARROWS = {"next": "-->", "choice": "-->", "default": "-->", "catch": "-.->"}


def flowchart(machine: Machine, marks: Mapping[str, str] | None = None) -> str | None:
    """Return the Mermaid text of a machine, None when it is too large to be drawn.

    `marks` say of states, by path, whether they are added, changed or removed.
    """
    edges = machine.edges()
    if len(edges) > MOST_EDGES:
        return None
    ids = {path: f"s{number}" for number, path in enumerate(machine.states)}
    lines = ["flowchart TD", *_level(machine, "", ids, "  ")]
    known = (edge for edge in edges if edge.target in ids)
    for edge in known:
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        lines.append(f"  {ids[edge.source]} {ARROWS[edge.kind]}{label} {ids[edge.target]}")
    lines += _marked(ids, marks or {})
    text = "\n".join(lines)
    return text if len(text) <= MOST_CHARACTERS else None


def _level(machine: Machine, level: str, ids: Mapping[str, str], indent: str) -> Iterator[str]:
    """Return a level's start and its states, those within Map and Parallel as graphs of their own."""
    start = machine.starts.get(level, "")
    if start in ids:
        yield f'{indent}start{_number(level, machine)}(("start")) --> {ids[start]}'
    for path in machine.states:
        if path.rpartition(SEPARATOR)[0] != level:
            continue
        inner = [
            one for one in machine.starts if one == path or (one and one.rpartition(SEPARATOR)[0] == path)
        ]
        name = path.rpartition(SEPARATOR)[2]
        if not inner:
            left, right = SHAPES.get(str(machine.states[path].get("Type")), ("[", "]"))
            yield f"{indent}{ids[path]}{left}{_quoted(name)}{right}"
            continue
        yield f"{indent}subgraph {ids[path]}[{_quoted(name)}]"
        for one in inner:
            yield from _level(machine, one, ids, indent + "  ")
        yield f"{indent}end"


def _number(level: str, machine: Machine) -> int:
    return list(machine.starts).index(level)


def _marked(ids: Mapping[str, str], marks: Mapping[str, str]) -> Iterable[str]:
    for mark, colour in COLOURS.items():
        chosen = [ids[path] for path, its in marks.items() if its == mark and path in ids]
        if chosen:
            yield f"  classDef {mark} fill:{colour},stroke:{colour},color:{LETTERS}"
            yield f"  class {','.join(chosen)} {mark}"


def _quoted(words: str) -> str:
    """Return a label that Mermaid shows as it is: what means something to it becomes a number."""
    line = " ".join(words.split())
    short = line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1] + "…"
    return '"' + MEANT.sub(lambda sign: "".join(f"#{ord(one)};" for one in sign[0]), short) + '"'
