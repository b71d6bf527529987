"""What an evaluation.json says, checked: a model's answers to the validation pictures and to a background.

As a training job writes it, and as `make train` publishes it, with the likeliest class beside each answer:

    {"classes": 2,
     "pictures": [{"key": "a.png", "label": 0, "predicted": 0, "confidence": 0.91,
                   "probabilities": [0.91, 0.09], "out_of_domain": 0.01,
                   "statistics": {"brightness": 0.5}}, ...],
     "background": [the same without a label, ...]}

Models of earlier releases have neither probabilities nor anything that follows them; AWS's built-in algorithm
has no scores and no statistics.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

MOST_STATISTICS = 32
ROUNDING = 1e-6  # of one probability: they are written with six digits


def checked(content: Any, *, needs_probabilities: bool = False) -> dict[str, Any]:
    """Return the content with nothing in it but what the module's head shows.

    Unknown fields are dropped, as a later release may write more. ValueError, KeyError or TypeError when a
    known one is not what it says.
    """
    classes = content["classes"]
    if type(classes) is not int or classes < 1:
        raise ValueError(f"there are {classes!r} classes")
    pictures = [_entry(entry, classes, needs_probabilities, labelled=True) for entry in content["pictures"]]
    if not pictures:
        raise ValueError("there is no picture in it")
    found = {"classes": classes, "pictures": _once(pictures)}
    if content.get("background") is not None:
        background = [
            _entry(entry, classes, needs_probabilities, labelled=False) for entry in content["background"]
        ]
        found["background"] = _once(background)
    return found


def probabilities_of(values: Any, classes: int, whose: str) -> list[float]:
    """Return the values when they are one probability a class; ValueError otherwise."""
    if not isinstance(values, Sequence) or len(values) != classes or not all(map(is_share, values)):
        raise ValueError(f"{whose} has no {classes} probabilities")
    if not math.isclose(sum(values), 1, abs_tol=classes * ROUNDING + 1e-4):
        raise ValueError(f"the probabilities of {whose} add up to {sum(values):.4f}")
    return [float(value) for value in values]


def is_share(value: Any) -> bool:
    """Say whether a value is a number from 0 to 1: not NaN, not true."""
    return type(value) in (int, float) and 0 <= value <= 1


def _entry(
    entry: Mapping[str, Any], classes: int, needs_probabilities: bool, *, labelled: bool
) -> dict[str, Any]:
    key = entry["key"]
    if not isinstance(key, str) or not key:
        raise ValueError("a picture has no key")
    found: dict[str, Any] = {"key": key}
    if labelled:
        found["label"] = _class(entry["label"], classes, key)
    if needs_probabilities or "probabilities" in entry:
        values = probabilities_of(entry["probabilities"], classes, key)
        highest = max(values)
        found |= {"predicted": values.index(highest), "confidence": highest, "probabilities": values}
    else:
        if not is_share(entry["confidence"]):
            raise ValueError(f"{key} has confidence {entry['confidence']!r}")
        found |= {
            "predicted": _class(entry["predicted"], classes, key),
            "confidence": entry["confidence"],
        }
    return found | _extras(entry, key)


def _extras(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = {}
    score, statistics = entry.get("out_of_domain"), entry.get("statistics")
    if score is not None:
        if not is_share(score):
            raise ValueError(f"{key} has the out-of-domain score {score!r}")
        found["out_of_domain"] = score
    if statistics is not None:
        if len(statistics) > MOST_STATISTICS or not all(map(is_share, statistics.values())):
            raise ValueError(f"{key} has the statistics {str(statistics)[:80]}")
        found["statistics"] = dict(statistics)
    return found


def _class(index: Any, classes: int, key: str) -> int:
    if type(index) is not int or not 0 <= index < classes:
        raise ValueError(f"{key} has class {index!r} of {classes}")
    return index


def _once(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len({entry["key"] for entry in entries}) != len(entries):
        raise ValueError("a picture is in it more than once")
    return entries
