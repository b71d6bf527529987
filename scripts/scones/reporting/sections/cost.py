"""What the environment has cost so far, and what that is an estimate of."""

from html import escape

from scones.reporting.markup import facts, section, table, unread
from scones.reporting.reading.cost import Spent
from scones.reporting.reading.unread import Unread
from scones.review.money import bill


def render(spent: Spent | Unread) -> str:
    """Return the estimate, or why there is none."""
    if isinstance(spent, Unread):
        return section("cost", "Cost so far", unread(spent))
    if spent.standing is None or spent.hours is None:
        standing, total = "not known: there is no endpoint to count its hours", ""
    else:
        standing = f"{bill.span(*spent.standing)} in {_time(spent.hours)} since the endpoint was made"
        total = bill.span(*(amount + spent.used for amount in spent.standing))
    unknown = (
        f"Without {', '.join(dict.fromkeys(spent.unknown))}: no price is known." if spent.unknown else ""
    )
    used = f"{bill.dollars(spent.used)} for {spent.classifications:,} captured"
    entries = {
        "Estimated total": total,
        "Standing there": standing,
        "Classifications": f"{used}, as if each came through the workflow",
        "A month, always on": spent.month,
        "1,000 classifications": spent.thousand,
        "Left out": unknown,
    }
    local = (
        "Local AWS costs nothing: this is what the same would have cost in an account. "
        if spent.is_local
        else ""
    )
    rows = [(line.what, bill.amounts([line]), line.how) for line in spent.lines]
    shown = (
        table("What costs while it stands there, a month", ("What", "A month", "How"), rows) if rows else ""
    )
    note = f"{local}An estimate, not a bill; training jobs are not in it."
    return section(
        "cost",
        "Cost so far",
        f'{facts(entries)}{shown}<p class="note">{escape(spent.notes.replace("`", ""))}</p>\n',
        note,
    )


def _time(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes"
