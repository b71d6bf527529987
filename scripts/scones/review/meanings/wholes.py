"""What a plan is as a whole: everything comes, everything goes, or some things come beside others."""

from collections.abc import Iterator

from scones.review.findings import Finding, Risk
from scones.review.kinds import BUCKET
from scones.review.meanings.losing import STATE, is_told
from scones.review.meanings.situation import Situation
from scones.review.nouns import counted, name, title

ENDS = {
    "workflow": "nothing is classified any more",
    "foundation": "nothing can be trained or deployed until there is another one",
}


def whole(now: Situation) -> Iterator[Finding]:
    """Yield the one sentence that a first plan or a last one comes down to."""
    changed = now.plan.changed
    if now.is_fresh:
        text = f"creates everything of the {now.context.root}, from nothing: {counted(changed)}"
        yield Finding(Risk.SAFE, text)
    elif now.is_end and changed:
        end = ENDS.get(now.context.root, "nothing of it is left")
        text = f"DESTROYS everything of the {now.context.root}: {end}; {counted(changed)}"
        yield Finding(Risk.DESTRUCTIVE, text)
    for change in now.plan.of_type(BUCKET):
        if change.action == "create" and STATE in name(change):
            text = f"creates bucket {name(change)}: the state of both roots is kept there from then on"
            yield Finding(Risk.SAFE, text, change.address)


def additions(now: Situation) -> Iterator[Finding]:
    """Yield what comes into being beside what stands already, in one sentence."""
    made = [change for change in now.plan.changes if change.action == "create" and not is_told(change, now)]
    if made and not now.is_fresh:
        what = title(made[0]) if len(made) == 1 else counted(made)
        yield Finding(Risk.SAFE, f"creates {what}", made[0].address if len(made) == 1 else "")
