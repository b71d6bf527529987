"""The report as one page that needs nothing else: no script, no font, no file beside it.

Every text that comes from outside is escaped, and the page forbids itself to load anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from scones.inference.captures import Fault
from scones.reporting.gallery import Group, load_picture
from scones.reporting.judgement import Inference, Summary
from scones.reporting.labels import class_name
from scones.reporting.pictures import NotAPicture, data_uri, png
from scones.reporting.proportions import Proportion

MOST_FAULTS = 50
SMALL = 64  # pictures up to this many pixels are enlarged in blocks, not blurred
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
CSS = Path(__file__).with_suffix(".css")


@dataclass(frozen=True)
class Figure:
    """A chart: its PNG for each of the widths and colour schemes, with the words that stand for it."""

    title: str
    caption: str
    alt: str
    width: int  # of the wide ones, in CSS pixels
    light: bytes
    dark: bytes
    narrow_light: bytes
    narrow_dark: bytes


@dataclass(frozen=True)
class Page:
    """Everything that a report says."""

    title: str
    summary: Summary
    threshold: float
    class_names: Sequence[str]
    facts: Mapping[str, str]  # name and value of what the report is about, in order
    figures: Sequence[Figure] = ()
    groups: Sequence[Group] = ()
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = field(default=())  # what a reader must know about what was left out


def render(page: Page) -> str:
    """Return the page as HTML."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(page.title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{CSS.read_text()}</style>\n</head>\n<body>\n<main>\n"
        f"{_header(page)}{_tiles(page)}{_facts(page.facts)}{_figures(page.figures)}"
        f"{''.join(_group(group, page) for group in page.groups)}{_faults(page.faults)}"
        "</main>\n</body>\n</html>\n"
    )


def _header(page: Page) -> str:
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in page.notes)
    lead = "What the endpoint was asked and what it answered, from its data capture."
    empty = "" if page.summary.inferences else '<p class="empty">No inference has been captured yet.</p>\n'
    return f"<header>\n<h1>{escape(page.title)}</h1>\n<p>{lead}</p>\n{notes}{empty}</header>\n"


# --- The numbers -------------------------------------------------------------------------------------


def _tiles(page: Page) -> str:
    summary, coverage = page.summary, page.summary.coverage
    review = coverage.total - coverage.successes
    mean = summary.mean_confidence
    tiles = [
        _tile("Inferences", f"{summary.inferences:,}", _span(summary.first, summary.last)),
        _tile("Accepted", f"{coverage.successes:,}", _coverage(coverage, page.threshold)),
        _tile("Sent to review", f"{review:,}", f"confidence under {page.threshold:g}"),
        _tile("Mean confidence", None if mean is None else f"{mean:.3f}", "of the likeliest class"),
        _tile("Accuracy", _percent(summary.accuracy.share), _interval(summary.accuracy)),
        _tile(
            "Accuracy when accepted",
            _percent(summary.accepted_accuracy.share),
            _interval(summary.accepted_accuracy),
        ),
    ]
    return f'<ul class="tiles">\n{"".join(tiles)}</ul>\n'


def _tile(name: str, value: str | None, detail: str) -> str:
    shown = f'<div class="value">{value}</div>' if value else '<div class="value none">not known</div>'
    return (
        f'<li class="tile"><div class="name">{name}</div>{shown}'
        f'<div class="detail">{escape(detail)}</div></li>\n'
    )


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f}\u202f%"


def _coverage(coverage: Proportion, threshold: float) -> str:
    share = f"coverage {_percent(coverage.share)}: " if coverage.total else ""
    return f"{share}confidence of {threshold:g} or more"


def _interval(proportion: Proportion) -> str:
    """Return the count and the 95 % Wilson interval behind a percentage."""
    if proportion.low is None or proportion.high is None:
        return "no picture with a known label"
    low, high = f"{100 * proportion.low:.1f}", f"{100 * proportion.high:.1f}"
    interval = f"{low}–\u2060{high}\u202f%"
    return f"{proportion.successes:,} of {proportion.total:,} pictures; 95\u202f% interval {interval}"


def _span(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return "none captured"
    if first.date() == last.date():
        clock = "%H:%M" if last - first > timedelta(minutes=10) else "%H:%M:%S"
        return f"{first:%-d %b %Y}, {first.strftime(clock)} to {last.strftime(clock)} UTC"
    return f"{first:%-d %b %Y} to {last:%-d %b %Y}"


def _facts(facts: Mapping[str, str]) -> str:
    rows = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>\n" for name, value in facts.items()
    )
    return f'<dl class="facts">\n{rows}</dl>\n'


# --- The charts --------------------------------------------------------------------------------------


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    return f'<h2>Confidence</h2>\n<div class="charts">\n{"".join(map(_figure, figures))}</div>\n'


def _figure(figure: Figure) -> str:
    narrow, dark = "(max-width: 600px)", "(prefers-color-scheme: dark)"
    sources = [
        (f"{narrow} and {dark}", figure.narrow_dark),
        (narrow, figure.narrow_light),
        (dark, figure.dark),
    ]
    alternatives = "".join(f'<source media="{media}" srcset="{data_uri(file)}">\n' for media, file in sources)
    return (
        f"<figure>\n<figcaption><strong>{escape(figure.title)}</strong>"
        f"{escape(figure.caption)}</figcaption>\n"
        f'<picture>\n{alternatives}<img src="{data_uri(figure.light)}" alt="{escape(figure.alt)}"'
        f' style="max-width:{figure.width * 5 // 4}px">\n'
        "</picture>\n</figure>\n"
    )


# --- The pictures ------------------------------------------------------------------------------------


def _group(group: Group, page: Page) -> str:
    hidden = f" The newest {len(group.shown):,} are shown; {group.hidden:,} are not." if group.hidden else ""
    cards = "".join(_card(inference, page) for inference in group.shown)
    return (
        f'<h2>{escape(group.title)} <span class="count">{group.total:,}</span></h2>\n'
        f'<p class="note">{escape(group.meaning)}{hidden}</p>\n<ul class="gallery">\n{cards}</ul>\n'
    )


def _card(inference: Inference, page: Page) -> str:
    capture = inference.capture
    answer = escape(class_name(page.class_names, capture.answer) or "")
    verdict = "accepted" if inference.accepted else "review"
    badge = "accepted" if inference.accepted else "sent to review"
    key = f"{escape(inference.key)}<br>" if inference.key else ""
    return (
        f'<li class="card {verdict}">\n<div class="top">{_picture(inference, answer)}'
        f'<div><div class="answer">{answer}</div><span class="badge">{badge}</span>{_truth(inference, page)}'
        f'</div></div>\n<div class="scores">{_scores(inference, page)}</div>\n'
        f'<div class="where">{key}<time datetime="{capture.time.isoformat()}">'
        f"{capture.time:%-d %b %Y, %H:%M:%S} UTC</time></div>\n</li>\n"
    )


def _picture(inference: Inference, answer: str) -> str:
    try:
        pixels = load_picture(inference)
    except NotAPicture as error:
        return f'<div class="picture missing">no picture: {escape(str(error))}</div>'
    small = " small" if max(pixels.shape) <= SMALL else ""
    alt = f"The captured picture, answered {answer}"
    return f'<img class="picture{small}" src="{data_uri(png(pixels))}" alt="{alt}" loading="lazy">'


def _truth(inference: Inference, page: Page) -> str:
    if inference.right is None:
        return ""
    name = escape(class_name(page.class_names, inference.truth) or "")
    mark, wrong = ("right", "") if inference.right else ("wrong", " wrong")
    return f'<div class="truth{wrong}">{mark}: labelled {name}</div>'


def _scores(inference: Inference, page: Page) -> str:
    """Return a bar a class: all of two or three classes in their order, the three likeliest of more."""
    scores = list(enumerate(inference.capture.inferences))
    if len(scores) > 3:
        scores = sorted(scores, key=lambda score: -score[1])[:3]
    return "".join(_score(inference, page, index, value) for index, value in scores)


def _score(inference: Inference, page: Page, index: int, value: float) -> str:
    best = index == inference.capture.answer
    name = escape(class_name(page.class_names, index) or "")
    mark = f'<div class="mark" style="left:{100 * page.threshold:.1f}%"></div>' if best else ""
    return (
        f'<div class="score{" best" if best else ""}"><span>{name}</span><span>{value:.4f}</span>'
        f'<div class="track"><div class="fill" style="width:{100 * value:.1f}%"></div>{mark}</div></div>'
    )


def _faults(faults: Sequence[Fault]) -> str:
    if not faults:
        return ""
    hidden = len(faults) - MOST_FAULTS
    more = f" The first {MOST_FAULTS} are shown; {hidden:,} are not." if hidden > 0 else ""
    items = "".join(f"<li>{escape(str(fault))}</li>\n" for fault in faults[:MOST_FAULTS])
    return (
        f'<h2>Records that could not be read <span class="count">{len(faults):,}</span></h2>\n'
        f'<p class="note">They are counted nowhere above.{more}</p>\n<ul class="faults">\n{items}</ul>\n'
    )
