"""How answers are judged: the threshold, the names of the classes, and the loading bay of each."""

from collections.abc import Iterator, Mapping
from typing import Any

from scones.review.findings import Evaluation, Finding, Risk
from scones.review.meanings.models import TOLERATED, Served, number, passing
from scones.review.meanings.situation import Situation
from scones.review.plan import UNKNOWN
from scones.review.values import parsed, plain


def judging(now: Situation) -> Iterator[Finding]:
    """Yield what changes in how a confidence becomes an answer and an answer a loading bay."""
    judge = now.judge
    if judge is None or not (judge.before and judge.after):
        return
    for finding in (*_threshold(now), *_classes(now), *_bays(now)):
        yield Finding(finding.risk, finding.text, judge.address)


def _threshold(now: Situation) -> Iterator[Finding]:
    before, after = now.setting("THRESHOLD")
    if before == after:
        return
    old, new = number(before), number(after)
    if old is None or new is None:
        yield Finding(Risk.CARE, f"threshold {plain(before)} → {plain(after)}: what passes is unknown")
        return
    digits = max(len(str(value).partition(".")[2]) for value in (before, after))
    change = f"threshold {old:.{digits}f} → {new:.{digits}f}"
    evaluation = Served.planned(now.plan.variables, now.context).evaluation
    if new > 1:
        yield Finding(Risk.CARE, f"{change}: no confidence is above 1, so every picture goes to review")
        return
    effect = _effect(evaluation, old, new) if evaluation else "how many pictures pass is unknown"
    is_known_and_little = evaluation and (
        not _for_people(evaluation, old, new)
        if new > old
        else passing(evaluation, old) == passing(evaluation, new)
    )
    yield Finding(Risk.SAFE if is_known_and_little else Risk.CARE, f"{change}: {effect}")


def _for_people(evaluation: Evaluation, old: float, new: float) -> bool:
    """Say whether another threshold sends so many more pictures to people that they have to know."""
    before, after = (passing(evaluation, limit)[0] for limit in (old, new))
    return after < before * (1 - TOLERATED)


def _effect(evaluation: Evaluation, old: float, new: float) -> str:
    """Return what another threshold lets pass of the pictures that the planned model was asked about."""
    (before, wrong_before), (after, wrong_after) = (passing(evaluation, limit) for limit in (old, new))
    number_of, wrong = abs(after - before), abs(wrong_after - wrong_before)
    which = "more" if new < old else "fewer"
    pictures = "picture passes" if number_of == 1 else "pictures pass"
    text = f"on the evaluation set {number_of} {which} {pictures}"
    text = f"{text}, {wrong or 'none'} of them wrong" if number_of else text
    pictures_of, all_of = len(evaluation.answers) - after, len(evaluation.answers)
    return f"{text}; {pictures_of} of {all_of} go to review" if after < before else text


def _classes(now: Situation) -> Iterator[Finding]:
    before, after = (parsed(value) for value in now.setting("CLASS_NAMES"))
    if before == after:
        return
    names = " → ".join(_names(value) for value in (before, after))
    text = f"class names {names}: the model's answers get other names, by their order"
    yield Finding(Risk.CARE, text)


def _names(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else plain(value)


def _bays(now: Situation) -> Iterator[Finding]:
    before, after = (parsed(value) for value in now.setting("LOADING_BAYS"))
    if before == after:
        return
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        yield Finding(Risk.CARE, f"loading bays {plain(before)} → {plain(after)}")
        return
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new and UNKNOWN not in (old, new):
            yield Finding(Risk.CARE, f"loading bay of {name}: {plain(old)} → {plain(new)}")
