"""Reviews for the tests, and how GitHub's rules read a text."""

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from scones.review.findings import Block, Finding, Part, Risk
from scones.review.gates import Gate, Trip
from scones.review.review import Review, Verdict

# What names of resources, tags and causes of failures may hold at worst.
HOSTILE = (
    "</details>",
    "<script>alert(1)</script>",
    "<!-- hidden",
    "a|b",
    "a\\|b",
    "a\\\\|b",
    "`code`",
    "``",
    "`",
    "@octocat",
    "mail@example.com",
    "https://example.com/?a=b",
    "www.example.com",
    "[text](https://example.com)",
    "![picture](https://example.com/a.png)",
    "#12",
    "GH-12",
    "\n\n# heading",
    "\r\n- item",
    "```\n",
    "~~~",
    "&lt;b&gt;",
    "&#64;octocat",
    "**bold** __bold__ ~~gone~~",
    "$a$ and $b$",
    "\x1b[31mred\x1b[0m",
    "\u202eturned",
    "\\",
    "1. one",
    "- one",
    "---",
    "===",
)


def review(
    *findings: Finding,
    blocks: Sequence[Block] = (),
    parts: Sequence[Part] | None = None,
    trips: Sequence[Trip] = (),
    **changed: Any,
) -> Review:
    settings: dict[str, Any] = {
        "environment": "prod",
        "root": "workflow",
        "purpose": "apply",
        "verdict": Verdict.CARE,
        "reasons": (),
        "counts": {"replace": 1, "update": 3},
        "trips": tuple(trips),
        "approved": frozenset(),
        "parts": tuple(parts or [Part("Changes", findings, tuple(blocks))]),
        "provenance": {"commit": "0123abc"},
        "folder": "build/prod/plan/workflow",
    }
    return Review(**settings | changed)


def trip(
    gate: str = "replaces-endpoint", what: str = "replaces endpoint `scones-prod`", address: str = "a.b"
):
    return Trip(Gate(gate, "what serves", "the owner of the service"), what, address)


def care(text: str, address: str = "") -> Finding:
    return Finding(Risk.CARE, text, address)


def tokens(markdown: str) -> list[Token]:
    """Return what a reader of GitHub's dialect makes of a text, blocks and what is in them."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [inner for token in parser.parse(markdown) for inner in (token, *(token.children or []))]


def kinds(markdown: str) -> list[str]:
    """Return the structure of a text: the kinds of its pieces without the words in them."""
    return [
        token.type for token in tokens(markdown) if token.type not in ("text", "code_inline", "text_special")
    ]


def shown(markdown: str) -> str:
    """Return the words that a reader sees, on one line."""
    visible = ("text", "code_inline", "text_special", "fence", "code_block")
    found = [token.content for token in tokens(markdown) if token.type in visible]
    return " ".join("".join(found).split())


def linked(markdown: str) -> str:
    """Return the words in which GitHub looks for mentions and numbers of issues: all that is not code."""
    return " ".join(token.content for token in tokens(markdown) if token.type in ("text", "text_special"))
