"""What a plan does to the bill: what stands there a month, and what 1,000 classifications cost."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scones.review.findings import Block, Context, Finding, Part, Risk
from scones.review.money import bill
from scones.review.money.prices import Prices, prices
from scones.review.money.standing import Line, Resource, lines
from scones.review.money.usage import Share, shares
from scones.review.plan import Plan

# A rise that somebody should agree to: by half, and by more than a lunch.
MUCH_MORE = 1.5
MUCH = 50.0  # US dollars a month
REGION = re.compile(r"^arn:[\w-]+:[\w-]+:([a-z]{2}(?:-[a-z]+)+-\d):")


@dataclass(frozen=True)
class Cost:
    """What resources cost in a region, in US dollars. An unknown amount makes a sum a lower bound."""

    region: str
    lines: tuple[Line, ...]
    shares: tuple[Share, ...]
    free: int = 0  # resources that cost nothing while nothing happens

    @property
    def minimum(self) -> float:
        """What is known to be due each month at the smallest capacity."""
        return sum(line.minimum or 0 for line in self.lines)

    @property
    def maximum(self) -> float:
        """What is known to be due each month at the largest capacity."""
        return sum(line.maximum or 0 for line in self.lines)

    @property
    def per_thousand(self) -> float:
        """What is known of 1,000 classifications."""
        return sum(share.amount or 0 for share in self.shares)

    @property
    def unknown(self) -> list[str]:
        """What costs something while it stands, but nobody here knows how much."""
        return [line.what for line in self.lines if line.is_unknown]

    @property
    def unknown_shares(self) -> list[str]:
        return [share.what for share in self.shares if share.amount is None]

    @property
    def table(self) -> Prices:
        return prices(self.region)

    def as_json(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "prices_taken": self.table.taken.isoformat(),
            "currency": "USD",
            "month": {
                "minimum": round(self.minimum, 2),
                "maximum": round(self.maximum, 2),
                "unknown": self.unknown,
            },
            "per_1000": {"amount": round(self.per_thousand, 6), "unknown": self.unknown_shares},
            "lines": [asdict(line) for line in self.lines],
            "shares": [asdict(share) for share in self.shares],
        }


def monthly(resources: Sequence[Resource], region: str = "") -> Cost:
    """Return what resources cost. They are as a state lists them: type, module, attributes.

    Without a region, it is the one that most of their ARNs name.
    """
    region = region or region_of(resources)
    table = prices(region)
    free = sum(resource["type"] in table.free_types for resource in resources)
    return Cost(region, tuple(lines(resources, table)), tuple(shares(resources, table)), free)


def region_of(resources: Iterable[Resource]) -> str:
    """Return the region that most ARNs of resources name; empty when none does."""
    arns = [str(resource["attributes"].get("arn", "")) for resource in resources]
    found = Counter(match[1] for arn in arns if (match := REGION.match(arn)))
    return found.most_common(1)[0][0] if found else ""


def money(plan: Plan, context: Context) -> Part:  # noqa: ARG001, every look is called alike
    """Say what the plan does to the bill, before and after, at minimum and at maximum capacity."""
    sides = _before(plan), _after(plan)
    region = str(plan.variables.get("region") or "") or region_of([*sides[1], *sides[0]])
    before, after = (monthly(side, region) for side in sides)
    data = {"before": before.as_json(), "after": after.as_json()}
    if not before.lines and not after.lines:
        return Part("Money", data=data)
    found = (_always_on(before, after), _by_use(before, after), _unknown(before, after))
    findings = tuple(finding for finding in found if finding)
    risk = max((finding.risk for finding in findings), default=Risk.NOTE)
    shown = bill.table(before, after) if findings else bill.unchanged(after)
    return Part("Money", findings, (Block(shown, risk, covers=0),), data)


# --- Findings ----------------------------------------------------------------------------------------


def _always_on(before: Cost, after: Cost) -> Finding | None:
    if before.lines == after.lines:
        return None
    least = bill.change(before.minimum, after.minimum, bool(before.lines), bool(after.lines))
    most = bill.change(before.maximum, after.maximum, bool(before.lines), bool(after.lines))
    text = f"always on: {least} a month"
    if least != most:
        text += f" at minimum capacity, {most} at maximum"
    if after.unknown:
        text += f", plus unknown: {', '.join(after.unknown)}"
    rises = after.maximum > MUCH_MORE * before.maximum and after.maximum - before.maximum >= MUCH
    return Finding(Risk.CARE if rises and before.lines else Risk.NOTE, text)


def _by_use(before: Cost, after: Cost) -> Finding | None:
    if before.shares == after.shares or not after.shares:
        return None
    amount = bill.change(before.per_thousand, after.per_thousand, bool(before.shares), True)
    unknown = f", plus unknown: {', '.join(after.unknown_shares)}" if after.unknown_shares else ""
    return Finding(Risk.NOTE, f"1,000 classifications: {amount}{unknown}")


def _unknown(before: Cost, after: Cost) -> Finding | None:
    """A thing whose price nobody knows may be the dearest of all."""
    known = {(line.what, line.how) for line in before.lines if line.is_unknown}
    new = [line for line in after.lines if line.is_unknown and (line.what, line.how) not in known]
    if not new:
        return None
    said = "; ".join(f"{line.what} ({line.how})" for line in new)
    return Finding(Risk.CARE, f"the price table does not know what this costs: {said}")


# --- The two sides of a plan -------------------------------------------------------------------------


def _before(plan: Plan) -> list[Resource]:
    return [_resource(change, change.before) for change in plan.changes if change.before]


def _after(plan: Plan) -> list[Resource]:
    """What Terraform forgets goes on costing: nobody has switched it off."""
    sides = [
        (change, change.before if change.action == "forget" else change.after) for change in plan.changes
    ]
    return [_resource(change, side) for change, side in sides if side]


def _resource(change: Any, attributes: Mapping[str, Any]) -> Resource:
    return {"type": change.type, "name": change.name, "module": change.module, "attributes": attributes}
