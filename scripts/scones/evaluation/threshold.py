"""Choose the deployed rule from the answers on validation: the confidence threshold and the score limit.

An answer is accepted when its confidence is at least the threshold and its out-of-domain score, where there
is one, is at most the limit; equal passes both, as in the THRESHOLD_CONFIDENCE function.

Both borders lie in a gap between two answers, MARGIN or more from either: answers that are closer together
than that are accepted or refused together. So neither the digits that an answer is recorded with nor the last
bits of another machine's arithmetic change what becomes of a picture that the rule was chosen on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from scones.proportions import Proportion

TARGET_ERROR = 0.01  # share of the accepted answers that may be wrong
KEPT = 975  # of 1,000 in-domain validation pictures, at least, that the limit has to let pass
# Answers are recorded with 7 digits, and an endpoint's differ from training's by some 1e-7.
MARGIN = 1e-6
LISTED = (0.5, 0.6, 0.7, 0.8, 0.9, 0.93, 0.95, 0.97, 0.99)  # thresholds to compare with


@dataclass(frozen=True)
class Answer:
    """One answer as the rule sees it. `right` is None for a picture of none of the classes."""

    confidence: float
    right: bool | None
    out_of_domain: float | None


@dataclass(frozen=True)
class Outcome:
    """What a threshold does, beside the limit.

    coverage: accepted of all in-domain pictures; selective_accuracy: right of the accepted ones;
    background_accepted: accepted of the pictures of other things, 0 of 0 when there are none.
    """

    threshold: float
    coverage: Proportion
    selective_accuracy: Proportion
    background_accepted: Proportion


@dataclass(frozen=True)
class Choice:
    """The chosen rule and what it does on validation, and `table`: what other thresholds would do.

    `is_reached` is False when no threshold keeps the error at `target_error`: then only the surest answers
    there are pass `threshold`. `out_of_domain_limit` is None when scores are not known.
    """

    threshold: float
    out_of_domain_limit: float | None
    target_error: float
    is_reached: bool
    kept_by_limit: Proportion
    coverage: Proportion
    selective_accuracy: Proportion
    background_accepted: Proportion
    table: tuple[Outcome, ...]


def choose(evaluation: Mapping[str, Any], target_error: float = TARGET_ERROR) -> Choice:
    """Choose the limit, then the smallest confidence threshold whose accepted answers err rarely enough.

    `evaluation` is an evaluation.json: "pictures" with label and probabilities (or predicted and confidence)
    and maybe out_of_domain; maybe "background" with the same but for the label. The threshold lies midway
    between the last confidence accepted and the first refused, with as few digits as that takes; when none is
    refused, just below the last, so that nothing less sure than what was measured is accepted. It counts what
    the limit lets pass (`choose_limit`: 97.5 % of the pictures or more). ValueError when target_error is not
    from 0 to below 1, or there is no picture.
    """
    if not 0 <= target_error < 1:
        raise ValueError(f"the target error is {target_error:g}: expected a share from 0 to below 1")
    pictures = [_answer(entry) for entry in evaluation["pictures"]]
    background = [_answer(entry) for entry in evaluation.get("background", ())]
    if not pictures:
        raise ValueError("there is no picture to choose a threshold on")
    limit = _limit(pictures, background)
    inside = [answer for answer in pictures if _passes(answer, limit)]
    threshold, is_reached = _choose_confidence(inside, target_error)
    chosen = outcome(pictures, background, threshold, limit)
    others = [value for value in LISTED if value != threshold]
    return Choice(
        threshold=threshold,
        out_of_domain_limit=limit,
        target_error=target_error,
        is_reached=is_reached,
        kept_by_limit=Proportion(len(inside), len(pictures)),
        coverage=chosen.coverage,
        selective_accuracy=chosen.selective_accuracy,
        background_accepted=chosen.background_accepted,
        table=tuple(
            chosen if value == threshold else outcome(pictures, background, value, limit)
            for value in sorted([*others, threshold])
        ),
    )


def outcome(
    pictures: Sequence[Answer], background: Sequence[Answer], threshold: float, limit: float | None
) -> Outcome:
    """Return what a threshold and a limit do to in-domain pictures and to those of other things."""

    def is_accepted(answer: Answer) -> bool:
        return answer.confidence >= threshold and _passes(answer, limit)

    accepted = [answer for answer in pictures if is_accepted(answer)]
    return Outcome(
        threshold=threshold,
        coverage=Proportion(len(accepted), len(pictures)),
        selective_accuracy=Proportion(sum(answer.right is True for answer in accepted), len(accepted)),
        background_accepted=Proportion(sum(map(is_accepted, background)), len(background)),
    )


def choose_limit(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Choose the highest out-of-domain score to accept, from scores of in-domain and of other pictures.

    Of the limits that let at least 97.5 % of the in-domain scores pass, the one with the largest sum of the
    share let pass and the share of other pictures refused (Youden's index). With 100 and 200 pictures, one
    stray picture among the others is worth half an in-domain one: it cannot buy the loss of two, as it could
    if refusals alone were maximised, and a model that separates both sides keeps all of its own. Of equals,
    the limit that keeps more. It lies in the middle of the gap to the next score that occurred, since neither
    side's outermost picture is a border. Without other pictures, the 97.5 % quantile, in its gap.

    Scores are from 0 to 1. ValueError when `inside` is empty.
    """
    if not inside:
        raise ValueError("a limit needs the score of at least one in-domain picture")
    own, others = sorted(inside), sorted(outside)
    needed = -(-len(own) * KEPT // 1000)  # the fewest that are 97.5 %, in whole numbers
    tops = dict(_gaps([*own, *others, 1 + 4 * MARGIN]))  # beyond the last score too there is room
    candidates = [score for score in tops if bisect_right(own, score) >= needed]

    def worth(score: float) -> tuple[int, int]:
        kept, refused = bisect_right(own, score), len(others) - bisect_right(others, score)
        return kept * len(others) + refused * len(own), kept  # over a common denominator: equal is equal

    best = max(candidates, key=worth) if others else candidates[0]
    return min(_between(best, tops[best]), 1.0)


def _limit(pictures: Sequence[Answer], background: Sequence[Answer]) -> float | None:
    scores = [answer.out_of_domain for answer in pictures]
    inside = [score for score in scores if score is not None]
    if len(inside) < len(scores):
        return None
    return choose_limit(
        inside, [answer.out_of_domain for answer in background if answer.out_of_domain is not None]
    )


def _choose_confidence(answers: Sequence[Answer], target_error: float) -> tuple[float, bool]:
    """Return the smallest threshold at which the error is low enough and True, or the highest and False."""
    ordered = sorted(answers, key=lambda answer: answer.confidence)
    confidences = [answer.confidence for answer in ordered]
    wrong_before = [0, *accumulate(answer.right is not True for answer in ordered)]
    # As if an answer had been refused just below the last.
    gaps = _gaps([confidences[0] - 4 * MARGIN, *confidences])
    for refused, accepted in gaps:
        first = bisect_right(confidences, refused)
        wrong, passing = wrong_before[-1] - wrong_before[first], len(ordered) - first
        if wrong / passing <= target_error:
            return _between(refused, accepted), True
    return _between(*gaps[-1]), False


def _gaps(values: Iterable[float]) -> list[tuple[float, float]]:
    """Return (value, next higher one) where a border can be MARGIN or more from both, rising."""
    return [(low, high) for low, high in pairwise(sorted(set(values))) if high - low >= 2 * MARGIN]


def _between(low: float, high: float) -> float:
    """Return the middle of a gap, with as few digits as keep it near the middle and far from both ends."""
    middle, room = (low + high) / 2, min((high - low) / 4, (high - low) / 2 - MARGIN)
    rounded = (round(middle, digits) for digits in range(2, 9))
    return next((value for value in rounded if abs(value - middle) <= room), middle)


def _passes(answer: Answer, limit: float | None) -> bool:
    """Say whether the limit lets an answer pass; without a score there is nothing to refuse it by."""
    return limit is None or answer.out_of_domain is None or answer.out_of_domain <= limit


def _answer(entry: Mapping[str, Any]) -> Answer:
    probabilities = entry.get("probabilities")
    confidence = max(probabilities) if probabilities else entry["confidence"]
    predicted = probabilities.index(confidence) if probabilities else entry.get("predicted")
    label = entry.get("label")
    return Answer(confidence, None if label is None else predicted == label, entry.get("out_of_domain"))
