"""How far a model is trusted, what is said of it, and what becomes of an error that was aimed at before."""

from typing import Any

import pytest

from scones.evaluation.judging import rule_fields, sentence, target_error_of
from scones.evaluation.threshold import choose

CHOSEN = {"training_job_name": "job-1", "target_error": 0.05}
OLDER = {"training_job_name": "job-1"}


@pytest.mark.parametrize(
    ("manifest", "asked", "expected"),
    [
        (None, None, 0.01),
        (CHOSEN, None, 0.05),
        (CHOSEN, 0.02, 0.02),
        (CHOSEN, 0.0, 0.0),
        (CHOSEN | {"training_job_name": "job-0"}, None, 0.01),
        (OLDER, None, 0.01),
    ],
    ids=["first", "chosen before", "asked for", "asked for none", "another model", "not known"],
)
def test_training_again_keeps_the_error_that_was_chosen_for_the_model(
    manifest: dict[str, object] | None, asked: float | None, expected: float
) -> None:
    assert target_error_of("job-1", manifest, asked) == expected


def answer(confidence: float, label: int) -> dict[str, Any]:
    return {"key": f"{confidence}", "label": label, "predicted": 0, "confidence": confidence}


def test_a_target_that_is_reached_is_said_with_what_it_costs() -> None:
    choice = choose({"pictures": [answer(0.9, 0), answer(0.8, 1)]}, 0)

    assert rule_fields(choice) == {
        "confidence_threshold": 0.85,
        "out_of_domain_limit": None,
        "target_error": 0,
        "target_reached": True,
    }
    assert sentence(choice) == (
        "Trusted from a confidence of 0.85 on: 50.0% of the validation pictures, at most 0 % of them wrong."
    )


def test_a_target_that_no_threshold_reaches_is_said_plainly_and_goes_along_with_the_model() -> None:
    choice = choose({"pictures": [answer(0.9, 1), answer(0.8, 0)]}, 0.025)

    assert rule_fields(choice)["target_reached"] is False
    assert sentence(choice) == (
        "TARGET NOT REACHED: no threshold keeps the error at 2.5 % on validation. The highest, 0.85, is "
        "taken: 1 of the 1 pictures that it lets pass are wrong. Train again, or choose a higher "
        "TARGET_ERROR."
    )
