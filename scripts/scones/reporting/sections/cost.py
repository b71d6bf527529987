"""What the environment has cost so far, and what that is an estimate of."""

from html import escape

from scones.reporting.markup import facts, section, table, unread
from scones.reporting.reading.cost import Spent, Training
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
        training = 0.0 if isinstance(spent.training, Unread) else spent.training.amount
        total = bill.span(*(amount + spent.used + training for amount in spent.standing))
    missing = [*dict.fromkeys(spent.unknown), *_without_price(spent.training)]
    unknown = f"Without {', '.join(missing)}: no price is known." if missing else ""
    used = f"{bill.dollars(spent.used)} for {spent.classifications:,} captured"
    entries = {
        "Estimated total": total,
        "Standing there": standing,
        "Classifications": f"{used}, as if each came through the workflow",
        "Training jobs": _training(spent.training),
        "A month, always on": spent.month,
        "1,000 classifications": spent.thousand,
        "Left out": unknown,
    }
    local = (
        "Local AWS costs nothing: this is what the same would have cost in an account, if an instance there "
        "trained as long as this machine did. "
        if spent.is_local
        else ""
    )
    rows = [(line.what, bill.amounts([line]), line.how) for line in spent.lines]
    shown = (
        table("What costs while it stands there, a month", ("What", "A month", "How"), rows) if rows else ""
    )
    jobs = [] if isinstance(spent.training, Unread) else spent.training.jobs
    if jobs:
        each = [
            (job.name, "not known" if job.amount is None else bill.dollars(job.amount), job.how)
            for job in jobs
        ]
        shown += table("What training has cost", ("Training job", "Cost", "How"), each)
    note = (
        f"{local}An estimate, not a bill. A training instance is taken to cost as much as an endpoint's "
        "of the same type; the volumes of training are not in it."
    )
    return section(
        "cost",
        "Cost so far",
        f'{facts(entries)}{shown}<p class="note">{escape(spent.notes.replace("`", ""))}</p>\n',
        note,
    )


def _training(training: Training | Unread) -> str:
    if isinstance(training, Unread):
        return f"not in the total: {training.reason}"
    number = len(training.jobs)
    ended = f"{bill.dollars(training.amount)} for {number:,} that ended"
    older = "" if training.are_all else ", the newest ones; older ones were not asked"
    running = f"; {training.running:,} still running" if training.running else ""
    return f"{ended}{older}{running}"


def _without_price(training: Training | Unread) -> list[str]:
    return [] if isinstance(training, Unread) else [job.name for job in training.jobs if job.amount is None]


def _time(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.0f} minutes"
