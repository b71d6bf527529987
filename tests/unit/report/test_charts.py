"""The charts: what is in them can be seen, whatever its value."""

import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num
from PIL import Image

from scones.chart_style import DARK, LIGHT, PRINT, sized
from scones.inference.captures import Capture, read_captures_in
from scones.reporting.charts import (
    confidence_histogram,
    confidence_over_time,
    spread_seconds,
    thin,
    time_ticks,
    visualize_data_bar_chart,
)
from scones.reporting.gallery import gallery_png, group_inferences
from scones.reporting.sessions import split_sessions
from scones.reporting.verdicts import judge
from unit.report.records import NOON, series, write


def captures(folder: Path, *confidences: float) -> list[Capture]:
    write(folder / "a.jsonl", series(confidences))
    return read_captures_in(folder).captures


def coloured(png: bytes, colour: str) -> np.ndarray:
    """Where a PNG has a colour: (height, width) booleans."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=int)
    return np.abs(pixels - np.array(to_rgb(colour)) * 255).sum(axis=2) < 60


def runs(row: np.ndarray) -> int:
    """How many separate stretches of a row are true."""
    return int((np.diff(row.astype(int), prepend=0) == 1).sum())


def test_there_is_a_bar_for_every_capture_even_a_low_one(tmp_path: Path) -> None:
    chart = visualize_data_bar_chart(captures(tmp_path, 0.99, 0.55, 0.95, 0.6), 0.93, tmp_path / "bars.png")

    foot = [coloured(chart.read_bytes(), colour) for colour in (PRINT.accepted, PRINT.review)]
    counts = [max(runs(row) for row in places) for places in foot]
    assert counts == [2, 2]


@pytest.mark.parametrize("confidences", [(0.05, 0.1), (0.5,), (1.0,), (0.0, 1.0), (0.93,) * 50])
def test_every_confidence_is_inside_the_chart(tmp_path: Path, confidences: Sequence[float]) -> None:
    judged = judge(captures(tmp_path, *confidences), 0.999)
    accepted = sum(inference.accepted for inference in judged)

    png = confidence_over_time(judged, 0.999)

    below_the_legend = slice(60, None)
    assert coloured(png, PRINT.accepted)[below_the_legend].any() == (accepted > 0)
    assert coloured(png, PRINT.review)[below_the_legend].any() == (accepted < len(judged))


@pytest.mark.parametrize("style", [PRINT, LIGHT, DARK, sized(DARK, 350, 300)])
@pytest.mark.parametrize("draw", [confidence_over_time, confidence_histogram])
def test_a_chart_has_the_size_that_was_asked_for(tmp_path: Path, draw, style) -> None:
    png = draw(judge(captures(tmp_path, 0.99, 0.5), 0.93), 0.93, style)

    assert Image.open(io.BytesIO(png)).size == (2 * style.width, 2 * style.height)


def test_nothing_to_draw_is_drawn() -> None:
    for draw in (confidence_over_time, confidence_histogram):
        assert draw([], 0.93).startswith(b"\x89PNG")
    assert gallery_png([], []).startswith(b"\x89PNG")


def test_the_same_inferences_give_the_same_file(tmp_path: Path) -> None:
    judged = judge(captures(tmp_path, 0.99, 0.5), 0.93)

    assert confidence_over_time(judged, 0.93) == confidence_over_time(judged, 0.93)


def test_a_gallery_shows_class_names_as_they_are(tmp_path: Path) -> None:
    judged = judge(captures(tmp_path, 0.99), 0.93)

    assert gallery_png(judged, ["$\\frac{", "b"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("seconds", "limit", "parts"),
    [
        ([], 4, []),
        ([0], 4, [1]),
        ([0, 0, 0], 4, [3]),
        ([0, 1, 2, 3], 4, [4]),
        ([0, 1, 4, 5], 4, [4]),
        ([0, 1, 300, 301], 4, [4]),
        ([0, 1, 1000, 1001], 4, [2, 2]),
        ([0, 1, 1000, 1001, 500_000, 500_002], 4, [2, 2, 2]),
        ([0, 1, 1000, 1001, 500_000, 500_002], 2, [4, 2]),
        ([0, 1, 1000, 1001, 500_000, 500_002], 1, [6]),
    ],
)
def test_the_time_line_is_cut_where_nothing_happened(
    seconds: list[int], limit: int, parts: list[int]
) -> None:
    times = [NOON + timedelta(seconds=second) for second in seconds]

    cut = split_sessions(times, limit)

    assert [part.stop - part.start for part in cut] == parts
    assert [time for part in cut for time in times[part]] == times


def test_inferences_of_one_second_stand_side_by_side() -> None:
    second = timedelta(seconds=1)

    spread = spread_seconds([NOON, NOON + second, NOON + second])

    assert [(time - NOON).total_seconds() for time in spread] == [0.5, 1.25, 1.75]


@pytest.mark.parametrize("most", [1, 2, 5, 9])
@pytest.mark.parametrize("seconds", [4, 59, 61, 119, 121, 3599, 7199, 86_399, 172_801, 5e6, 5e7, 2e8, 2e9])
def test_a_time_axis_has_some_round_times_whatever_its_length(seconds: float, most: int) -> None:
    stop = NOON + timedelta(seconds=seconds)

    ticks = time_ticks(NOON, stop, most)

    assert 1 <= len(ticks) <= most
    assert date2num(NOON) <= min(ticks) <= max(ticks) <= date2num(stop)


@pytest.mark.parametrize(("count", "limit", "left"), [(0, 5, 0), (5, 5, 5), (6, 5, 3), (100, 10, 10)])
def test_thinning_keeps_the_limit_and_the_first(count: int, limit: int, left: int) -> None:
    kept = thin(range(count), limit)

    assert (len(kept), list(kept[:1])) == (left, [0][:count])


def test_the_pictures_to_worry_about_come_first(tmp_path: Path) -> None:
    known = {f"i{i}": f"{i}" for i in range(4)}
    judged = judge(captures(tmp_path, 0.99, 0.98, 0.5, 0.6), 0.93, known, {"0": 1, "1": 0, "2": 0, "3": 1})

    groups = [
        (group.title, [i.key for i in group.shown], group.hidden) for group in group_inferences(judged, 1)
    ]

    assert groups == [("Accepted, but wrong", ["0"], 0), ("Refused", ["3"], 1), ("Accepted", ["1"], 0)]
