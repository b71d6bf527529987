"""An evaluation as one page that needs nothing else: no script, no font, no file beside it.

Every text that comes from outside is escaped, and the page forbids itself to load anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

from scones.chart_style import DARK, LIGHT, sized
from scones.evaluation import words
from scones.evaluation.charts import drawn
from scones.pictures import NotAPicture, data_uri, png, thumbnail
from scones.stylesheet import stylesheet

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
CSS = Path(__file__).with_suffix(".css")
TITLE = "Scones Unlimited: how good the deployed model is"
MOST_COLUMNS = 30  # of a confusion matrix; of more classes only those with mistakes between them are shown

CAPTIONS = {
    "reliability": (
        "Calibration",
        "How often answers of a confidence are right. On the diagonal it means what it says.",
    ),
    "coverage-accuracy": (
        "Coverage against accuracy",
        "Answer only the surest pictures, and more answers are right.",
    ),
    "out-of-domain-scores": (
        "Out-of-domain scores",
        "Of each side, the share with a score, in steps of 0.05.",
    ),
    "out-of-domain-roc": (
        "Other things told apart",
        "In-domain pictures accepted against other ones, at every limit.",
    ),
}


def render(figures: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """Return the page as HTML; `pictures` are the files of the mistakes, by key."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{TITLE}</title>\n<link rel="icon" href="data:,">\n<style>\n{stylesheet(CSS)}</style>\n'
        "</head>\n<body>\n<main>\n"
        f"{_header(figures)}{_tiles(figures)}{_facts(figures)}{_charts(figures)}{_rule(figures)}"
        f"{_confusion(figures)}{_per_class(figures)}{_mistakes(figures, pictures)}"
        "</main>\n</body>\n</html>\n"
    )


def _header(figures: Mapping[str, Any]) -> str:
    notes = "".join(f"<p>{escape(note)}</p>\n" for note in figures["notes"])
    lead = "Every test picture, asked through the deployed endpoint. Intervals are Wilson&#39;s, 95&#8239;%."
    return f"<header>\n<h1>{TITLE}</h1>\n<p>{lead}</p>\n{notes}</header>\n"


# --- The numbers -------------------------------------------------------------------------------------


def _tiles(figures: Mapping[str, Any]) -> str:
    calibration, selective = figures["calibration"], figures["selective"]
    seconds = figures["latency"]["seconds"]
    others = figures["accepted"]["background"]
    tiles = [
        _share_tile("Accuracy", figures["accuracy"]),
        _share_tile("Accepted by the rule", selective["coverage"]),
        _share_tile("Right when accepted", selective["accuracy"]),
        _share_tile("Other things accepted", others),
        _tile(
            "Calibration error",
            f"{calibration['expected_calibration_error']:.3f}",
            f"{calibration['bins']} bins of equal width; of equal mass "
            f"{calibration['expected_calibration_error_equal_mass']:.3f}",
        ),
        _tile("Latency", f"{1000 * seconds['p50']:.1f}\u202fms" if seconds else None,
              f"the median; 99 % within {1000 * seconds['p99']:.1f} ms" if seconds else "not measured"),
    ]  # fmt: skip
    return f'<ul class="tiles">\n{"".join(tiles)}</ul>\n'


def _share_tile(name: str, share: Mapping[str, Any]) -> str:
    detail = f"{share['successes']:,} of {share['total']:,} pictures; {words.interval(share)}"
    value = _narrow(words.percent(share["share"])) if share["total"] else None
    return _tile(name, value, detail if share["total"] else "no picture to measure on")


def _tile(name: str, value: str | None, detail: str) -> str:
    shown = f'<div class="value">{value}</div>' if value else '<div class="value none">not known</div>'
    return (
        f'<li class="tile"><div class="name">{name}</div>{shown}'
        f'<div class="detail">{_narrow(escape(detail))}</div></li>\n'
    )


def _narrow(text: str) -> str:
    """Set percent signs and ranges as print does."""
    return text.replace(" %", "\u202f%").replace("-", "–\u2060") if "%" in text else text


def _facts(figures: Mapping[str, Any]) -> str:
    data = figures["data"]
    facts = {
        "Rule": words.rule(figures),
        "Training job": figures["training_job"],
        "Endpoint": figures["endpoint"],
        "Data": f"{data['source']}, digest {data['digest'][:12]}",
        "Agrees with training": words.agreement(figures["agreement"]["training"]),
        "Agrees offline": words.agreement(figures["agreement"]["offline"]),
        "Log loss, Brier": f"{figures['negative_log_likelihood']:.4f}, {figures['brier_score']:.4f}",
        "Latency": words.latency(figures),
        "Evaluated": f"{figures['evaluated_at'][:16].replace('T', ', ')} UTC, by {figures['command']}",
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>\n" for name, value in facts.items())
    return f'<dl class="facts">\n{rows}</dl>\n'


def _rule(figures: Mapping[str, Any]) -> str:
    accepted = {"in-domain pictures": figures["selective"]["coverage"]}
    accepted |= {words.KINDS.get(kind, kind): share for kind, share in figures["accepted"].items()}
    rows = [
        f'<tr><th scope="row">{escape(name)}</th>{_share_cells(share)}</tr>\n'
        for name, share in accepted.items()
    ]
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("share", "95&#8239;% interval", "accepted", "asked")
    )
    return _sheet(
        "What the rule lets pass",
        f"Accepted is a {escape(words.rule(figures))}; anything else goes to people.",
        f'<thead><tr><th scope="col">pictures</th>{head}</tr></thead>\n<tbody>\n{"".join(rows)}</tbody>\n',
    )


def _share_cells(share: Mapping[str, Any]) -> str:
    value = words.percent(share["share"]) if share["total"] else "-"
    cells = (value, words.interval(share), f"{share['successes']:,}", f"{share['total']:,}")
    return "".join(f"<td>{_narrow(cell)}</td>" for cell in cells)


def _confusion(figures: Mapping[str, Any]) -> str:
    names, matrix = figures["class_names"], figures["confusion_matrix"]
    shown = [
        index for index in range(len(names)) if len(names) <= MOST_COLUMNS or _is_confused(matrix, index)
    ][:MOST_COLUMNS]
    hidden = len(names) - len(shown)
    note = "A row is what the pictures show, a column what was answered."
    if hidden:
        note += f" Of {len(names)} classes, {len(shown)} with mistakes are shown."
    head = "".join(f'<th scope="col">{escape(names[index])}</th>' for index in shown)
    rows = "".join(
        f'<tr><th scope="row">{escape(names[row])}</th>'
        + "".join(_count_cell(matrix[row][column], row == column) for column in shown)
        + "</tr>\n"
        for row in shown
    )
    return _sheet(
        "Confusion matrix",
        note,
        f'<thead><tr><th scope="col">shown \\ answered</th>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n',
    )


def _is_confused(matrix: Sequence[Sequence[int]], index: int) -> bool:
    right = matrix[index][index]
    return sum(matrix[index]) > right or sum(row[index] for row in matrix) > right


def _count_cell(count: int, is_diagonal: bool) -> str:
    kind = ' class="diagonal"' if is_diagonal else ' class="missed"' if count else ""
    return f"<td{kind}>{count:,}</td>"


def _per_class(figures: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(found["name"])}</th>{_ranged(found["precision"])}'
        f"{_ranged(found['recall'])}"
        f"<td>{'-' if found['f1'] is None else format(found['f1'], '.3f')}</td></tr>\n"
        for found in figures["per_class"]
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("precision", "recall", "F1"))
    return _sheet(
        "Class by class",
        "Precision: right of those answered so. Recall: right of those that are so.",
        f'<thead><tr><th scope="col">class</th>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n',
    )


def _ranged(share: Mapping[str, Any]) -> str:
    if not share["total"]:
        return "<td>-</td>"
    bounds = f'<span class="range">{_narrow(words.interval(share))}</span>'
    return f"<td>{_narrow(words.percent(share['share']))} {bounds}</td>"


def _sheet(title: str, note: str, rows: str) -> str:
    """Return a table that can be scrolled sideways by mouse, finger and keyboard."""
    return (
        f'<h2>{title}</h2>\n<p class="note">{note}</p>\n'
        f'<div class="sheet" tabindex="0" role="region" aria-label="{title}">\n'
        f"<table>\n{rows}</table>\n</div>\n"
    )


# --- The charts --------------------------------------------------------------------------------------


def _charts(figures: Mapping[str, Any]) -> str:
    narrow, dark = "(max-width: 600px)", "(prefers-color-scheme: dark)"
    blocks = []
    for name, draw in drawn(figures).items():
        title, caption = CAPTIONS[name]
        wide, small = (520, 360), (350, 300)
        sources = "".join(
            f'<source media="{media}" srcset="{data_uri(draw(figures, sized(style, *size)))}">\n'
            for media, style, size in (
                (f"{narrow} and {dark}", DARK, small), (narrow, LIGHT, small), (dark, DARK, wide),
            )
        )  # fmt: skip
        image = data_uri(draw(figures, sized(LIGHT, *wide)))
        blocks.append(
            f"<figure>\n<figcaption><strong>{title}</strong>{caption}</figcaption>\n<picture>\n{sources}"
            f'<img src="{image}" alt="{escape(_alt(name, figures))}" style="max-width:650px">\n'
            "</picture>\n</figure>\n"
        )
    return f'<h2>Charts</h2>\n<div class="charts">\n{"".join(blocks)}</div>\n'


def _alt(name: str, figures: Mapping[str, Any]) -> str:
    if name == "reliability":
        error = figures["calibration"]["expected_calibration_error"]
        bins = ", ".join(
            f"{each['mean_confidence']:.2f}: {words.percent(each['right']['share'])}"
            for each in figures["calibration"]["reliability"]
        )
        return f"Share that is right at each mean confidence: {bins}. Expected calibration error {error:.3f}."
    if name == "coverage-accuracy":
        rule = figures["selective"]
        everything = words.percent(figures["accuracy"]["share"])
        return (
            f"Accuracy against coverage: {everything} when all are answered; the deployed rule accepts "
            f"{words.percent(rule['coverage']['share'])}, and {words.percent(rule['accuracy']['share'])} "
            "of these are right."
        )
    if name == "out-of-domain-scores":
        sides = (("in-domain", "test"), ("other", "background"))
        medians = " and ".join(f"{_median(figures['answers'][side]):.3f} of {what}" for what, side in sides)
        return f"Histogram of the out-of-domain score: the median is {medians} pictures."
    found = figures["out_of_domain"]
    at_95 = words.percent(found["others_accepted_at_95"])
    return (
        f"ROC of the {words.score_name(found['by'])}: area {found['auroc']:.3f}; {at_95} of others at 95 %."
    )


def _median(answers: Sequence[Mapping[str, Any]]) -> float:
    return median(each["out_of_domain"] for each in answers)


# --- The mistakes ------------------------------------------------------------------------------------


def _mistakes(figures: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    mistakes = figures["mistakes"]
    wrong = figures["accuracy"]["total"] - figures["accuracy"]["successes"]
    title = f'<h2>Worst mistakes <span class="count">{len(mistakes)} of {wrong:,}</span></h2>\n'
    if not mistakes:
        return f'{title}<p class="note">Every test picture was answered right.</p>\n'
    cards = "".join(_card(entry, figures["class_names"], pictures) for entry in mistakes)
    return (
        f'{title}<p class="note">Wrong answers, the surest first.</p>\n<ul class="gallery">\n{cards}</ul>\n'
    )


def _card(entry: Mapping[str, Any], names: Sequence[str], pictures: Mapping[str, bytes]) -> str:
    scores = sorted(enumerate(entry["probabilities"]), key=lambda score: -score[1])[:3]
    answer = escape(names[scores[0][0]])
    badge = "accepted" if entry["accepted"] else "sent to review"
    bars = "".join(
        f'<div class="score{" best" if not place else ""}"><span>{escape(names[index])}</span>'
        f'<span>{value:.4f}</span><div class="track">'
        f'<div class="fill" style="width:{100 * value:.1f}%"></div></div></div>'
        for place, (index, value) in enumerate(scores)
    )
    score = entry.get("out_of_domain")
    scored = "" if score is None else f"<br>out-of-domain score {score:.4f}"
    return (
        f'<li class="card mistake">\n<div class="top">{_picture(entry["key"], answer, pictures)}'
        f'<div><div class="answer">{answer}</div><span class="badge">{badge}</span>'
        f'<div class="truth wrong">wrong: labelled {escape(names[entry["label"]])}</div></div></div>\n'
        f'<div class="scores">{bars}</div>\n<div class="where">{escape(entry["key"])}{scored}</div>\n</li>\n'
    )


def _picture(key: str, answer: str, pictures: Mapping[str, bytes]) -> str:
    try:
        pixels = thumbnail(pictures[key])
    except (NotAPicture, KeyError) as error:
        return f'<div class="picture missing">no picture: {escape(str(error))}</div>'
    small = " small" if max(pixels.shape) <= 64 else ""
    alt = f"The test picture, wrongly answered {answer}"
    return f'<img class="picture{small}" src="{data_uri(png(pixels))}" alt="{alt}" loading="lazy">'
