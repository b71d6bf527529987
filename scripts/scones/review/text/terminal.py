"""The review for the terminal: plain lines, and where the whole of it stands."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from scones.review.findings import Risk
from scones.review.text import wording
from scones.review.text.markdown import one_line

if TYPE_CHECKING:
    from scones.review.review import Review

MOST_TRIPS = 5  # of one gate
MOST_HARMLESS = 10  # findings that need no care


def summary(review: Review, width: int = 80) -> str:
    """Return verdict, gates and findings as plain lines of at most `width` characters, where words allow."""
    lines = _wrapped(wording.headline(review), width)
    if review.reasons:
        lines += _wrapped(wording.reasons(review), width, "  ")
    lines += _gates(review, width)
    lines += _findings(review, width)
    if review.folder:
        lines += ["", f"The whole review: {one_line(review.folder)}/review.md"]
    return "\n".join(lines)


def _gates(review: Review, width: int) -> list[str]:
    if not review.trips:
        return []
    blocking = review.open_gates
    lines = ["", *_wrapped(wording.blocked(review) if blocking else "No gate is in the way.", width)]
    for trips in wording.by_gate(review):
        gate = trips[0].gate
        lines += _wrapped(f"{gate.name}: {wording.agreement(trips[0], review)}", width, "  ")
        for trip in trips[:MOST_TRIPS]:
            lines += _wrapped(wording.brief(trip.what), width, "    - ")
        if len(trips) > MOST_TRIPS:
            lines.append(f"    - {len(trips) - MOST_TRIPS} more")
    if blocking:
        lines += ["  Whoever has agreement runs:", f"    {one_line(wording.allowing(review))}"]
    return lines


def _findings(review: Review, width: int) -> list[str]:
    """Return every finding that needs care, and the first of the others."""
    findings = review.findings
    harmless = [finding for finding in findings if finding.risk < Risk.CARE]
    left_out = harmless[MOST_HARMLESS:]
    lines = [""] if findings else []
    for finding in findings[: len(findings) - len(left_out)]:
        lines += _wrapped(f"{wording.RISKS[finding.risk]}: {finding.text}", width, "- ")
    if left_out:
        number = len(left_out)
        lines.append(f"- {number} more {wording.plural('finding', number)} that need no care")
    return lines


def _wrapped(words: str, width: int, lead: str = "") -> list[str]:
    """Break plain text into lines; a name or a command that is longer than a line stays whole."""
    return textwrap.wrap(
        one_line(words),
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
