"""Choose the pictures that a report shows, and draw them on one picture to paste elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scones.chart_style import PRINT, Style, new_figure, sized, to_png
from scones.inference.captures import read_image
from scones.pictures import NotAPicture, thumbnail
from scones.reporting.labels import class_name
from scones.reporting.verdicts import Inference

COLUMNS, ROWS = 6, 4


@dataclass(frozen=True)
class Group:
    """Inferences that belong together, the newest first: `shown` of `total`."""

    title: str
    meaning: str
    shown: Sequence[Inference]
    total: int

    @property
    def hidden(self) -> int:
        return self.total - len(self.shown)


def group_inferences(inferences: Sequence[Inference], limit: int = 48) -> list[Group]:
    """Return the groups that hold anything, the ones to worry about first, each cut to `limit` inferences."""
    newest = list(reversed(inferences))
    wrong = [i for i in newest if i.accepted and i.right is False]
    review = [i for i in newest if not i.accepted]
    accepted = [i for i in newest if i.accepted and i.right is not False]
    groups = [
        (
            "Accepted, but wrong",
            "Sure enough, and not right: such an order goes to the wrong loading bay.",
            wrong,
        ),
        ("Refused", "Not sure enough: a person looks at the picture.", review),
        ("Accepted", "Sure enough: the order goes to the answer's loading bay.", accepted),
    ]
    return [Group(title, meaning, of[:limit], len(of)) for title, meaning, of in groups if of]


def load_picture(inference: Inference, side: int = 160) -> NDArray[np.uint8]:
    """Return an inference's picture as (height, width, 3) RGB bytes; NotAPicture when it has none.

    It is made smaller where it has more than `side` pixels a side.
    """
    data = read_image(inference.capture)
    if data is None:
        raise NotAPicture("input is not captured")
    return thumbnail(data, side)


def gallery_png(inferences: Sequence[Inference], class_names: Sequence[str], style: Style = PRINT) -> bytes:
    """Draw the pictures to look at first with their answers, at most 24, and say how many are left out."""
    shown = _share_out(group_inferences(inferences), COLUMNS * ROWS)
    rows = max(1, -(-len(shown) // COLUMNS))
    figure = new_figure(sized(style, 760, 165 * rows + 40))
    cells = figure.subplots(rows, COLUMNS, squeeze=False).flat
    for cell in cells:
        cell.set_axis_off()
    for cell, inference in zip(figure.axes, shown, strict=False):
        _show(cell, inference, class_names, style)
    hidden = len(inferences) - len(shown)
    left_out = f", {hidden:,} more are not shown" if hidden else ""
    figure.suptitle(
        f"{len(shown)} of {len(inferences):,} inferences{left_out}", color=style.quiet, fontsize=9
    )
    return to_png(figure)


def _share_out(groups: Sequence[Group], places: int) -> list[Inference]:
    """Return as many inferences as there are places, a fair share of each group, group by group."""
    shares = dict.fromkeys(range(len(groups)), 0)
    for _ in range(places):
        open_groups = [index for index in shares if shares[index] < len(groups[index].shown)]
        if open_groups:
            shares[min(open_groups, key=lambda index: shares[index])] += 1
    return [inference for index, group in enumerate(groups) for inference in group.shown[: shares[index]]]


def _printable(text: str | None) -> str:
    """Return a text without half characters, which a font cannot draw."""
    return (text or "").encode("utf-8", errors="replace").decode()


def _show(cell, inference: Inference, class_names: Sequence[str], style: Style) -> None:  # type: ignore[no-untyped-def]
    try:
        cell.imshow(load_picture(inference), interpolation="nearest")
    except NotAPicture:
        cell.text(0.5, 0.5, "no picture", ha="center", va="center", color=style.quiet, fontsize=8)
    answer = class_name(class_names, inference.capture.predicted)
    verdict = "accepted" if inference.accepted else "refused"
    if inference.right is False:
        shows = inference.labelled_as or class_name(class_names, inference.truth)
        verdict += f",\nis {_printable(shows)}"
    cell.set_title(
        f"{_printable(answer)} {inference.capture.confidence:.3f}\n{verdict}",
        color=style.accepted if inference.accepted else style.review,
        fontsize=8,
        parse_math=False,  # a class name is text, whatever stands in it
    )
