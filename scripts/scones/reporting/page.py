"""The report as one page that needs nothing else: style and script stand in it, and nothing is loaded.

Its policy names the digests of that style and that script, so that no text from outside can bring its own.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from scones.stylesheet import stylesheet

ASSETS = Path(__file__).with_name("assets")


@dataclass(frozen=True)
class Page:
    """What a page is made of: its title, what its reader must know first, and its sections as HTML."""

    title: str
    notes: Sequence[str]
    sections: Sequence[tuple[str, str, str]]  # anchor, name in the navigation, HTML
    is_empty: bool = False


def render(page: Page) -> str:
    """Return the page as HTML. Only the style and the script of assets/ have effect in it."""
    style = f"\n{stylesheet(ASSETS / 'page.css')}"
    script = f"\n{(ASSETS / 'page.js').read_text()}"
    body = "".join(html for _, _, html in page.sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<title>{escape(page.title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#summary">Skip to the summary</a>\n'
        f"{_header(page)}<main>\n{body}</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _header(page: Page) -> str:
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in page.notes)
    lead = "What the endpoint was asked and what it answered, from its data capture."
    empty = '<p class="empty">No inference has been captured yet.</p>\n' if page.is_empty else ""
    links = "".join(
        f'<li><a href="#{anchor}">{escape(name)}</a></li>\n' for anchor, name, html in page.sections if html
    )
    return (
        f"<header>\n<h1>{escape(page.title)}</h1>\n<p>{lead}</p>\n{notes}{empty}"
        f'<nav aria-label="Sections">\n<ul>\n{links}</ul>\n</nav>\n</header>\n'
    )
