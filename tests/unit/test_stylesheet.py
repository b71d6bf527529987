"""One style for all pages: a colour is chosen once, and each page has it in itself."""

import re
from pathlib import Path

import pytest

from scones.stylesheet import COMMON, stylesheet

SCONES = COMMON.parent
PAGES = [
    SCONES / name for name in ("evaluation/page.css", "reporting/assets/page.css", "labelling/page/page.css")
]


def rules(style: str) -> set[str]:
    """The lines that style something, without what stands around them."""
    return {line.strip() for line in style.splitlines() if re.search(r"\{.*:.*\}", line)}


def test_no_two_pages_say_the_same() -> None:
    styles = [COMMON, *PAGES]
    known: dict[str, Path] = {}
    repeated = [
        (rule, known[rule].name, path.name)
        for path in styles
        for rule in sorted(rules(path.read_text()))
        if known.setdefault(rule, path) is not path
    ]

    assert repeated == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(SCONES).parts[0])
def test_a_page_has_the_whole_style_and_every_colour_that_it_names(page: Path) -> None:
    style = stylesheet(page)

    named = set(re.findall(r"var\((--[\w-]+)\)", style))
    assert named <= set(re.findall(r"(--[\w-]+):", style)) | {"--tone", "--wash"}
    assert "prefers-color-scheme: dark" in style
    assert not re.search(r"@import|url\(", style)
