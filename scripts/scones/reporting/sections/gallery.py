"""The captures with their pictures: the first of them as HTML, all of them for the script that filters."""

from collections.abc import Sequence
from html import escape

from scones.reporting.captures_block import (
    Link,
    Pictures,
    block,
    in_order_of_attention,
    scores_of,
)
from scones.reporting.gallery import group_inferences
from scones.reporting.labels import class_name
from scones.reporting.markup import moment, section
from scones.reporting.verdicts import Inference
from scones.rule import Rule

FIRST = 48  # captures that are there without JavaScript
NOTE = "Those to look at first come first: accepted but wrong, then refused, then the rest, the newest first."


def render(inferences: Sequence[Inference], rule: Rule, link: Link) -> str:
    """Return the filter, the first cards and the block; nothing when nothing was captured.

    `link` gives the address of an inference's execution, "" for none.
    """
    if not inferences:
        return ""
    ordered = in_order_of_attention(inferences)
    pictures = Pictures()
    shown = ordered[:FIRST]
    thresholds = [rule.threshold_of(index) for index in range(len(rule.class_names))] or [rule.threshold]
    # The block first: it takes the pictures in order, so the cards' are among them.
    content = block(ordered, rule.class_names, thresholds, link, pictures)
    cards = "".join(_card(inference, rule, link, pictures) for inference in shown)
    hidden = len(ordered) - len(shown)
    left = f" The first {len(shown):,} are shown; {hidden:,} are not." if hidden else ""
    small = (
        f" {pictures.left_out:,} pictures are left out to keep the page small." if pictures.left_out else ""
    )
    groups = ", ".join(f"{group.title.lower()} {group.total:,}" for group in group_inferences(inferences))
    body = (
        f"{_form(inferences, rule)}"
        f'<noscript><p class="note">Without JavaScript there is no filter.{left}</p></noscript>\n'
        f'<p id="found" class="note" role="status" aria-live="polite">{len(shown):,} of {len(ordered):,} '
        f"captures</p>\n"
        f'<ul id="gallery" class="gallery">\n{cards}</ul>\n'
        f'<p class="more"><button type="button" id="more" hidden>Show more</button></p>\n'
        f'<script type="application/json" id="captures-data">{content}</script>\n'
    )
    note = f"{NOTE} {groups.capitalize()}.{small}"
    return section("captures", "Captures", body, note, f"{len(ordered):,}")


def _form(inferences: Sequence[Inference], rule: Rule) -> str:
    indices = sorted({one.capture.predicted for one in inferences})
    classes = "".join(
        f'<option value="{index}">{escape(class_name(rule.class_names, index) or "")}</option>'
        for index in indices
    )
    return (
        '<form id="filter" role="search" aria-label="Filter the captures" hidden>\n'
        f"{_select('class', 'Class', _options('all') + classes)}"
        f"{_select('verdict', 'Verdict', _options('all', 'accepted', 'refused'))}"
        f"{_select('truth', 'Answer', _options('all', 'right', 'wrong', 'neither', 'not known'))}"
        '<label>From confidence<input type="number" name="min" min="0" max="1" step="0.01" '
        'placeholder="0" inputmode="decimal"></label>\n'
        '<label>To confidence<input type="number" name="max" min="0" max="1" step="0.01" '
        'placeholder="1" inputmode="decimal"></label>\n'
        '<label class="text">Text<input type="search" name="text" placeholder="key, class, reason" '
        'autocomplete="off" spellcheck="false"></label>\n'
        f"{_select('sort', 'Sort', SORTS)}"
        '<button type="reset">Reset</button>\n</form>\n'
    )


SORTS = "".join(
    f'<option value="{value}">{text}</option>'
    for value, text in (
        ("", "to look at first"),
        ("newest", "newest first"),
        ("oldest", "oldest first"),
        ("surest", "highest confidence"),
        ("unsurest", "lowest confidence"),
        ("out-of-domain", "highest out-of-domain score"),
    )
)


def _options(everything: str, *values: str) -> str:
    chosen = "".join(f'<option value="{value}">{value}</option>' for value in values)
    return f'<option value="">{everything}</option>{chosen}'


def _select(name: str, label: str, options: str) -> str:
    return f'<label>{label}<select name="{name}">{options}</select></label>\n'


# --- Cards, as assets/page.js draws them -------------------------------------------------------------


def _card(inference: Inference, rule: Rule, link: Link, pictures: Pictures) -> str:
    capture = inference.capture
    answer = escape(class_name(rule.class_names, capture.predicted) or "")
    verdict = "accepted" if inference.accepted else "refused"
    why = f": {' and '.join(inference.doubts)}" if inference.doubts else ""
    key = f"<bdi>{escape(inference.key)}</bdi><br>" if inference.key else ""
    address = link(inference)
    told = f'<br><a href="{escape(address)}" rel="noopener noreferrer">execution</a>' if address else ""
    score = capture.out_of_domain
    domain = "" if score is None else f'<div class="domain">out-of-domain score {score:.4f}</div>'
    return (
        f'<li class="card {verdict}">\n<div class="top">{_picture(inference, answer, pictures)}'
        f'<div><div class="answer"><bdi>{answer}</bdi></div>'
        f'<span class="badge {verdict}">{verdict}{why}</span>{_truth(inference, rule)}'
        f'</div></div>\n<div class="scores">{_scores(inference, rule)}{domain}</div>\n'
        f'<div class="where">{key}{moment(capture.time)}{told}</div>\n</li>\n'
    )


def _picture(inference: Inference, answer: str, pictures: Pictures) -> str:
    place = pictures.place(inference)
    if place < 0:
        return f'<div class="picture missing">no picture: {escape(pictures.reasons[-1 - place])}</div>'
    source = f"data:image/png;base64,{pictures.files[place]}"
    alt = f"The captured picture, answered {answer}"
    return f'<img class="picture" src="{source}" alt="{alt}" width="88" height="88" loading="lazy">'


def _truth(inference: Inference, rule: Rule) -> str:
    if inference.right is None:
        return ""
    if inference.labelled_as is None:
        label = f"labelled {class_name(rule.class_names, inference.truth)}"
    else:
        label = f"a person labelled it {inference.labelled_as}"
    mark = "right" if inference.right else "neither" if inference.is_neither else "wrong"
    # That the workflow refused what shows none of the classes is no mistake.
    tone = " wrong" if mark == "wrong" or (mark == "neither" and inference.accepted) else ""
    return f'<div class="truth{tone}">{mark}: {escape(label)}</div>'


def _scores(inference: Inference, rule: Rule) -> str:
    return "".join(_score(inference, rule, index, value) for index, value in scores_of(inference))


def _score(inference: Inference, rule: Rule, index: int, value: float) -> str:
    is_best = index == inference.capture.predicted
    name = escape(class_name(rule.class_names, index) or "")
    threshold = 100 * rule.threshold_of(index)
    mark = f'<rect class="mark" x="{threshold:.1f}%" width="2" height="6"/>' if is_best else ""
    return (
        f'<div class="score{" best" if is_best else ""}"><span><bdi>{name}</bdi></span>'
        f'<span>{value:.4f}</span><svg class="track" aria-hidden="true">'
        f'<rect class="fill" width="{100 * value:.1f}%" height="6"/>{mark}</svg></div>'
    )
