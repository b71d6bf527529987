"""The review as text: Markdown for a pull request, and a few lines for the terminal.

GitHub refuses a comment of more than 65,536 characters, so a review has a limit. What is riskiest gets its
place first; a block is shown whole or left out. What is left out is counted, with the place where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from scones.review.findings import Block, Finding, Risk
from scones.review.text import markdown, wording
from scones.review.text.cutting import cut, length
from scones.review.text.terminal import summary

if TYPE_CHECKING:
    from scones.review.gates import Trip
    from scones.review.review import Review

LIMIT = 65_000  # UTF-16 code units: no way of counting characters finds more
GAP = 2  # line feeds between two pieces
FRAME = 120  # characters around the pieces of a section: heading and fold
SHOWN_OPEN = 3_000  # of what needs no care, a section shows this much before it folds it
MEANING = "What it means"

__all__ = ["LIMIT", "Rendered", "render", "summary"]


@dataclass(frozen=True)
class Rendered:
    """A review as Markdown. `left_out` counts the changes and findings that did not fit."""

    markdown: str
    is_cut: bool
    left_out: int


@dataclass(frozen=True)
class Item:
    """A piece that is shown whole or not at all, and the section where it belongs."""

    section: str
    block: Block
    is_finding: bool = False


def render(review: Review, limit: int = LIMIT) -> Rendered:
    """Return the review as Markdown of at most `limit` characters, counted as UTF-16 code units."""
    items = _items(review)
    tail = _provenance(review)
    head = _head(review, limit // 2 - length(tail))
    whole = _document(head, items, "", tail)
    if length(whole) <= limit:
        return Rendered(whole, is_cut=False, left_out=0)
    return _fitted(review, head, items, tail, limit)


# --- The limit ---------------------------------------------------------------------------------------


def _fitted(review: Review, head: str, items: list[Item], tail: str, limit: int) -> Rendered:
    """Give room to the riskiest first; where a piece does not fit, a later and smaller one may."""
    room = limit - length(_document(head, [], _left_out(items, len(items), review.folder), tail)) - 2
    chosen = _chosen(items, room)
    absent = [item for place, item in enumerate(items) if place not in chosen]
    shortened = sum(chosen[place] is not items[place] for place in chosen)
    note = _left_out(absent, shortened, review.folder)
    text = _document(head, [chosen[place] for place in sorted(chosen)], note, tail)
    return Rendered(text, is_cut=True, left_out=sum(item.block.covers for item in absent))


def _chosen(items: Sequence[Item], room: int) -> dict[int, Item]:
    """Return the pieces that fit into `room`, by their place in the document."""
    ranked = sorted(enumerate(items), key=lambda entry: (-entry[1].block.risk, not entry[1].is_finding))
    chosen: dict[int, Item] = {}
    sections: set[str] = set()
    left = room
    for place, item in ranked:
        frame = GAP if item.section in sections else GAP + FRAME + 2 * length(item.section)
        shown = item
        if frame + length(item.block.markdown) > room and item.block.risk >= Risk.CARE:
            shown = _shortened(item, left // 2 - frame)
        needed = frame + length(shown.block.markdown)
        if shown.block.markdown and needed <= left:
            chosen[place] = shown
            sections.add(item.section)
            left -= needed
    return chosen


def _shortened(item: Item, room: int) -> Item:
    """Cut a piece that no review could hold whole: better its beginning than nothing of the worst."""
    block = item.block
    return Item(item.section, Block(cut(block.markdown, room), block.risk, block.covers), item.is_finding)


def _left_out(items: Sequence[Item], halved: int, folder: str) -> str:
    findings = sum(item.is_finding for item in items)
    changes = sum(item.block.covers for item in items if not item.is_finding)
    counted = [
        f"{number} {wording.plural(noun, number)}"
        for number, noun in ((changes, "change"), (findings, "finding"))
        if number
    ]
    said = []
    place = markdown.code(f"{folder}/review.json")
    if items:
        number = changes + findings
        what = " and ".join(counted) or f"{len(items)} {wording.plural('section', len(items))}"
        said.append(f"**{what} did not fit: {'it stands' if number == 1 else 'they stand'} in {place}.**")
    if halved:
        said.append(
            f"**{halved} {'block is' if halved == 1 else 'blocks are'} cut: the whole stands in {place}.**"
        )
    return " ".join(said)


# --- The text ----------------------------------------------------------------------------------------


def _document(head: str, items: Sequence[Item], note: str, tail: str) -> str:
    sections = []
    for title in dict.fromkeys(item.section for item in items):
        sections.append(_section(title, [item for item in items if item.section == title]))
    return markdown.clean("\n\n".join(part for part in (head, *sections, note, tail) if part)) + "\n"


def _section(title: str, items: Sequence[Item]) -> str:
    """Show what needs care at once; what does not is folded when it is long. Nothing dangerous hides."""
    ranked = sorted(items, key=lambda item: (not item.is_finding, -item.block.risk))
    careful = [item for item in ranked if item.block.risk >= Risk.CARE]
    others = [item for item in ranked if item.block.risk < Risk.CARE]
    folded = _joined(others)
    if length(folded) > SHOWN_OPEN:
        more = " more" if careful else ""
        what = f"{len(others)}{more} that {'needs' if len(others) == 1 else 'need'} no care"
        return "\n\n".join(filter(None, [f"### {title}", _joined(careful), markdown.details(what, folded)]))
    return f"### {title}\n\n{_joined(ranked)}"


def _joined(items: Sequence[Item]) -> str:
    """Put pieces one below the other: findings as one list, blocks with an empty line between."""
    groups = groupby(items, key=lambda item: item.is_finding)
    return "\n\n".join(
        ("\n" if is_list else "\n\n").join(item.block.markdown for item in group) for is_list, group in groups
    )


def _items(review: Review) -> list[Item]:
    """Return every piece in the order of the document: findings by risk, then the parts' blocks."""
    findings = [Item(MEANING, _finding(finding), is_finding=True) for finding in review.findings]
    return findings + [
        Item(part.title, Block(markdown.clean(block.markdown).strip("\n"), block.risk, block.covers))
        for part in review.parts
        for block in part.blocks
    ]


def _finding(finding: Finding) -> Block:
    address = f" ({markdown.code(finding.address)})" if finding.address else ""
    word = wording.RISKS[finding.risk]
    shown = f"**{word}:**" if finding.risk >= Risk.CARE else f"{word}:"
    return Block(f"- {shown} {markdown.text(finding.text)}{address}", finding.risk)


# --- The head ----------------------------------------------------------------------------------------


def _head(review: Review, room: int) -> str:
    """Return verdict and gates. Every gate is named; of what trips it, as much as there is room for."""
    reasons = wording.reasons(review)
    first = f"## {markdown.text(wording.headline(review))}"
    if reasons:
        first += f" — {markdown.text(reasons)}"
    if not review.trips:
        return first
    for most in (20, 5, 1, 0):
        head = "\n\n".join((first, *_gates(review, most)))
        if length(head) <= room:
            break
    return head


def _gates(review: Review, most: int) -> list[str]:
    """Return the sentence that says how to go on, and a table of the gates with `most` reasons each."""
    rows = [_gate(trips, most, review) for trips in wording.by_gate(review)]
    table = markdown.table(["gate", "what trips it", "has to agree"], rows)
    if not review.open_gates:
        return [f"The gates below are approved by default in {markdown.text(review.environment)}.", table]
    how = markdown.code(wording.allowing(review))
    return [f"**{wording.blocked(review)}** Whoever has agreement runs {how}.", table]


def _gate(trips: Sequence[Trip], most: int, review: Review) -> list[str]:
    shown = [_trip(trip) for trip in trips[:most]]
    more = len(trips) - len(shown)
    if more:
        shown.append(f"{more} more" if shown else f"{more} {wording.plural('resource', more)}")
    agree = markdown.text(wording.agreement(trips[0], review))
    return [markdown.code(trips[0].gate.name), "<br>".join(shown), agree]


def _trip(trip: Trip) -> str:
    address = f" ({markdown.code(trip.address)})" if trip.address else ""
    return markdown.text(wording.brief(trip.what)) + address


def _provenance(review: Review) -> str:
    said = [
        f"{markdown.text(name)} {markdown.code(wording.brief(value))}"
        for name, value in review.provenance.items()
    ]
    return f"---\n\n{' · '.join(said)}" if said else ""
