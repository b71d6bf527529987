"""An evaluation's summary in 80 columns."""

import textwrap
from collections.abc import Mapping
from typing import Any

from scones.evaluation import words

WIDTH = 80
NAME = 24
MOST_CLASSES = 8  # of a confusion matrix that 80 columns can show


def summary(figures: Mapping[str, Any]) -> str:
    """Return the figures for people."""
    calibration, selective = figures["calibration"], figures["selective"]
    lines = [
        f"{figures['training_job']}, asked through {figures['endpoint']}",
        "",
        *row("accuracy", words.counted(figures["accuracy"])),
        *row("calibration error", f"{calibration['expected_calibration_error']:.4f} "
             f"({calibration['bins']} bins; equal mass "
             f"{calibration['expected_calibration_error_equal_mass']:.4f})"),
        *row("log loss, Brier score",
             f"{figures['negative_log_likelihood']:.4f}, {figures['brier_score']:.4f}"),
        *row("latency", words.latency(figures)),
        "",
        *row("the deployed rule", words.rule(figures)),
        *row("  in-domain accepted", words.counted(selective["coverage"])),
        *row("  right when accepted", words.counted(selective["accuracy"])),
        *[line for kind, found in figures["accepted"].items()
          for line in row(f"  {kind} accepted", words.counted(found))],
        *_separation(figures["out_of_domain"]),
        "",
        *row("agrees with training", words.agreement(figures["agreement"]["training"])),
        *row("agrees with offline", words.agreement(figures["agreement"]["offline"])),
        "",
        *_confusion(figures),
        *(line for note in figures["notes"] for line in ["", *textwrap.wrap(note, WIDTH)]),
    ]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def row(name: str, value: str) -> list[str]:
    """Return a name and its value, the value folded under itself."""
    folded = textwrap.wrap(value.replace(" %", "\xa0%"), WIDTH - NAME) or [""]
    return [
        f"{name if not place else '':<{NAME}}{line}".replace("\xa0", " ") for place, line in enumerate(folded)
    ]


def _separation(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return []
    text = f"AUROC {found['auroc']:.4f}, {words.percent(found['others_accepted_at_95'])} accepted at 95 %"
    return row("  told apart by", f"{words.score_name(found['by'])}: {text}")


def _confusion(figures: Mapping[str, Any]) -> list[str]:
    """Return the confusion matrix beside each class's figures; of many classes the figures alone."""
    names, matrix = figures["class_names"], figures["confusion_matrix"]
    shows_matrix = len(names) <= MOST_CLASSES
    cell = min(11, (WIDTH - 40) // len(names)) if shows_matrix else 0
    head = [f"{shortened(name, cell - 1):>{cell}}" for name in names] if shows_matrix else []
    lines = [f"{'class, and its answers':<22}{''.join(head)}{'prec.':>7}{'recall':>7}"]
    for found, counts in zip(figures["per_class"], matrix, strict=True):
        cells = "".join(f"{count:>{cell},}" for count in counts) if shows_matrix else ""
        precision, recall = (_short(found[kind]["share"]) for kind in ("precision", "recall"))
        lines.append(f"{shortened(found['name'], 21):<22}{cells}{precision:>7}{recall:>7}")
    return lines


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def shortened(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: max(0, width - 1)]}…"
