"""The page, the summary, the card and the registry's metrics, whatever the figures are."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scones.errors import SconesError
from scones.evaluation.card import BEGIN, END, write_card
from scones.evaluation.figures import thinned
from scones.evaluation.outputs import write
from scones.evaluation.page import render
from scones.evaluation.registry import QUALITY, model_quality
from scones.evaluation.terminal import summary
from unit.evaluation.samples import sample

HOSTILE = '<script>alert("x")</script>'
NAMES = {
    "two": ["bicycle", "motorcycle"],
    "eight": ["a_class_with_a_very_long_name", *(f"class {n}" for n in range(7))],
    "forty": [f"class {n}" for n in range(40)],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("scored", [True, False])
def test_the_summary_has_80_columns_for_any_number_of_classes(names: list[str], scored: bool) -> None:
    lines = summary(sample(names, scored=scored)).splitlines()

    assert max(map(len, lines)) <= 80
    assert sum("class" in line for line in lines) >= len(names) - 2


def test_nothing_from_outside_is_markup_on_the_page() -> None:
    figures = sample([HOSTILE, "motorcycle"]) | {"training_job": HOSTILE, "endpoint": HOSTILE}

    page = render(figures, {})

    assert "<script" not in page
    assert "<b>markup" not in page
    assert page.count("no picture") == len(figures["mistakes"])


def test_of_many_classes_the_confusion_matrix_shows_those_with_mistakes() -> None:
    assert "classes, 30 with mistakes are shown" in render(sample(NAMES["forty"]), {})


def test_a_chart_that_cannot_be_drawn_any_more_does_not_stay(tmp_path: Path) -> None:
    write(tmp_path, sample(NAMES["two"]), {})
    assert len(list(tmp_path.glob("*.png"))) == 4

    write(tmp_path, sample(NAMES["two"], scored=False), {})
    assert {path.stem for path in tmp_path.glob("*.png")} == {
        "evaluation-reliability",
        "evaluation-coverage-accuracy",
        "evaluation-out-of-domain-roc",
    }

    write(tmp_path, sample(NAMES["two"], background=0), {})
    assert len(list(tmp_path.glob("*.png"))) == 2


# --- The card ----------------------------------------------------------------------------------------


def test_writing_the_card_twice_changes_nothing_and_keeps_the_rest(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text(f"# A card\n\n{BEGIN}{END}\nrest\n")
    figures = sample(["bicycle", "a|b"])

    write_card(card, figures)
    once = card.read_text()
    write_card(card, figures)

    assert card.read_text() == once
    assert once.startswith(f"# A card\n\n{BEGIN}\n")
    assert once.endswith(f"{END}\nrest\n")
    assert "a\\|b" in once
    assert "<b>" not in once
    assert figures["data"]["digest"] in once
    assert "make evaluate ENV=local" in once


def test_a_card_without_the_block_gets_it_at_its_end(tmp_path: Path) -> None:
    write_card(tmp_path / "card.md", sample(NAMES["two"]))

    assert (tmp_path / "card.md").read_text().endswith(f"{END}\n")


@pytest.mark.parametrize("text", [BEGIN, END, f"{END} {BEGIN}", f"{BEGIN}{BEGIN}{END}{END}"])
def test_a_card_with_half_a_block_is_left_alone(tmp_path: Path, text: str) -> None:
    card = tmp_path / "card.md"
    card.write_text(text)

    with pytest.raises(SconesError, match="each of them once"):
        write_card(card, sample(NAMES["two"]))

    assert card.read_text() == text


# --- The registry ------------------------------------------------------------------------------------


def test_the_registry_is_told_sagemakers_own_names() -> None:
    figures = sample(NAMES["two"])

    quality = model_quality(figures)[QUALITY]

    assert quality["confusion_matrix"]["bicycle"]["motorcycle"] == figures["confusion_matrix"][0][1]
    # Recall, weighted by how often each class occurs, is the accuracy.
    assert quality["weighted_recall"]["value"] == pytest.approx(figures["accuracy"]["share"])
    assert quality["weighted_f1"]["standard_deviation"] == "NaN"
    json.dumps(quality, allow_nan=False)


@given(st.lists(st.integers(), max_size=60), st.integers(2, 20))
@settings(max_examples=50)
def test_a_thinned_curve_keeps_its_ends_and_its_order(items: list[int], most: int) -> None:
    kept = thinned(list(enumerate(items)), most)

    assert len(kept) <= most
    assert kept == sorted(kept)
    if items:
        assert (kept[0][0], kept[-1][0]) == (0, len(items) - 1)
