"""How answers are judged: what another threshold lets pass, and where pictures are sent."""

from typing import Any

from scones.review.findings import Answer, Evaluation, Finding, Risk
from unit.review.workflow import JUDGE, entry, evaluation, found, judging, manifest, one

KNOWN = {"new": evaluation((0.95, True), (0.9, True), (0.85, False), (0.81, True), (0.5, False))}


def judged(before: str, after: str, evaluations: Any = KNOWN) -> Finding:
    made = entry(JUDGE, judging(before), judging(after))
    (finding,) = found(made, variables=manifest("new"), evaluations=evaluations)
    return finding


def test_a_lower_threshold_says_how_many_more_pass_and_how_many_are_wrong() -> None:
    finding = judged("0.93", "0.8")

    assert (
        finding.text == "threshold 0.93 → 0.80: on the evaluation set 3 more pictures pass, 1 of them wrong"
    )
    assert finding.risk == Risk.CARE
    assert finding.address == JUDGE


def test_a_higher_threshold_says_how_many_fewer_pass() -> None:
    finding = judged("0.80", "0.93")

    assert finding.text == (
        "threshold 0.80 → 0.93: on the evaluation set 3 fewer pictures pass, 1 of them wrong; "
        "4 of 5 go to review"
    )
    assert finding.risk == Risk.CARE


def test_a_higher_threshold_that_stops_few_pictures_is_safe() -> None:
    known = {"new": evaluation(*[(0.95, True)] * 18, (0.85, True), (0.85, False), (0.5, False))}
    finding = judged("0.80", "0.9", known)

    assert finding.text.endswith("2 fewer pictures pass, 1 of them wrong; 3 of 21 go to review")
    assert finding.risk == Risk.SAFE


def test_a_threshold_that_lets_nothing_pass_needs_care() -> None:
    assert judged("0.80", "0.99").text.endswith("4 fewer pictures pass, 1 of them wrong; 5 of 5 go to review")
    assert judged("0.80", "0.99").risk == Risk.CARE
    assert judged("0.80", "93", {}).text.endswith("no confidence is above 1, so every picture goes to review")
    assert judged("0.80", "93", {}).risk == Risk.CARE


def test_a_confidence_that_equals_the_threshold_passes_as_in_the_function() -> None:
    assert "1 more picture passes" in judged("0.91", "0.9").text


def test_a_threshold_that_changes_nothing_says_so() -> None:
    assert judged("0.7", "0.6").text.endswith("0 more pictures pass")


def test_without_an_evaluation_the_effect_is_unknown() -> None:
    for old, new in (("0.93", "0.80"), ("0.80", "0.93")):
        finding = judged(old, new, {})
        assert finding.text == f"threshold {old} → {new}: how many pictures pass is unknown"
        assert finding.risk == Risk.CARE


def test_a_threshold_that_is_no_number_needs_care() -> None:
    assert judged("0.93", "(sensitive)").text == "threshold 0.93 → (sensitive): what passes is unknown"


SCORED = {
    "new": Evaluation(
        {
            "a": Answer(0.95, True, 0, 0.1),
            "b": Answer(0.95, False, 0, 0.4),
            "c": Answer(0.95, True, 1, 0.2),
            "d": Answer(0.5, True, 1, 0.0),
        }
    )
}


def limited(before: str | None, after: str, evaluations: Any = SCORED) -> Finding:
    old = judging() if before is None else judging(OUT_OF_DOMAIN_LIMIT=before)
    made = entry(JUDGE, old, judging(OUT_OF_DOMAIN_LIMIT=after))
    (finding,) = found(made, variables=manifest("new"), evaluations=evaluations)
    return finding


def test_a_higher_limit_says_how_many_more_pass_and_how_many_are_wrong() -> None:
    finding = limited("0.2", "0.4")

    assert finding.text == (
        "out-of-domain limit 0.2 → 0.4: on the evaluation set 1 more picture passes, 1 of them wrong"
    )
    assert (finding.risk, finding.address) == (Risk.CARE, JUDGE)


def test_a_first_limit_says_how_many_it_refuses() -> None:
    for none in (None, ""):
        assert limited(none, "0.3").text == (
            "out-of-domain limit none → 0.3: on the evaluation set 1 fewer picture passes, 1 of them wrong; "
            "2 of 4 go to review"
        )


def test_a_limit_that_goes_says_what_it_let_by() -> None:
    assert "0.1 → none: on the evaluation set 2 more pictures pass" in limited("0.1", "").text


def test_a_limit_without_scores_or_a_number_needs_care() -> None:
    assert limited("0.2", "0.4", KNOWN).text.endswith("how many pictures pass is unknown")
    assert limited("0.2", "(sensitive)").text.endswith("what passes is unknown")
    assert limited("0.2", "(sensitive)").risk == Risk.CARE


def test_no_limit_stays_none() -> None:
    assert found(entry(JUDGE, judging(), judging(OUT_OF_DOMAIN_LIMIT=""))) == []


def test_a_threshold_of_a_class_is_named_and_counts() -> None:
    by_class = '{"motorcycle":0.99}'
    added = found(entry(JUDGE, judging(), judging(CLASS_THRESHOLDS=by_class)))
    gone = found(entry(JUDGE, judging(CLASS_THRESHOLDS=by_class), judging(CLASS_THRESHOLDS="{}")))
    both = (judging(threshold, CLASS_THRESHOLDS=by_class) for threshold in ("0.97", "0.9"))
    lower = found(entry(JUDGE, *both), variables=manifest("new"), evaluations=SCORED)

    assert one("threshold of motorcycle the general 0.93 → 0.99", added).risk == Risk.SAFE
    assert one("threshold of motorcycle 0.99 → the general 0.93", gone).risk == Risk.CARE
    assert one("threshold 0.97 → 0.90: on the evaluation set 2 more pictures pass, 1 of them wrong", lower)


def test_other_bays_and_classes_need_care() -> None:
    bays = entry(JUDGE, judging(), judging(LOADING_BAYS='{"bicycle":"bay-3","motorcycle":"bay-2"}'))
    classes = entry(JUDGE, judging(), judging(CLASS_NAMES='["motorcycle","bicycle"]'))

    assert one("loading bay of bicycle: bay-1 → bay-3", found(bays)).risk == Risk.CARE
    assert one("bicycle, motorcycle → motorcycle, bicycle", found(classes)).risk == Risk.CARE
