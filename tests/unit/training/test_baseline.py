"""A baseline is how an evaluation's answers and pictures are distributed."""

from typing import Any

import pytest

from scones.training.baseline import make_baseline


def picture(first: float, **more: Any) -> dict[str, Any]:
    return {"key": "a.png", "label": 0, "probabilities": [first, 1 - first], **more}


def test_each_value_is_there_in_order_without_its_picture() -> None:
    evaluation = {
        "classes": 2,
        "pictures": [
            picture(0.75, out_of_domain=0.2, statistics={"brightness": 0.6, "red": 0.1}),
            picture(0.0, out_of_domain=0.1, statistics={"brightness": 0.5, "red": 0.3}),
            picture(0.875, out_of_domain=0.3, statistics={"brightness": 0.4, "red": 0.2}),
            picture(0.5, out_of_domain=0.0, statistics={"brightness": 0.7, "red": 0.0}),
        ],
        "background": [picture(0.6)],
    }

    assert make_baseline(evaluation) == {
        "pictures": 4,
        "confidence": [0.5, 0.75, 0.875, 1.0],
        "class_share": [0.75, 0.25],
        "statistics": {"brightness": [0.4, 0.5, 0.6, 0.7], "red": [0.0, 0.1, 0.2, 0.3]},
        "out_of_domain": [0.0, 0.1, 0.2, 0.3],
    }


def test_a_class_that_is_never_answered_has_no_share() -> None:
    evaluation = {"classes": 3, "pictures": [{"predicted": 2, "confidence": 0.9}]}

    assert make_baseline(evaluation)["class_share"] == [0, 0, 1]


@pytest.mark.parametrize("missing", ["out_of_domain", "statistics"])
def test_what_is_not_known_of_every_picture_is_left_empty(missing: str) -> None:
    whole = picture(0.9, out_of_domain=0.1, statistics={"red": 0.5})
    partial = {name: value for name, value in whole.items() if name != missing}

    baseline = make_baseline({"classes": 2, "pictures": [whole, partial]})

    assert not baseline[missing]
    assert baseline["confidence"] == [0.9, 0.9]
