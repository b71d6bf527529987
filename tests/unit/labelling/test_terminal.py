"""Labelling at a terminal of 80 columns, through a real pseudo-terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from scones.labelling.claims import ReviewQueue
from scones.labelling.keys import class_keys
from scones.labelling.labels import LabelStore
from scones.labelling.listing import list_waiting
from scones.labelling.terminal import half_blocks, label_pictures, show_listing
from scones.settings import LOCAL_HOME_VARIABLE, REPOSITORY, Workflow, write_json
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


# --- The command -------------------------------------------------------------------------------------


@pytest.fixture
def home(review: Review, tmp_path: Path) -> Path:
    """The folder of an environment whose workflow has this queue."""
    workflow = dict.fromkeys(Workflow.__dataclass_fields__, "")
    workflow |= {"review_queue_url": review.url, "data_bucket": review.name, "class_names": CLASSES}
    write_json(tmp_path / "workflow.outputs.json", workflow)
    state = {"endpoint_url": review.endpoint_url, "pid": os.getpid(), "region": "us-east-1"}
    write_json(tmp_path / "localaws.json", state)
    return tmp_path


def words(*arguments: str) -> list[str]:
    return [sys.executable, str(REPOSITORY / "scripts" / "review_queue.py"), *arguments]


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {LOCAL_HOME_VARIABLE: str(home)}
    return subprocess.run(
        words(*arguments),
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_list_as_json_says_all_that_is_known(review: Review, home: Path) -> None:
    (data,) = review.doubt("a.png")
    stranger = review.send("hello")

    answer = run(home, "--list", "--json")

    told = json.loads(answer.stdout)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert (told["waiting"], told["claimed"]) == (2, 0)
    assert [one["key"] for one in told["pictures"]] == ["a.png"]
    assert told["pictures"][0]["sha256"] == sha256(data)
    assert told["pictures"][0]["confidences"] == {"bicycle": 0.61, "motorcycle": 0.39}
    assert told["foreign"] == [f"message {stranger} is no review: it is no JSON object"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "error: labelling needs a terminal: use --web for a browser, or --list\n"),
        (["--json"], "error: --json goes with --list\n"),
        (["--port", "8000"], "error: --port goes with --web, and is from 0 to 65535\n"),
        (["--list", "--limit", "0"], "error: --limit goes with --list, and is at least 1\n"),
    ],
)
def test_words_that_do_not_fit_are_refused_in_one_line(home: Path, arguments: list[str], line: str) -> None:
    answer = run(home, *arguments)

    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", line)


def read_until(descriptor: int, wanted: str) -> str:
    """What the terminal shows, until it shows `wanted` after all that was read before."""
    text, deadline = "", time.monotonic() + 30
    while wanted not in plain(text):
        ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
        assert ready, f"no {wanted!r} in {plain(text)!r}"
        text += os.read(descriptor, 65536).decode(errors="replace")
    return plain(text)


def test_a_person_labels_at_a_real_terminal(review: Review, home: Path) -> None:
    review.doubt("a.png", "b.png")
    person, terminal = pty.openpty()
    environment = os.environ | {LOCAL_HOME_VARIABLE: str(home), "COLUMNS": "80", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        words("--by", "grace"), env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    try:
        os.write(person, b"22")  # before there is anything to see: does not count
        read_until(person, "quit")
        os.write(person, b"1")
        shown = read_until(person, "quit")
        assert "→ labelled bicycle" in shown
        os.write(person, b"q")
        read_until(person, "1 labelled, 0 skipped.")
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(person)

    ((_, metadata),) = review.labels().values()
    assert (metadata["class"], metadata["labelled-by"]) == ("bicycle", "grace")
    assert review.left() == (1, 0)
