"""The one style of the pages: what they have in common in page.css, and what each has of its own."""

from pathlib import Path

COMMON = Path(__file__).with_name("page.css")


def stylesheet(own: Path) -> str:
    """Return the style of a page, whole: the common one and its own, which may say otherwise."""
    return COMMON.read_text() + own.read_text()
