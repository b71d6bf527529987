"""What goes and why: data that nobody can make again, and whatever else is deleted or replaced."""

from collections.abc import Iterator, Sequence

from scones.review.findings import Finding, Risk
from scones.review.guards import acting, newborn, protecting, watching
from scones.review.guards.destroying import DATA, FORGOTTEN, forgotten, sooner
from scones.review.kinds import (
    BUCKET,
    ENDPOINT,
    EVENT_TARGET,
    KEY,
    LIFECYCLE,
    LOG_GROUP,
    MODEL,
    QUEUE,
    SCALING_POLICY,
    SCALING_TARGET,
    SUBSCRIPTION,
)
from scones.review.meanings.situation import Situation
from scones.review.nouns import because, counted, name, noun, title, why
from scones.review.plan import Change
from scones.review.risks import PASSING, is_data, is_lost, risk_of

# Goes and comes with the endpoint: a pause and its end are told in one sentence.
WITH_THE_ENDPOINT = (SCALING_POLICY, SCALING_TARGET, EVENT_TARGET)
LONGEST_WAIT = 30  # days after which KMS deletes a key, where nothing else is said
LOST = {
    QUEUE: "what waits in it is lost",
    LOG_GROUP: "its lines are lost",
    "aws_sagemaker_model_package_group": "the register of every trained model is lost",
}
SHOWN = 4  # names in one sentence
STATE = "-state-"  # in the name of the bucket that keeps Terraform's state


def data(now: Situation) -> Iterator[Finding]:
    """Yield what holds data and goes, each with what is lost, those of a kind and reason together."""
    going = [change for change in now.plan.of_type(BUCKET, KEY, *DATA) if is_lost(change)]
    for alike in _alike(going):
        if len(alike) == 1 or alike[0].type in (BUCKET, KEY):
            for change in alike:
                yield Finding(Risk.DESTRUCTIVE, _lost(change), change.address)
        else:
            text = f"{_verb(alike[0])} {_listed(alike)}: {_what_is_lost(alike[0], len(alike))}"
            yield Finding(Risk.DESTRUCTIVE, f"{text}{because(alike[0])}", alike[0].address)
    for kind in FORGOTTEN:
        for what, address in forgotten(now.plan, kind):
            yield Finding(Risk.CARE, what, address)
    for change in now.plan.of_type(LIFECYCLE):
        for what in sooner(change, now.plan):
            yield Finding(Risk.CARE, what, change.address)


def protection(now: Situation) -> Iterator[Finding]:
    """Yield what keeps data private and deployments safe, and no longer does."""
    for guard in (
        protecting.public_access,
        protecting.encryption,
        protecting.versioning,
        watching.auto_rollback,
    ):
        for what, address in guard(now.plan, now.context):
            yield Finding(Risk.CARE, what, address)
    for look in (newborn.without_tls, newborn.without_retention, acting.roles):
        for what, address in look(now.plan):
            yield Finding(Risk.CARE, what, address)
    yield from _logs_without_key(now)


def _logs_without_key(now: Situation) -> Iterator[Finding]:
    """Yield one sentence for the new log groups that only AWS's own key encrypts, where none has another."""
    told = {address for _, address in newborn.without_encryption(now.plan)}
    left = [change for change in newborn.logs_without_key(now.plan) if change.address not in told]
    if left:
        what = title(left[0]) if len(left) == 1 else counted(left)
        yield Finding(Risk.NOTE, f"{what} without a key of ours: AWS's own encrypts", left[0].address)


def others(now: Situation) -> Iterator[Finding]:
    """Yield every other resource that is deleted, replaced or forgotten, and why: none goes in silence."""
    going = (change for change in now.plan.changes if change.goes or change.action == "forget")
    left = [change for change in going if not is_data_lost(change) and not is_told(change, now)]
    passing = [change for change in left if change.action == "replace" and change.type in PASSING]
    if passing:
        listed = ", ".join(f"{title(change)}{_in_brackets(change)}" for change in passing)
        yield Finding(Risk.SAFE, f"makes anew, before the old one goes: {listed}", passing[0].address)
    for alike in _alike([change for change in left if change not in passing]):
        change = alike[0]
        text = f"{_plain_verb(change)} {_listed(alike)}{because(change)}"
        if change.is_leftover:
            text += ": an interrupted replacement left it behind"
        elif change.action == "forget":
            text += ": it stays as it is, and Terraform no longer looks after it"
        yield Finding(max(map(risk_of, alike)), text, change.address)


def is_told(change: Change, now: Situation) -> bool:
    """Say whether a resource that comes or goes has a sentence of its own elsewhere."""
    if change.is_leftover:
        return False
    if change.action == "forget" and change.type in FORGOTTEN:
        return True
    if (now.pauses or now.resumes) and change.type in WITH_THE_ENDPOINT:
        return True
    if change.type in (ENDPOINT, SUBSCRIPTION):
        return True
    if change.type == SCALING_TARGET:
        return change.action != "replace"
    if change.action == "create":
        return change.type == MODEL or (change.type == BUCKET and STATE in name(change))
    return change.type == EVENT_TARGET and change.action == "delete"


def _in_brackets(change: Change) -> str:
    return f" ({why(change)})" if why(change) else ""


def is_data_lost(change: Change) -> bool:
    """Say whether `data` tells of a change."""
    return is_data(change) and is_lost(change)


def _lost(change: Change) -> str:
    return f"{_verb(change)} {title(change)}: {_what_is_lost(change)}{because(change)}"


def _what_is_lost(change: Change, number: int = 1) -> str:
    if change.type == KEY:
        days = change.before.get("deletion_window_in_days") or LONGEST_WAIT
        return f"whatever it encrypted cannot be read again after {days} days"
    if change.type == BUCKET:
        if STATE in name(change):
            return "it keeps the state of both roots, without which Terraform knows of nothing that stands"
        if change.before.get("force_destroy"):
            return "everything in it is lost, in all its versions"
        return "everything in it would be lost, and AWS refuses as long as something is"
    words = LOST.get(change.type, "what it holds is lost")
    if number > 1:
        words = words.replace("its lines", "their lines").replace("waits in it", "waits in them")
    return words.replace("what it holds", "what they hold") if number > 1 else words


def _verb(change: Change) -> str:
    return "REPLACES" if change.action == "replace" else "DESTROYS"


def _plain_verb(change: Change) -> str:
    return {"replace": "replaces", "delete": "deletes", "forget": "forgets"}[change.action]


def _alike(changes: Sequence[Change]) -> list[list[Change]]:
    """Group changes of one kind that go in the same way and for the same reason."""
    found: dict[tuple[str, str, str, bool], list[Change]] = {}
    for change in changes:
        key = (change.type, change.action, because(change), change.is_leftover)
        found.setdefault(key, []).append(change)
    return list(found.values())


def _listed(alike: Sequence[Change]) -> str:
    if len(alike) == 1:
        return title(alike[0])
    names = [name(change) for change in alike[:SHOWN]]
    more = len(alike) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    return f"{len(alike)} {noun(alike[0].type, len(alike))} ({listed})"
