"""The captures as one compact JSON block, from which the page's script draws what is filtered and sorted.

Columns instead of objects keep it small. A picture that was sent many times is in it once.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scones.pictures import NotAPicture, png
from scones.reporting.gallery import load_picture
from scones.reporting.labels import class_name
from scones.reporting.verdicts import Inference

PICTURE_BYTES = 6_000_000  # of all pictures in the page, in base64
SIDE = 64  # pixels: larger pictures are made smaller
UNKNOWN = -2  # the truth of a picture that has no label; NEITHER is another number below 0
SCORES = 3  # of the likeliest classes, when there are more than that

Link = Callable[[Inference], str]


@dataclass
class Pictures:
    """The pictures of a page, each once: `files` in base64, and the reasons why others are not there."""

    budget: int = PICTURE_BYTES
    files: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    left_out: int = 0
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, inference: Inference) -> int:
        """Return the picture's place in `files`; below 0, -1 minus the place of the reason in `reasons`."""
        digest = inference.capture.image_digest or ""
        if digest not in self._places:
            self._places[digest] = self._load(inference)
        return self._places[digest]

    def _load(self, inference: Inference) -> int:
        if self.budget <= 0:
            self.left_out += 1
            return self._because("left out, to keep the page small")
        try:
            file = base64.b64encode(png(load_picture(inference, SIDE))).decode()
        except NotAPicture as error:
            return self._because(str(error))
        self.budget -= len(file)
        self.files.append(file)
        return len(self.files) - 1

    def _because(self, reason: str) -> int:
        if reason not in self.reasons:
            self.reasons.append(reason)
        return -1 - self.reasons.index(reason)


def attention(inference: Inference) -> int:
    """Return how soon an inference is to be looked at: 0 accepted but wrong, 1 refused, 2 the rest."""
    if inference.accepted:
        return 0 if inference.right is False else 2
    return 1


def in_order_of_attention(inferences: Sequence[Inference]) -> list[Inference]:
    """Return inferences, which are sorted by time: those to look at first, and new before old."""
    newest = list(reversed(inferences))
    return sorted(newest, key=attention)


def scores_of(inference: Inference) -> list[tuple[int, float]]:
    """Return (class, probability): of two or three classes all in order, of more the three likeliest."""
    scores = list(enumerate(inference.capture.inferences))
    return scores if len(scores) <= SCORES else sorted(scores, key=lambda score: -score[1])[:SCORES]


def block(
    inferences: Sequence[Inference],
    class_names: Sequence[str],
    thresholds: Sequence[float],
    link: Link,
    pictures: Pictures,
) -> str:
    """Return the JSON, safe inside a script element. `inferences` are in order of attention.

    `thresholds` are by class, `link` gives an inference's execution ("" for none).
    """
    columns: dict[str, list[Any]] = {
        "time": [int(one.capture.time.timestamp()) for one in inferences],
        "answer": [one.capture.predicted for one in inferences],
        "confidence": [round(one.capture.confidence, 6) for one in inferences],
        "scores": [[[c, round(p, 4)] for c, p in scores_of(one)] for one in inferences],
        "score": [_rounded(one.capture.out_of_domain) for one in inferences],
        "accepted": [int(one.accepted) for one in inferences],
        "doubts": [" and ".join(one.doubts) for one in inferences],
        "truth": [UNKNOWN if one.truth is None else one.truth for one in inferences],
        "said": [one.labelled_as or "" for one in inferences],
        "key": [one.key or "" for one in inferences],
        "picture": [pictures.place(one) for one in inferences],
        "link": [link(one) for one in inferences],
    }
    indices = {*columns["answer"], *columns["truth"], *(c for row in columns["scores"] for c, _ in row)}
    names = [class_name(class_names, index) for index in range(max([-1, *indices]) + 1)]
    content = {
        "classes": names,
        "thresholds": list(thresholds),
        "pictures": pictures.files,
        "reasons": pictures.reasons,
        "columns": columns,
    }
    text = json.dumps(content, separators=(",", ":"))  # ASCII only, half characters as escapes
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
