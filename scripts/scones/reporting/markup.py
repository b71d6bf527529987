"""The pieces of HTML that the report's sections share. Every text that comes in is escaped here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from scones.reporting.reading.unread import Unread


def section(anchor: str, title: str, body: str, note: str = "", count: str = "") -> str:
    """Return a section with its heading; `body` is HTML, the rest is text."""
    number = f' <span class="count">{escape(count)}</span>' if count else ""
    said = f'<p class="note">{escape(note)}</p>\n' if note else ""
    return (
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">\n'
        f'<h2 id="{anchor}-title">{escape(title)}{number}</h2>\n{said}{body}</section>\n'
    )


def empty(text: str) -> str:
    """Return what stands where there is nothing to show."""
    return f'<p class="empty">{escape(text)}</p>\n'


def unread(found: Unread) -> str:
    """Return what stands where something could not be read."""
    return empty(f"Not here: {found.reason}.".replace("..", "."))


def facts(entries: Mapping[str, str]) -> str:
    """Return names with their values; those without a value are left out."""
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd></div>\n"
        for name, value in entries.items()
        if value
    )
    return f'<dl class="facts">\n{rows}</dl>\n' if rows else ""


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts that scrolls by itself when it is too wide, with the keyboard too."""
    return html_table(caption, columns, ([f"<bdi>{escape(cell)}</bdi>" for cell in row] for row in rows))


def html_table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], anchors: Sequence[str] = ()
) -> str:
    """Return a table whose cells are HTML; `anchors` are the ids of the first rows."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = []
    for place, row in enumerate(rows):
        anchor = f' id="{anchors[place]}" tabindex="-1"' if place < len(anchors) else ""
        cells = "".join(f"<td>{cell}</td>" for cell in row)
        body.append(f"<tr{anchor}>{cells}</tr>\n")
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">\n<table>\n'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{''.join(body)}</tbody>\n</table>\n</div>\n"
    )


def figure(title: str, caption: str, wide: str, narrow: str = "", file: str = "") -> str:
    """Return a chart: `wide` and `narrow` are SVG elements, of which one is seen."""
    small = f'<div class="narrow">{narrow}</div>\n' if narrow else ""
    shown = f'<div class="wide">{wide}</div>\n{small}' if narrow else wide
    beside = f' <span class="file">{escape(file)}</span>' if file else ""
    return (
        f"<figure>\n<figcaption><strong>{escape(title)}</strong>{escape(caption)}{beside}</figcaption>\n"
        f"{shown}</figure>\n"
    )


def moment(time: datetime) -> str:
    """Return a time for people and for programs."""
    return f'<time datetime="{time.isoformat()}">{time:%-d %b %Y, %H:%M:%S} UTC</time>'


def percent(share: float | None) -> str | None:
    """Return a share of 1 as a percentage; None for none."""
    return None if share is None else f"{100 * share:.1f}\u202f%"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: 1 record, 2 records."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
