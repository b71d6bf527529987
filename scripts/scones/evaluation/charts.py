"""The charts of an evaluation: figures in, PNG out. Shares go from 0 to 1, but accuracy's from its lowest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from scones.chart_style import PRINT, Style, dress, new_figure, threshold_line, to_png

Figures = Mapping[str, Any]
DASHES = (0, (5, 3))
STEPS = [step / 20 for step in range(21)]  # of the histogram


def reliability_diagram(figures: Figures, style: Style = PRINT) -> bytes:
    """Draw how many are right at each confidence, against the diagonal of perfect calibration."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    axes.plot([0, 1], [0, 1], color=style.ink, linewidth=1, linestyle=DASHES, label="perfectly calibrated")
    bins = figures["calibration"]["reliability"]
    at = [each["mean_confidence"] for each in bins]
    right = [each["right"]["share"] for each in bins]
    below = [max(0, each["right"]["share"] - each["right"]["interval"][0]) for each in bins]
    above = [max(0, each["right"]["interval"][1] - each["right"]["share"]) for each in bins]
    axes.errorbar(
        at, right, yerr=[below, above], fmt="o", color=style.accepted, markersize=5, elinewidth=1.2,
        label="right, with 95 % interval",
    )  # fmt: skip
    for each in bins:
        axes.annotate(
            f"{each['right']['total']:,}", (each["mean_confidence"], -0.06), (0, 0), fontsize=7,
            textcoords="offset points", ha="center", color=style.quiet,
        )  # fmt: skip
    lowest = 1 / len(figures["class_names"])
    axes.set(xlim=(max(0, lowest - 0.03), 1.02), ylim=(-0.08, 1.04))
    _label(axes, style, "mean confidence (pictures below)", "share that is right")
    _legend(axes, style)
    return to_png(figure)


def coverage_accuracy_chart(figures: Figures, style: Style = PRINT) -> bytes:
    """Draw the accuracy of the surest answers against how many they are, and where the rule stands."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    curve = figures["selective"]["curve"]
    coverage = [step["coverage"] for step in curve]
    accuracy = [step["accuracy"]["share"] for step in curve]
    low, high = zip(*(step["accuracy"]["interval"] for step in curve), strict=True)
    axes.fill_between(
        coverage, low, high, color=style.accepted, alpha=0.18, linewidth=0, label="95 % interval"
    )
    axes.plot(coverage, accuracy, color=style.accepted, linewidth=1.6, label="accuracy of the surest")
    chosen = figures["selective"]
    if chosen["accuracy"]["total"]:
        axes.plot(
            chosen["coverage"]["share"], chosen["accuracy"]["share"], marker="D", linestyle="",
            color=style.review, markersize=7, label="deployed rule",
        )  # fmt: skip
    # A few pictures at the left have wide intervals, which must not flatten the rest.
    foot = min([*accuracy, *(bound for at, bound in zip(coverage, low, strict=True) if at > 0.2)])
    axes.set(xlim=(0, 1.01), ylim=(max(0, foot - 0.02), 1.004))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    _label(axes, style, "coverage: share of the pictures answered", "accuracy")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1 if foot > 0.95 else 0))
    _legend(axes, style)
    return to_png(figure)


def roc_chart(figures: Figures, style: Style = PRINT) -> bytes:
    """Draw the share of in-domain pictures accepted against that of others, over every limit of the score."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    axes.plot([0, 1], [0, 1], color=style.quiet, linewidth=1, linestyle=DASHES, label="no better than chance")
    found = figures["out_of_domain"]
    others, inside = zip(*found["roc"], strict=True)
    axes.plot(others, inside, color=style.accepted, linewidth=1.8, label=f"AUROC {found['auroc']:.3f}")
    threshold_line(axes, style, 0.95)
    axes.plot(
        figures["accepted"]["background"]["share"], figures["selective"]["coverage"]["share"], marker="D",
        linestyle="", color=style.review, markersize=7, label="deployed rule",
    )  # fmt: skip
    axes.set(xlim=(-0.02, 1.01), ylim=(0, 1.02))
    axes.annotate(
        "95 %",
        (1, 0.95),
        (0, -3),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
        color=style.ink,
    )
    _label(axes, style, "other pictures accepted", "in-domain accepted")
    _legend(axes, style)
    return to_png(figure)


def scores_chart(figures: Figures, style: Style = PRINT) -> bytes:
    """Draw how many of each side have which out-of-domain score, as shares of the side, and the limit."""
    figure = new_figure(style)
    axes = figure.subplots()
    dress(axes, style)
    sides = [[each["out_of_domain"] for each in figures["answers"][side]] for side in ("test", "background")]
    axes.hist(
        sides, bins=STEPS, weights=[np.full(len(side), 1 / len(side)) for side in sides], rwidth=0.9,
        color=[style.accepted, style.review], label=["in-domain", "other things"],
    )  # fmt: skip
    limit = figures["rule"]["out_of_domain_limit"]
    if limit is not None:
        threshold_line(axes, style, limit, vertical=True)
        axes.plot([], [], color=style.ink, linewidth=1, linestyle=DASHES, label="limit")
    axes.set(xlim=(0, 1))
    _label(axes, style, "out-of-domain score", "share of its side")
    axes.xaxis.set_major_formatter("{x:.1f}")
    _legend(axes, style)
    return to_png(figure)


CHARTS: Mapping[str, Callable[[Figures, Style], bytes]] = {
    "reliability": reliability_diagram,
    "coverage-accuracy": coverage_accuracy_chart,
    "out-of-domain-roc": roc_chart,
    "out-of-domain-scores": scores_chart,
}


def drawn(figures: Figures) -> dict[str, Callable[[Figures, Style], bytes]]:
    """Return the charts that the figures suffice for, by file name without ending."""
    separated = figures["out_of_domain"]
    missing = set() if separated else {"out-of-domain-roc", "out-of-domain-scores"}
    if separated and separated["by"] != "out_of_domain":
        missing.add("out-of-domain-scores")
    return {name: draw for name, draw in CHARTS.items() if name not in missing}


def _legend(axes: Axes, style: Style) -> None:
    """Name what is drawn above the chart, where no point can be hidden."""
    figure = axes.get_figure()
    assert figure is not None
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=3 if style.width > 500 else 2, frameon=False,
        fontsize=8, labelcolor=style.ink, handletextpad=0.5, columnspacing=1.2,
    )  # fmt: skip


def _label(axes: Axes, style: Style, x: str, y: str) -> None:
    axes.set_xlabel(x, color=style.quiet, fontsize=9)
    axes.set_ylabel(y, color=style.quiet, fontsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
