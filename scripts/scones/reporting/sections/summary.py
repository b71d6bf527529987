"""The numbers at the top of the report."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape

from scones.inference.histories import FAILED
from scones.proportions import Proportion
from scones.reporting.markup import facts, percent, section
from scones.reporting.reading.executions import Executions
from scones.reporting.reading.unread import Unread
from scones.reporting.verdicts import Summary
from scones.rule import Rule


def render(
    summary: Summary, rule: Rule, executions: Executions | Unread, named: Mapping[str, str], chart: str
) -> str:
    """Return the tiles, what the report is about, and the chart of the counts."""
    coverage = summary.coverage
    refused = coverage.total - coverage.successes
    mean = summary.mean_confidence
    tiles = [
        _tile("Inferences", f"{summary.inferences:,}", _span(summary.first, summary.last)),
        _tile("Accepted", f"{coverage.successes:,}", _coverage(coverage, rule)),
        _tile("Refused", f"{refused:,}", _refusal(rule)),
        _failures(executions),
        _tile("Mean confidence", None if mean is None else f"{mean:.3f}", "of the likeliest class"),
        _tile("Accuracy", percent(summary.accuracy.share), _interval(summary.accuracy)),
        _tile(
            "Accuracy when accepted",
            percent(summary.accepted_accuracy.share),
            _interval(summary.accepted_accuracy),
        ),
        _tile("Labelled", f"{labelled(summary):,}", _labelled(summary)),
    ]
    return section("summary", "Summary", f'<ul class="tiles">\n{"".join(tiles)}</ul>\n{chart}{facts(named)}')


def _tile(name: str, value: str | None, detail: str) -> str:
    shown = f'<div class="value">{value}</div>' if value else '<div class="value none">not known</div>'
    return (
        f'<li class="tile"><div class="name">{name}</div>{shown}'
        f'<div class="detail">{escape(detail)}</div></li>\n'
    )


def _failures(executions: Executions | Unread) -> str:
    if isinstance(executions, Unread):
        return _tile("Failed", None, "executions were not read")
    failed = sum(story.verdict == FAILED for story in executions.stories)
    which = "all" if executions.are_all else "the newest"
    return _tile("Failed", f"{failed:,}", f"of {which} {len(executions.stories):,} executions, by an error")


def _coverage(coverage: Proportion, rule: Rule) -> str:
    share = f"coverage {percent(coverage.share)}: " if coverage.total else ""
    return f"{share}confidence of {_threshold(rule)} or more"


def _refusal(rule: Rule) -> str:
    limit = rule.out_of_domain_limit
    score = "" if limit is None else f", or an out-of-domain score above {limit:g}"
    return f"confidence under {_threshold(rule)}{score}: sent to review"


def _threshold(rule: Rule) -> str:
    return "its class's threshold" if rule.class_thresholds else f"{rule.threshold:g}"


def labelled(summary: Summary) -> int:
    """Return how many pictures have a known truth."""
    return summary.accuracy.total + summary.neither.total


def _labelled(summary: Summary) -> str:
    """Say whose labels they are: people see what was refused, which is harder than the rest."""
    total = labelled(summary)
    if not total:
        return "no picture with a known label"
    parts = [f"{total - summary.by_people:,} in the staged test list", f"{summary.by_people:,} by people"]
    neither = summary.neither
    if neither.total:
        parts.append(f"{neither.total:,} show neither, {neither.successes:,} of these accepted")
    return "; ".join(parts)


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
