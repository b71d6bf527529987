"""Markdown as GitHub renders it, from text that may hold anything.

GitHub Flavored Markdown: https://github.github.com/gfm/. Beyond it, GitHub makes links of mentions and of
issue numbers, and formulas of what stands between dollars; it does so to finished text, where a backslash no
longer counts, but not inside code. So whatever looks like a link becomes code.
"""

import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@&$])")
# What GitHub would make a link of: a mention or an address of mail, a URL, a number of an issue.
LINKED = re.compile(r"(?:\S*(?:@|://|www\.|#\d|GH-\d)\S*)", re.IGNORECASE)
STARTS_A_LIST = re.compile(r"^(?:([-+=])|(\d+)([.)]))")
ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# Control characters but tab and line feed; those that turn the direction of writing; halves of surrogates.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(words: str) -> str:
    """Return text without colours of a terminal and without characters that hide or turn what is read."""
    return UNSEEN.sub("\ufffd", ANSI.sub("", words.replace("\r\n", "\n").replace("\r", "\n")))


def one_line(words: str) -> str:
    """Return clean text on one line, with single spaces."""
    return clean(" ".join(words.split()))


def text(words: str) -> str:
    """Escape plain text for one line of Markdown; what stands between backquotes becomes code."""
    pieces = one_line(words).split("`")
    if len(pieces) % 2 == 0:  # a backquote without its partner
        pieces = ["`".join(pieces)]
    finished = ""
    for index, piece in enumerate(pieces):
        more = code(piece) if index % 2 else _plain(piece)
        meets_code = finished.endswith("`") and more.startswith("`")  # two fences would be read as one
        finished += f" {more}" if meets_code else more
    return STARTS_A_LIST.sub(_with_backslash, finished.strip())


def code(words: str) -> str:
    """Return a code span that holds any text, on one line."""
    line = one_line(words)
    if not line:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(markdown: str) -> str:
    """Make finished Markdown fit into one cell of a table: a bar there ends the cell, even in code."""
    return re.sub(r"(\\*)\|", _escaped_bar, " ".join(markdown.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; heads and cells are finished Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(entry) for entry in line) + " |" for line in lines)


def details(summary: str, body: str) -> str:
    """Return a folded block; the summary is HTML to GitHub, so it is escaped as such."""
    return f"<details><summary>{html(summary)}</summary>\n\n{body}\n\n</details>"


def html(words: str) -> str:
    """Escape plain text for one line of HTML. No link comes of it: an empty character parts the signs."""
    escaped = one_line(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(@|#|://|www|GH)", "\\1\u200b", escaped, flags=re.IGNORECASE)


def fenced(content: str, language: str = "") -> str:
    """Return a fenced block whose fence is longer than any in the content."""
    content = clean(content)
    longest = max((len(run) for run in re.findall(r"`{3,}", content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{content.rstrip()}\n{fence}"


def _plain(words: str) -> str:
    """Escape text without code in it, except what GitHub would make a link of: that becomes code."""
    finished, at = "", 0
    for found in LINKED.finditer(words):
        finished += SPECIAL.sub(r"\\\1", words[at : found.start()]) + code(found[0])
        at = found.end()
    return finished + SPECIAL.sub(r"\\\1", words[at:])


def _with_backslash(found: re.Match[str]) -> str:
    sign, number, point = found.groups()
    return f"\\{sign}" if sign else f"{number}\\{point}"


def _escaped_bar(found: re.Match[str]) -> str:
    is_escaped = len(found[1]) % 2
    return found[0] if is_escaped else f"{found[1]}\\|"
