"""How answers are judged: thresholds, out-of-domain limit, names of the classes, loading bay of each."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scones.review.findings import Evaluation, Finding, Risk
from scones.review.meanings.models import TOLERATED, Served
from scones.review.meanings.rules import exceptions, number, passing
from scones.review.meanings.situation import Situation
from scones.review.plan import UNKNOWN
from scones.review.values import parsed, plain


def judging(now: Situation) -> Iterator[Finding]:
    """Yield what changes in how a confidence becomes an answer and an answer a loading bay."""
    judge = now.judge
    if judge is None or not (judge.before and judge.after):
        return
    for finding in (*_threshold(now), *_exceptions(now), *_limit(now), *_classes(now), *_bays(now)):
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
    if new > 1:
        yield Finding(Risk.CARE, f"{change}: no confidence is above 1, so every picture goes to review")
        return
    yield _of_effect(change, now, stricter=new > old, threshold=old)


def _exceptions(now: Situation) -> Iterator[Finding]:
    before, after = (exceptions(value) for value in now.setting("CLASS_THRESHOLDS"))
    general = now.setting("THRESHOLD")
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            was, becomes = (
                f"the general {plain(general[when])}" if value is None else f"{value:g}"
                for when, value in enumerate((old, new))
            )
            risk = Risk.CARE if new is None or (old is not None and new < old) else Risk.SAFE
            yield Finding(risk, f"threshold of {name} {was} → {becomes}")


def _limit(now: Situation) -> Iterator[Finding]:
    before, after = now.setting("OUT_OF_DOMAIN_LIMIT")
    if (before or "") == (after or ""):
        return
    change = (
        f"out-of-domain limit {plain(before) if before else 'none'} → {plain(after) if after else 'none'}"
    )
    old, new = number(before), number(after)
    if (old is None and before) or (new is None and after):
        yield Finding(Risk.CARE, f"{change}: what passes is unknown")
        return
    stricter = new is not None and (old is None or new < old)
    yield _of_effect(change, now, stricter=stricter, out_of_domain_limit=old)


def _of_effect(change: str, now: Situation, *, stricter: bool, **former: float | None) -> Finding:
    """Say what one part of the rule, which was `former`, lets pass of the planned model's evaluation set."""
    _, rule = now.rules
    evaluation = Served.planned(now.plan.variables, now.context).evaluation
    told = evaluation and _is_told(evaluation, former)
    if rule is None or not evaluation or not told:
        return Finding(Risk.CARE, f"{change}: how many pictures pass is unknown")
    old = replace(rule, **former)  # type: ignore[arg-type]
    before, after = passing(old, evaluation), passing(rule, evaluation)
    # More pictures for people are known and little, or the same pictures pass as before.
    is_little = after[0] >= before[0] * (1 - TOLERATED) if stricter else before == after
    text = f"{change}: {_effect(before, after, len(evaluation.answers), stricter=stricter)}"
    return Finding(Risk.SAFE if is_little else Risk.CARE, text)


def _is_told(evaluation: Evaluation, former: Mapping[str, float | None]) -> bool:
    """Say whether the evaluation knows what the changed part of the rule is about."""
    return "out_of_domain_limit" not in former or all(
        answer.out_of_domain is not None for answer in evaluation.answers.values()
    )


def _effect(before: tuple[int, int], after: tuple[int, int], of: int, *, stricter: bool) -> str:
    """Return what another rule lets pass of the pictures that the planned model was asked about."""
    number_of, wrong = abs(after[0] - before[0]), abs(after[1] - before[1])
    which = "fewer" if stricter else "more"
    pictures = "picture passes" if number_of == 1 else "pictures pass"
    text = f"on the evaluation set {number_of} {which} {pictures}"
    text = f"{text}, {wrong or 'none'} of them wrong" if number_of else text
    return f"{text}; {of - after[0]} of {of} go to review" if after[0] < before[0] else text


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
