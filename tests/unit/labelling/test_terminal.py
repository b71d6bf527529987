"""Labelling at a terminal of 80 columns: what a person sees and presses."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from rich.console import Console

from scones.labelling.claims import ReviewQueue
from scones.labelling.keys import class_keys
from scones.labelling.labels import LabelStore
from scones.labelling.listing import list_waiting
from scones.labelling.terminal import half_blocks, label_pictures, show_listing
from unit.labelling.review import CLASSES, Review, picture, sha256


class Pressed:
    """A person who presses these keys, whatever there is to see."""

    def __init__(self, keys: str) -> None:
        self._keys = iter(keys)

    def forget(self) -> None:
        pass

    def read(self) -> str:
        return next(self._keys)


def labelled(review: Review, keys: str, classes: list[str] = CLASSES, **words: str) -> str:
    """What a person sees who presses these keys, and then quits."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor")
    with review.session(classes=classes, **words) as session:
        label_pictures(session, console, Pressed(keys + "q"))
    return plain(console.file.getvalue())  # type: ignore[attr-defined]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_a_person_sees_picture_confidences_and_cause_in_80_columns(review: Review) -> None:
    review.doubt("test/some_bicycle.png", out_of_domain=0.25)

    text = labelled(review, "2")

    assert max(map(len, text.splitlines())) <= 80
    assert text.count("▀") == 32 * 16
    for shown in (
        "test/some_bicycle.png",
        "bicycle               0.6100",
        "out of domain         0.2500",
        "below the",
    ):
        assert shown in text
    assert "→ labelled motorcycle" in text
    assert list(review.classes().values()) == ["motorcycle"]


def test_each_key_decides_and_others_do_nothing(review: Review) -> None:
    pictures = review.doubt("a.png", "b.png", "c.png")

    text = labelled(review, "x9d1ns")

    assert "1 more wait" in text
    assert text.endswith("2 labelled, 1 skipped. The next staging takes the labels in.\n")
    assert sorted(review.classes().values()) == ["bicycle", "neither"]
    assert review.left() == (1, 0)
    assert len(set(review.classes()) & set(map(sha256, pictures))) == 2


def test_quitting_gives_the_picture_back(review: Review) -> None:
    review.doubt("a.png")

    assert labelled(review, "").endswith("0 labelled, 0 skipped.\n")
    assert (review.labels(), review.left()) == ({}, (1, 0))


def test_a_picture_that_is_gone_is_shown_as_such_and_dropped(review: Review) -> None:
    review.send(review.message("a.png"))

    text = labelled(review, "1nd")

    assert "the picture is gone from S3" in text
    assert "→ dropped" in text
    assert "bicycle" not in text.split("d drop it")[1]
    assert (review.labels(), review.left()) == ({}, (0, 0))


def test_what_is_no_review_is_named_once(review: Review) -> None:
    message_id = review.send("hello")
    review.doubt("a.png", "b.png")

    assert labelled(review, "11").count(message_id) == 1


def test_text_of_a_message_is_no_markup(review: Review) -> None:
    review.put("[red]a[/nothing].png", picture())
    review.send(review.message("[red]a[/nothing].png", cause="[bold]doubt[/]"))

    text = labelled(review, "1")

    assert "[red]a[/nothing].png" in text
    assert "[bold]doubt[/]" in text


def test_there_is_a_key_for_each_of_many_classes_and_none_twice(review: Review) -> None:
    classes = [f"class_{i}" for i in range(40)]
    review.doubt("a.png", inferences=[1 / 40] * 40)

    text = labelled(review, [*class_keys(classes)][39], classes)

    assert max(map(len, text.splitlines())) <= 80
    assert "and 34 more classes" in text
    assert list(review.classes().values()) == ["class_39"]
    assert len(class_keys(classes)) == 40
    assert not set("nsqd") & set(class_keys([str(i) for i in range(100)]))


def test_two_pixels_make_one_character_in_24_bit_colour() -> None:
    pixels = np.array([[[1, 2, 3]], [[250, 251, 252]]], dtype=np.uint8)
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")

    console.print(half_blocks(pixels), end="")

    assert console.file.getvalue() == "\x1b[38;2;1;2;3;48;2;250;251;252m▀\x1b[0m"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("height", "width", "lines"), [(32, 32, 16), (33, 20, 16), (5, 5, 3), (400, 300, 16)]
)
def test_a_picture_of_any_size_fits(height: int, width: int, lines: int) -> None:
    text = half_blocks(np.zeros((height, width, 3), dtype=np.uint8))

    assert len(text.plain.splitlines()) == lines
    assert max(map(len, text.plain.splitlines())) <= 32


def test_a_list_without_a_terminal_has_one_line_for_each_picture_and_decides_nothing(review: Review) -> None:
    review.doubt("a.png", "b.png")
    review.send(review.message("gone.png"))
    listing = list_waiting(
        ReviewQueue(review.sqs, review.url, wait_seconds=0),
        LabelStore(review.s3, review.name, CLASSES, "ada"),
        review.s3,
        review.name,
        at_most=10,
    )
    console = Console(file=io.StringIO(), width=80)

    show_listing(listing, console, CLASSES)

    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "about 3 wait, 0 are being looked at"
    assert sorted(lines[1:]) == [
        "a.png  bicycle 0.6100",
        "b.png  bicycle 0.6100",
        "gone.png  bicycle 0.6100  the picture is gone from S3",
    ]
    assert (review.labels(), review.left()) == ({}, (3, 0))
