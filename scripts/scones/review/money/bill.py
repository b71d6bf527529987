"""Costs as a reader sees them: amounts in words, and a table of before and after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from scones.review.money.standing import Line
from scones.review.money.usage import NOT_COUNTED, Share
from scones.review.text import markdown

if TYPE_CHECKING:
    from scones.review.money.cost import Cost

NOTHING = "–"
Entry = TypeVar("Entry", Line, Share)


def table(before: Cost, after: Cost) -> str:
    """Return a table of every line on both sides, its sums, and what the reader has to know about them."""
    rows = [
        _row(what, amounts(had), amounts(has), [line.how for line in has or had])
        for what, had, has in _sides(before.lines, after.lines)
    ]
    rows.append(["**always on, a month**", markdown.text(month(before)), markdown.text(month(after)), ""])
    rows += [
        _row(what, used(had), used(has), [share.how for share in has or had])
        for what, had, has in _sides(before.shares, after.shares)
    ]
    if before.shares or after.shares:
        sums = [markdown.text(thousand(before)), markdown.text(thousand(after))]
        rows.append(["**1,000 classifications**", *sums, ""])
    return f"{markdown.table(['what', 'before', 'after', 'how'], rows)}\n\n{markdown.text(notes(after))}"


def unchanged(cost: Cost) -> str:
    """Return one line for a plan that leaves the bill as it is."""
    text = f"Stays as it is: {month(cost)} a month, always on"
    if cost.shares:
        text += f"; {thousand(cost)} for 1,000 classifications"
    return markdown.text(f"{text}.")


def notes(cost: Cost) -> str:
    """Say where the prices come from, what is in them and what is not."""
    region = cost.region or "an unknown region"
    said = [
        f"List prices in US dollars of {cost.table.taken.isoformat()} for {region}, "
        "from `scripts/scones/review/money/prices.toml`, which names their sources and what a picture is "
        "assumed to need",
        "ranges are from minimum to maximum capacity",
        f"{cost.free} resources cost nothing while nothing happens",
        f"not counted: free tiers, {NOT_COUNTED}, and the second set of instances while a deployment runs",
    ]
    return "; ".join(said) + "."


def month(cost: Cost) -> str:
    """Return what stands there a month, in words."""
    return _sum(span(cost.minimum, cost.maximum), bool(cost.lines), bool(cost.unknown))


def thousand(cost: Cost) -> str:
    """Return what 1,000 classifications cost, in words."""
    return _sum(dollars(cost.per_thousand), bool(cost.shares), bool(cost.unknown_shares))


def amounts(found: Sequence[Line]) -> str:
    """Return the sum of lines in words; one that is unknown makes it unknown."""
    if any(line.is_unknown for line in found):
        return "unknown"
    least, most = sum(line.minimum or 0 for line in found), sum(line.maximum or 0 for line in found)
    return span(least, most) if found else NOTHING


def used(found: Sequence[Share]) -> str:
    """Return the sum of shares in words; one that is unknown makes it unknown."""
    if any(share.amount is None for share in found):
        return "unknown"
    return dollars(sum(share.amount or 0 for share in found)) if found else NOTHING


def span(minimum: float, maximum: float) -> str:
    """Return an amount, or the range between two."""
    least, most = dollars(minimum), dollars(maximum)
    return least if least == most else f"{least} to {most}"


def dollars(amount: float) -> str:
    """Return an amount with as many digits as matter: $1,234, $12.30, $0.0042."""
    if amount >= 100:
        return f"${amount:,.0f}"
    if amount >= 0.01 or amount == 0:
        return f"${amount:.2f}"
    return f"${amount:.4f}" if amount >= 0.001 else f"${amount:.6f}"


def change(before: float, after: float, had: bool, has: bool) -> str:
    """Return how an amount changes, in words."""
    old, new = dollars(before), dollars(after)
    if not has:
        return f"{old} → nothing"
    return new if not had or old == new else f"{old} → {new}"


def _sum(amount: str, is_any: bool, is_unknown: bool) -> str:
    """Return a sum in words: an unknown part makes it a lower bound."""
    if not is_any:
        return NOTHING
    return f"at least {amount}, plus unknown" if is_unknown else amount


def _row(what: str, before: str, after: str, how: Iterable[str]) -> list[str]:
    return [markdown.text(cell) for cell in (what, before, after, "; ".join(how))]


def _sides(before: Sequence[Entry], after: Sequence[Entry]) -> Iterable[tuple[str, list[Entry], list[Entry]]]:
    """Yield each name with its entries on both sides, in the order of the side after."""
    for what in dict.fromkeys(entry.what for entry in (*after, *before)):
        yield (
            what,
            [entry for entry in before if entry.what == what],
            [entry for entry in after if entry.what == what],
        )
