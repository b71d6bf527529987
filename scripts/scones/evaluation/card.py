"""The figures' block of a model card: what stands between two markers is written from an evaluation."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scones.errors import SconesError
from scones.evaluation import words
from scones.files import write_bytes

BEGIN, END = "<!-- evaluation: begin -->", "<!-- evaluation: end -->"


def write_card(path: Path, figures: Mapping[str, Any]) -> None:
    """Replace the block of a card; a card without markers gets it at its end, no card is begun.

    SconesError when the file has one marker without the other.
    """
    text = path.read_text() if path.is_file() else "# Model card\n"
    block = f"{BEGIN}\n{markdown(figures)}{END}"
    begins, ends = text.count(BEGIN), text.count(END)
    if begins == ends == 0:
        text = f"{text.rstrip()}\n\n{block}\n"
    elif begins == ends == 1 and text.index(BEGIN) < text.index(END):
        before, after = text[: text.index(BEGIN)], text[text.index(END) + len(END) :]
        text = before + block + after
    else:
        raise SconesError(f"{path} needs {BEGIN} and, after it, {END}, each of them once")
    write_bytes(path, text.encode())


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the figures as Markdown: a paragraph and four tables."""
    data, calibration = figures["data"], figures["calibration"]
    selective, separated = figures["selective"], figures["out_of_domain"]
    rows = [
        ("Accuracy", words.counted(figures["accuracy"])),
        ("Expected calibration error", f"{calibration['expected_calibration_error']:.4f} "
         f"({calibration['bins']} bins of equal width; of equal mass: "
         f"{calibration['expected_calibration_error_equal_mass']:.4f})"),
        ("Negative log likelihood", f"{figures['negative_log_likelihood']:.4f}"),
        ("Brier score", f"{figures['brier_score']:.4f}"),
        ("Latency of a call", words.latency(figures)),
        ("Endpoint and training process", words.agreement(figures["agreement"]["training"])),
        ("Endpoint and a process of its own", words.agreement(figures["agreement"]["offline"])),
    ]  # fmt: skip
    rule = [
        ("In-domain accepted (coverage)", words.counted(selective["coverage"])),
        ("Accuracy of the accepted", words.counted(selective["accuracy"])),
        *(
            (f"Accepted of {words.KINDS.get(kind, kind)}", words.counted(found))
            for kind, found in figures["accepted"].items()
        ),
    ]
    if separated:
        rule.append(
            (
                f"Told apart by the {words.score_name(separated['by'])}",
                f"AUROC {separated['auroc']:.4f}; {words.percent(separated['others_accepted_at_95'])} of "
                "other things accepted where 95 % of in-domain pictures are",
            )
        )
    return "\n".join(
        [
            f"Measured on {figures['evaluated_at'][:10]} by `{figures['command']}`, through the deployed "
            f"endpoint, on all {figures['accuracy']['total']:,} test pictures. Data: {data['source']}, "
            f"digest `{data['digest']}`. Training job: `{figures['training_job']}`. Intervals: Wilson.",
            "",
            _table(("Figure", "Value"), rows),
            "",
            f"The deployed rule accepts a {words.rule(figures)}:",
            "",
            _table(("Share", "Value"), rule),
            "",
            "Answers (columns) to the pictures of each class (rows):",
            "",
            _confusion(figures),
            "",
            _per_class(figures),
            *(f"\n{_escaped(note)}" for note in figures["notes"]),
            "",
        ]
    )


def _confusion(figures: Mapping[str, Any]) -> str:
    names = figures["class_names"]
    rows = [
        (name, *(f"{count:,}" for count in counts))
        for name, counts in zip(names, figures["confusion_matrix"], strict=True)
    ]
    return _table(("", *names), rows)


def _per_class(figures: Mapping[str, Any]) -> str:
    rows = [
        (
            found["name"],
            words.counted(found["precision"]),
            words.counted(found["recall"]),
            "-" if found["f1"] is None else f"{found['f1']:.3f}",
        )
        for found in figures["per_class"]
    ]
    return _table(("Class", "Precision", "Recall", "F1"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines)


def _escaped(text: str) -> str:
    return re.sub(r"([|\\<>*_`\[\]])", r"\\\1", " ".join(text.split()))
