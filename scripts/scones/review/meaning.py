"""What a plan means, in words of this workflow."""

from scones.review.findings import Context, Part
from scones.review.plan import Plan

TITLE = "What it means"


def meaning(plan: Plan, context: Context) -> Part:  # noqa: ARG001 (every look gets one)
    """Return the findings for the head of the review."""
    return Part(TITLE)
