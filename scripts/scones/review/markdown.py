"""Markdown as GitHub renders it, from text that may hold anything."""

import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@])")


def text(words: str) -> str:
    """Escape plain text for one line of Markdown; what stands between backquotes becomes code."""
    pieces = " ".join(words.split()).split("`")
    if len(pieces) % 2 == 0:  # a backquote without its partner
        return SPECIAL.sub(r"\\\1", "`".join(pieces))
    return "".join(
        code(piece) if index % 2 else SPECIAL.sub(r"\\\1", piece) for index, piece in enumerate(pieces)
    )


def code(words: str) -> str:
    """Return a code span that holds any text, on one line."""
    line = " ".join(words.split())
    if not line:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(markdown: str) -> str:
    """Make finished Markdown fit into one cell of a table: a bar there ends the cell, even in code."""
    return " ".join(markdown.split()).replace("\\|", "|").replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; heads and cells are finished Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(entry) for entry in line) + " |" for line in lines)


def details(summary: str, body: str) -> str:
    """Return a folded block; the summary is HTML to GitHub, so it is escaped as such."""
    shown = summary.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<details><summary>{shown}</summary>\n\n{body}\n\n</details>"


def fenced(content: str, language: str = "") -> str:
    """Return a fenced block whose fence is longer than any in the content."""
    longest = max((len(run) for run in re.findall(r"`{3,}", content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{content.rstrip()}\n{fence}"
