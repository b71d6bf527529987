"""The model: whether it answers better or worse, on the same pictures."""

from typing import Any

import pytest

from scones.review.findings import Risk
from unit.review.workflow import (
    JUDGE,
    MAKE_FIRST,
    MODEL,
    MOVES,
    NEW_MODEL,
    STANDS,
    entry,
    evaluation,
    found,
    judging,
    manifest,
    one,
    served,
    texts,
)


def test_two_models_are_compared_on_the_same_pictures() -> None:
    old = evaluation((0.99, True), (0.9, True), (0.8, True), (0.7, False))
    new = evaluation((0.99, True), (0.9, False), (0.8, False), (0.7, True))

    finding = one(
        "accuracy", found(NEW_MODEL, variables=manifest("new"), evaluations={"old": old, "new": new})
    )

    assert finding.text == (
        "model: accuracy 0.750 → 0.500 on the same 4 pictures (2 turn wrong, 1 turn right); "
        "trained on the same data"
    )
    assert finding.risk == Risk.CARE


def test_a_better_model_is_safe() -> None:
    old, new = evaluation((0.9, False), (0.9, True)), evaluation((0.9, True), (0.9, True))
    findings = found(NEW_MODEL, variables=manifest("new", "d2"), evaluations={"old": old, "new": new})

    finding = one("accuracy 0.500 → 1.000 on the same 2 pictures (0 turn wrong, 1 turn right)", findings)
    assert finding.risk == Risk.SAFE
    assert finding.text.endswith("trained on other data")


def test_models_that_saw_other_pictures_do_not_compare() -> None:
    sets = {"old": evaluation((0.9, True)), "new": evaluation((0.9, True), prefix="other")}
    finding = one("model:", found(NEW_MODEL, variables=manifest("new"), evaluations=sets))

    assert "on 1 pictures that are not the same: the two do not compare" in finding.text
    assert finding.risk == Risk.CARE


def test_models_that_saw_some_of_the_same_pictures_are_compared_on_those() -> None:
    old, new = evaluation((0.9, True), (0.9, True)), evaluation((0.9, False), (0.9, True), (0.9, True))
    finding = one("model:", found(NEW_MODEL, variables=manifest("new"), evaluations={"old": old, "new": new}))

    assert "on the 2 that are, 1.000 → 0.500" in finding.text
    assert finding.risk == Risk.CARE


def test_without_evaluations_what_training_measured_is_compared() -> None:
    made = entry(MODEL, served("old", accuracy="0.9520"), served("new"), MAKE_FIRST)
    worse = one("model:", found(made, variables=manifest("new", accuracy=0.941)))
    better = one("model:", found(made, variables=manifest("new", accuracy=0.96)))

    assert worse.text == "model: validation accuracy 0.952 → 0.941; trained on the same data"
    assert (worse.risk, better.risk) == (Risk.CARE, Risk.SAFE)


def test_what_training_measured_on_other_data_does_not_compare() -> None:
    made = entry(MODEL, served("old", accuracy="0.9520"), served("new"), MAKE_FIRST)
    finding = one("model:", found(made, variables=manifest("new", "d2", accuracy=0.99)))

    assert "measured on different data: the two do not compare" in finding.text
    assert finding.risk == Risk.CARE


def test_what_nobody_measured_is_unknown() -> None:
    finding = one("model:", found(NEW_MODEL, variables=manifest("new")))

    assert finding.text == "model: validation accuracy unknown → unknown; trained on the same data"
    assert finding.risk == Risk.CARE


def test_a_first_model_says_how_good_it_is() -> None:
    made = [entry(MODEL, None, served("new")), STANDS]
    known = evaluation((0.9, True), (0.9, False))

    assert "model: accuracy 0.500 on 2 pictures" in texts(
        *made, variables=manifest("new"), evaluations={"new": known}
    )
    assert "model: validation accuracy unknown" in texts(*made, variables=manifest("new"))


def test_a_model_of_the_same_job_says_why_it_is_made_anew() -> None:
    made = entry(MODEL, served("a"), served("a"), MAKE_FIRST, "enable_network_isolation")

    assert any(
        text.startswith("model: of the same training job") for text in texts(made, variables=manifest("a"))
    )


def test_a_model_with_another_image_or_with_a_network_needs_care() -> None:
    def contained(image: str, isolated: bool) -> dict[str, Any]:
        container = [{"image": image}]
        return served("a") | {"primary_container": container, "enable_network_isolation": isolated}

    made = entry(MODEL, contained("x:1", True), contained("x:2", False), MAKE_FIRST)
    findings = found(made, variables=manifest("a"))

    assert one("image x:1 → x:2", findings).risk == Risk.CARE
    assert one("no longer cut off from the network", findings).risk == Risk.CARE


def test_a_new_model_says_what_it_lets_pass() -> None:
    old = evaluation((0.95, True), (0.95, True), (0.5, False))
    new = evaluation((0.95, True), (0.95, False), (0.95, False))
    judge = entry(JUDGE, judging("0.93"), judging("0.93"))

    findings = found(NEW_MODEL, judge, variables=manifest("new"), evaluations={"old": old, "new": new})

    finding = one("at the threshold", findings)
    assert finding.text == ("at the threshold 0.93, 2 → 3 of the same 3 pictures pass, 0 → 2 of them wrong")
    assert finding.risk == Risk.CARE


def test_a_new_model_that_leaves_much_more_to_people_needs_care() -> None:
    old, new = evaluation(*[(0.95, True)] * 10), evaluation(*[(0.95, True)] * 8, *[(0.9, True)] * 2)
    judge = entry(JUDGE, judging("0.93"), judging("0.93"))

    findings = found(NEW_MODEL, judge, variables=manifest("new"), evaluations={"old": old, "new": new})

    assert one("10 → 8 of the same 10 pictures pass", findings).risk == Risk.CARE


# --- The error that its threshold was chosen for ------------------------------------------------------------

MISSED = "model: no threshold keeps its error at 1.0 %"


@pytest.mark.parametrize(
    "plan",
    [[NEW_MODEL], [entry(MODEL, None, served("new")), STANDS]],
    ids=["another model", "a first one"],
)
def test_a_model_that_misses_its_target_error_needs_care(plan: list[Any]) -> None:
    missed = manifest("new", target_error=0.01, target_reached=False)

    finding = one(MISSED, found(*plan, variables=missed))

    assert finding.risk == Risk.CARE
    assert finding.text == f"{MISSED}: only its surest answers are trusted, and of them more may be wrong"


@pytest.mark.parametrize(
    "known",
    [{"target_error": 0.01, "target_reached": True}, {"target_error": 0.01}, {}, {"target_reached": None}],
)
def test_a_model_that_keeps_to_it_or_was_not_asked_says_nothing(known: dict[str, Any]) -> None:
    assert not any(
        text.startswith(MISSED[:20]) for text in texts(NEW_MODEL, variables=manifest("new", **known))
    )


def test_a_target_that_nobody_named_is_missed_all_the_same() -> None:
    finding = one("model: no threshold", found(NEW_MODEL, variables=manifest("new", target_reached=False)))

    assert finding.text.startswith("model: no threshold keeps its error at what was asked for: ")


def test_a_model_that_serves_already_is_not_judged_again() -> None:
    missed = manifest("new", target_error=0.01, target_reached=False)

    assert not any("no threshold" in text for text in texts(MOVES, variables=missed))
