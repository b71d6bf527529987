"""How long a text is to GitHub, and how to end one early without leaving a fence or a fold open."""

import re

FENCE = re.compile(r"^ {0,3}(`{3,})([^`]*)$")  # a line with backquotes further on is code in a paragraph
ENDS = "*(the rest did not fit)*"


def length(text: str) -> int:
    """Return how many characters GitHub may count at most: UTF-16 code units, two for a rare one."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(markdown: str, room: int) -> str:
    """Return the beginning of a block, whole lines only, in at most `room` characters; empty if none fits.

    A fence and folds that are open where it ends are closed. A graph is shown whole or not at all.
    """
    lines = markdown.split("\n")
    best = ""
    kept: list[str] = []
    fence, is_graph, folds = "", False, 0
    used = 0
    for line in lines:
        used += length(line) + 1
        if used > room:
            break
        kept.append(line)
        found = FENCE.match(line)
        if found and not fence:
            fence, is_graph = found[1], found[2].strip() == "mermaid"
        elif found and not found[2].strip() and len(found[1]) >= len(fence):
            fence, is_graph = "", False
        elif not fence:
            folds += line.count("<details>") - line.count("</details>")
        if not is_graph:
            ended = _ended(kept, fence, folds)
            if length(ended) <= room:
                best = ended
    return best


def _ended(lines: list[str], fence: str, folds: int) -> str:
    ends = [fence] if fence else []
    return "\n".join([*lines, *ends, "", ENDS, *["", "</details>"] * folds])
