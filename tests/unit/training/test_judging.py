"""What training does with an error that was aimed at before."""

import pytest

from scones.training.judging import target_error_of

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
