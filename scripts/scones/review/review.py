"""The whole review of one plan: the verdict, the gates it trips, and every part that looked at it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from scones.review.findings import Context, Finding, Part, Risk
from scones.review.gates import Trip, trips
from scones.review.ledger.changes import changes
from scones.review.ledger.drift import drift
from scones.review.meaning import meaning
from scones.review.money.cost import money
from scones.review.permissions.iam import permissions
from scones.review.plan import Change, Plan
from scones.review.risks import is_lost
from scones.review.state_machine.states import state_machine

Look = Callable[[Plan, Context], Part]

LOOKS: tuple[Look, ...] = (meaning, permissions, state_machine, money, changes, drift)
COUNTED = ("replace", "delete", "create", "update", "forget")
REASONS = 3  # in the verdict; the others follow below it


class Verdict(Enum):
    """What a reader should expect, in the words of the first line."""

    NOTHING = "nothing to do"
    SAFE = "safe"
    CARE = "needs care"
    DESTRUCTIVE = "destructive"

    @property
    def words(self) -> str:
        return self.value


@dataclass(frozen=True)
class Review:
    """What a plan of one root does. `folder` is where its files lie, as a person would type it."""

    environment: str
    root: str
    purpose: str
    verdict: Verdict
    reasons: tuple[str, ...]
    counts: Mapping[str, int]
    trips: tuple[Trip, ...]
    approved: frozenset[str]
    parts: tuple[Part, ...]
    provenance: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""

    @property
    def findings(self) -> list[Finding]:
        """Every finding, the riskiest first."""
        found = [finding for part in self.parts for finding in part.findings]
        return sorted(found, key=lambda finding: -finding.risk)

    @property
    def open_gates(self) -> list[str]:
        """The gates that have to be named by ALLOW before the plan can be applied."""
        return sorted({trip.gate.name for trip in self.trips} - self.approved)

    def as_json(self) -> dict[str, Any]:
        """Return the review for programs: everything, whether it fits into a comment or not."""
        return {
            "environment": self.environment,
            "root": self.root,
            "purpose": self.purpose,
            "verdict": self.verdict.words,
            "reasons": list(self.reasons),
            "counts": dict(self.counts),
            "gates": [asdict(trip) | {"approved": trip.gate.name in self.approved} for trip in self.trips],
            "findings": [asdict(finding) | {"risk": finding.risk.name.lower()} for finding in self.findings],
            "parts": {part.title: part.data for part in self.parts},
            "provenance": dict(self.provenance),
        }


def build(
    plan: Plan,
    context: Context,
    *,
    approves: Callable[[str], bool] = frozenset[str]().__contains__,
    provenance: Mapping[str, str] | None = None,
    folder: str = "",
) -> Review:
    """Look at a plan from every side. `approves` says which gates the environment lets pass by default."""
    parts = tuple(look(plan, context) for look in LOOKS)
    tripped = trips(plan, context)
    verdict, reasons = judge(plan, parts, tripped)
    return Review(
        environment=context.environment,
        root=context.root,
        purpose=context.purpose,
        verdict=verdict,
        reasons=reasons,
        counts=count(plan.changes),
        trips=tripped,
        approved=frozenset(trip.gate.name for trip in tripped if approves(trip.gate.name)),
        parts=parts,
        provenance=provenance or {},
        folder=folder,
    )


def count(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many resources each action touches, the actions in the order of their weight."""
    actions = [change.action for change in changes]
    return {action: actions.count(action) for action in COUNTED if action in actions}


def judge(plan: Plan, parts: Iterable[Part], tripped: Iterable[Trip]) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and the sentences that made it so."""
    if not plan.has_effect:
        return Verdict.NOTHING, ()
    findings = [finding for part in parts for finding in part.findings]
    risk = max((finding.risk for finding in findings), default=Risk.SAFE)
    reasons = [finding.text for finding in findings if finding.risk == risk]
    if risk == Risk.DESTRUCTIVE:
        return Verdict.DESTRUCTIVE, _some(reasons)
    gates = [trip.what for trip in tripped]
    if any(is_lost(change) for change in plan.changes) and gates:
        return Verdict.DESTRUCTIVE, _some(gates)
    if risk == Risk.CARE or gates:
        return Verdict.CARE, _some(reasons if risk == Risk.CARE else gates)
    return Verdict.SAFE, ()


def _some(reasons: list[str]) -> tuple[str, ...]:
    unique = list(dict.fromkeys(reasons))
    more = len(unique) - REASONS
    return tuple(unique[:REASONS]) + ((f"and {more} more",) if more > 0 else ())
