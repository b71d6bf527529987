"""What is said of validation pictures that the backbone may have learnt from."""

import json
from typing import Any

import pytest

from scones.settings import REPOSITORY
from scones.training.backbone import remarks

CARD = json.loads((REPOSITORY / "scripts" / "algorithm" / "backbone" / "card.json").read_text())
DATA: dict[str, Any] = {
    "source": "cifar-100-python.tar.gz",
    "classes": ["bicycle", "motorcycle"],
    "counts": {"training": 900, "background_training": 1764, "background_validation": 196},
    "seed": 0,
    "background_each": 20,
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"background_each": 10},
        {"background_each": 100, "seed": 3, "counts": {"training": 900}},
        {"source": "drawn", "classes": ["bus", "train"], "seed": 3},
    ],
    ids=["as staged", "fewer", "no background", "drawn"],
)
def test_nothing_is_said_of_pictures_that_are_new_to_the_backbone(changes: dict[str, Any]) -> None:
    assert remarks(CARD, DATA | changes) == []


def test_classes_that_it_has_learnt_are_named() -> None:
    (line,) = remarks(CARD, DATA | {"classes": ["bicycle", "bus", "train"]})

    assert line == (
        "The backbone has learnt from training pictures of bus, train: what is measured on validation "
        "flatters. It has seen no test picture."
    )


@pytest.mark.parametrize("changes", [{"seed": 3}, {"background_each": 21}], ids=str)
def test_a_background_of_other_pictures_than_it_held_back_is_told(changes: dict[str, Any]) -> None:
    (line,) = remarks(CARD, DATA | changes)

    assert line.startswith("The backbone has learnt from some of the background, as it held back 20 pictures")
    assert line.endswith("It has seen no test picture.")
