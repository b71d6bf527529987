"""What a plan means, in words of this workflow, ranked by how much a reader has to look."""

from collections.abc import Iterator

from scones.review.findings import Context, Finding, Part
from scones.review.meanings.endpoints import endpoints
from scones.review.meanings.judging import judging
from scones.review.meanings.losing import data, others, protection
from scones.review.meanings.models import models
from scones.review.meanings.situation import Situation
from scones.review.meanings.wholes import additions, whole
from scones.review.meanings.wiring import wiring
from scones.review.meanings.working import working
from scones.review.plan import Plan

TITLE = "What it means"


def meaning(plan: Plan, context: Context) -> Part:
    """Return the findings for the head of the review, the riskiest first."""
    now = Situation(plan, context)
    found = list(dict.fromkeys(_all(now)))
    found.sort(key=lambda finding: -finding.risk)
    return Part(TITLE, tuple(found))


def _all(now: Situation) -> Iterator[Finding]:
    yield from now.context.secrets_in_clear
    if not now.plan.changed:
        return
    yield from whole(now)
    if now.is_end:
        yield from data(now)
        return
    for look in (endpoints, models, judging, working, wiring, data, protection, others, additions):
        yield from look(now)
