"""What is deployed, thing by thing."""

from html import escape

from scones.reporting.markup import facts, section, table, unread
from scones.reporting.reading.deployment import Card, Deployment
from scones.reporting.reading.unread import Unread

NOTE = "As AWS described it when the report was made. Values that look like secrets are not shown."


def render(deployment: Deployment | Unread) -> str:
    """Return a part for each thing, which opens and closes; the first is open."""
    if isinstance(deployment, Unread):
        return section("deployed", "What is deployed", unread(deployment))
    cards = "".join(
        _card(title, card, is_open=place == 0) for place, (title, card) in enumerate(deployment.cards)
    )
    return section("deployed", "What is deployed", f'<div class="deployed">\n{cards}</div>\n', NOTE)


def _card(title: str, card: Card | Unread, *, is_open: bool) -> str:
    if isinstance(card, Unread):
        name, body = "not read", unread(card)
    else:
        tables = "".join(table(one.title, one.columns, one.rows) for one in card.tables)
        name, body = card.title, facts(card.facts) + tables
    shown = " open" if is_open else ""
    return (
        f"<details{shown}>\n<summary><h3>{escape(title)}</h3> "
        f'<span class="quiet"><bdi>{escape(name)}</bdi></span></summary>\n{body}</details>\n'
    )
