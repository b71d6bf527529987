"""Label at a terminal: the picture in half blocks, 80 columns, one key a decision."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console, ConsoleRenderable
from rich.style import Style
from rich.table import Table
from rich.text import Text

from scones.errors import UsageError
from scones.labelling.keys import DROP_KEY, NEITHER_KEY, QUIT_KEY, SKIP_KEY, class_keys
from scones.labelling.labels import NEITHER
from scones.labelling.listing import Listing, named
from scones.labelling.looking import Item, Picture, Problem
from scones.labelling.session import Session, Tally

COLUMNS, SIDE = 80, 32  # columns of the whole, and pixels of a picture's longer side
CONFIDENCES = 6  # that are shown, the largest ones
BAR = 14
UPPER_HALF = "▀"


class Keys(Protocol):
    """Where the person's keys come from."""

    def forget(self) -> None:
        """What was typed so far does not count."""

    def read(self) -> str:
        """Wait for a key and return its letter; "" for one that has none."""


def label_pictures(session: Session, console: Console, pressed: Keys) -> None:
    """Ask for one picture after the other, until none is left or the person quits."""
    keys = class_keys(session.class_names)
    if len(keys) < len(session.class_names):
        raise UsageError(f"there are more classes than keys ({len(keys)}): use --web")
    told = 0
    while item := session.current():
        told = _tell_foreign(session, console, told)
        pressed.forget()  # nobody labels a picture before it is shown
        console.print(_header(session), Text(), describe(item, session.class_names), sep="\n")
        console.print(Text(), _legend(keys, item), sep="\n")
        if not _decide(session, console, item, keys, pressed):
            console.print(_summary(session.tally))
            return
    _tell_foreign(session, console, told)
    _, others = session.waiting()
    console.print("Nothing waits for a label" + (f", {others} are with others." if others else "."))
    console.print(_summary(session.tally))


def _decide(session: Session, console: Console, item: Item, keys: dict[str, str], pressed: Keys) -> bool:
    """Take one decision. False when the person quits."""
    can_label = isinstance(item.content, Picture)
    choices = {**keys, NEITHER_KEY: NEITHER} if can_label else {}
    while True:
        key = pressed.read()
        if key in choices:
            before = session.label(item, choices[key])
            said = f"labelled {choices[key]}" if before is None else _already(before, choices[key])
        elif key == SKIP_KEY:
            session.skip(item)
            said = "skipped"
        elif key == DROP_KEY and isinstance(item.content, Problem) and item.content.lasts:
            session.drop(item)
            said = "dropped"
        elif key == QUIT_KEY:
            return False
        else:
            continue
        console.print(Text(f"→ {said}\n", style="bold"))
        return True


def _already(before: str, wanted: str) -> str:
    if before == wanted:
        return f"was labelled {before} already"
    return f"was labelled {before} already, and that stays: your {wanted} was not written"


# --- What is shown -----------------------------------------------------------------------------------


def half_blocks(pixels: NDArray[np.uint8]) -> Text:
    """Return a picture as text, two pixels a character, in 24-bit colour where the terminal knows it."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE))
    rows = np.asarray(picture)
    if len(rows) % 2:
        rows = np.concatenate([rows, rows[-1:]])
    text = Text(no_wrap=True)
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append(UPPER_HALF, Style(color=_rgb(above), bgcolor=_rgb(below)))
        text.append("\n")
    text.right_crop(1)
    return text


def _rgb(pixel: NDArray[np.uint8]) -> str:
    red, green, blue = map(int, pixel)
    return f"#{red:02x}{green:02x}{blue:02x}"


def describe(item: Item, class_names: Sequence[str]) -> ConsoleRenderable:
    """Return the picture with what the model said beside it, 80 columns wide."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=SIDE)
    grid.add_column(width=COLUMNS - SIDE - 2, overflow="fold")
    content = item.content
    left = half_blocks(content.pixels) if isinstance(content, Picture) else Text(content.reason, style="red")
    grid.add_row(left, _facts(item, class_names))
    return grid


def _facts(item: Item, class_names: Sequence[str]) -> Text:
    review = item.review
    text = Text()
    text.append(f"{review.name}\n\n", style="bold")
    ordered = named(review.confidences, class_names)
    for name, confidence in ordered[:CONFIDENCES]:
        bar = "█" * round(confidence * BAR)
        text.append(f"{name[:20]:<20} {confidence:>7.4f} {bar}\n")
    if len(ordered) > CONFIDENCES:
        text.append(f"and {len(ordered) - CONFIDENCES} more classes\n", style="dim")
    if review.out_of_domain is not None:
        text.append(f"{'out of domain':<20} {review.out_of_domain:>7.4f}\n")
    if review.cause:
        text.append(f"\n{review.cause}\n")
    return text


def _header(session: Session) -> Text:
    waiting, others = session.waiting()
    text = f"{session.tally.labelled} labelled, about {waiting} more wait"
    text += f", {others} with others" if others else ""
    return Text(f"── {text} ".ljust(COLUMNS, "─"), style="dim")


def _legend(keys: dict[str, str], item: Item) -> Text:
    content = item.content
    choices = list(keys.items()) if isinstance(content, Picture) else []
    choices += [(NEITHER_KEY, NEITHER)] if isinstance(content, Picture) else []
    choices += [(DROP_KEY, "drop it")] if isinstance(content, Problem) and content.lasts else []
    choices += [(SKIP_KEY, "skip"), (QUIT_KEY, "quit")]
    text = Text()
    column = 0
    for key, what in choices:
        width = len(key) + len(what) + 3
        if column and column + width > COLUMNS:
            text.append("\n")
            column = 0
        text.append(key, style="bold reverse")
        text.append(f" {what}  ")
        column += width
    return text


def _summary(tally: Tally) -> str:
    parts = [f"{tally.labelled} labelled", f"{tally.skipped} skipped"]
    parts += [f"{tally.dropped} dropped"] if tally.dropped else []
    parts += [f"{tally.already} had a label already"] if tally.already else []
    return ", ".join(parts) + "." + (" The next staging takes the labels in." if tally.labelled else "")


def _tell_foreign(session: Session, console: Console, told: int) -> int:
    for line in session.foreign[told:]:
        console.print(Text(f"note: {line}", style="yellow"))
    return len(session.foreign)


def show_listing(listing: Listing, console: Console, class_names: Sequence[str]) -> None:
    """Print what waits: with the pictures where there is a terminal, one line each where there is none."""
    console.print(f"about {listing.waiting} wait, {listing.claimed} are being looked at")
    for listed in listing.pictures:
        if console.is_terminal:
            console.print(Text(), describe(listed.item, class_names), sep="\n")
        else:
            console.print(_line(listed.item, class_names), soft_wrap=True, markup=False, highlight=False)
        if listed.labelled:
            console.print(Text(f"labelled {listed.labelled} already", style="yellow"))
    for line in listing.foreign:
        console.print(Text(f"note: {line}", style="yellow"), soft_wrap=True)
    shown = len(listing.pictures) + len(listing.foreign)
    if shown < listing.waiting:
        console.print(f"{shown} are shown; --limit shows more")


def _line(item: Item, class_names: Sequence[str]) -> str:
    best = named(item.review.confidences, class_names)[:1]
    answer = f"{best[0][0]} {best[0][1]:.4f}" if best else "-"
    problem = f"  {item.content.reason}" if isinstance(item.content, Problem) else ""
    return f"{item.review.name}  {answer}{problem}"


# --- Keys --------------------------------------------------------------------------------------------


class Keyboard:
    """The keys of a terminal, one at a time. `descriptor` is the terminal's, in cbreak mode."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def forget(self) -> None:
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def read(self) -> str:
        typed = os.read(self._descriptor, 64).decode(errors="ignore")
        if not typed or typed == "\x04":
            return QUIT_KEY  # the terminal is gone, or Ctrl-D
        return "" if typed.startswith("\x1b") else typed[0]  # arrows and the like are several letters


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Give the keys of standard input, and leave the terminal as it was."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield Keyboard(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
