"""The lines of capture files that could not be read."""

from collections.abc import Sequence
from html import escape

from scones.inference.captures import Fault
from scones.reporting.markup import section

MOST = 50


def render(faults: Sequence[Fault]) -> str:
    """Return the first of them; nothing when there is none."""
    if not faults:
        return ""
    hidden = len(faults) - MOST
    more = f" The first {MOST} are shown; {hidden:,} are not." if hidden > 0 else ""
    items = "".join(f"<li><bdi>{escape(str(fault))}</bdi></li>\n" for fault in faults[:MOST])
    return section(
        "unreadable",
        "Records that could not be read",
        f'<ul class="faults">\n{items}</ul>\n',
        f"They are counted nowhere above.{more}",
        f"{len(faults):,}",
    )
