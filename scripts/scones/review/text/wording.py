"""The words that the review of a pull request and that of the terminal have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scones.review.findings import Risk
from scones.review.nouns import plural

if TYPE_CHECKING:
    from scones.review.gates import Trip
    from scones.review.review import Review

ACTIONS = {
    "replace": "to replace",
    "delete": "to delete",
    "create": "to create",
    "update": "to change",
    "forget": "to forget",
}
RISKS = {Risk.DESTRUCTIVE: "Destructive", Risk.CARE: "Care", Risk.SAFE: "Safe", Risk.NOTE: "Note"}
LONGEST_REASON = 200  # characters


def headline(review: Review) -> str:
    """Return the verdict, what it is about and how many resources it touches, as plain text."""
    what = [review.environment, review.root]
    if review.purpose != "apply":
        what.append(review.purpose)
    number = ", ".join(f"{count} {ACTIONS.get(action, action)}" for action, count in review.counts.items())
    verdict = review.verdict.words[:1].upper() + review.verdict.words[1:]
    return f"{verdict} · {' · '.join(what)}" + (f": {number}" if number else "")


def reasons(review: Review) -> str:
    """Return what made the verdict so, on one line."""
    return "; ".join(brief(reason) for reason in review.reasons)


def by_gate(review: Review) -> list[list[Trip]]:
    """Return the trips of each gate, those that keep the plan from being applied first."""
    found: dict[str, list[Trip]] = {}
    for trip in review.trips:
        found.setdefault(trip.gate.name, []).append(trip)
    return sorted(found.values(), key=lambda trips: trips[0].gate.name in review.approved)


def blocked(review: Review) -> str:
    """Return the sentence that says how many gates have to be named."""
    number = len(review.open_gates)
    return f"{number} {plural('gate', number)} {'keeps' if number == 1 else 'keep'} this from being applied."


def agreement(trip: Trip, review: Review) -> str:
    """Return who has to agree to what a gate guards."""
    if trip.gate.name in review.approved:
        return f"approved by default in {review.environment}"
    return trip.gate.approver


def allowing(review: Review) -> str:
    """Return the command that applies the plan although its gates have tripped."""
    target = "destroy" if review.purpose == "destroy" else "apply"
    return f"make {target} ENV={review.environment} ALLOW={','.join(review.open_gates)}"


def brief(words: str, most: int = LONGEST_REASON) -> str:
    """Return text of at most `most` characters."""
    return words if len(words) <= most else words[: most - 1] + "…"
