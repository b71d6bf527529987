"""Figures in words: the same on the terminal, on the page and in the model card."""

from collections.abc import Mapping
from typing import Any

Share = Mapping[str, Any]

KINDS = {
    "background": "pictures of other things",
    "noise": "noise",
    "blank": "blank pictures",
    "text": "pictures of text",
}


def percent(value: float | None) -> str:
    return "not known" if value is None else f"{100 * value:.1f} %"


def interval(share: Share) -> str:
    """Return `95.7-99.5 %`, the bounds of the 95 % Wilson interval."""
    if not share["interval"]:
        return "-"
    low, high = share["interval"]
    return f"{100 * low:.1f}-{100 * high:.1f} %"


def counted(share: Share) -> str:
    """Return `98.5 % (95.7-99.5 %), 197 of 200`."""
    if not share["total"]:
        return "none to measure on"
    return f"{percent(share['share'])} ({interval(share)}), {share['successes']:,} of {share['total']:,}"


def agreement(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "not known"
    return f"{found['pictures']:,} pictures, largest difference {found['largest_difference']:.1e}"


def score_name(by: str) -> str:
    return "out-of-domain score" if by == "out_of_domain" else "confidence, as the model knows no score"


def rule(figures: Mapping[str, Any]) -> str:
    found = figures["rule"]
    limit = found["out_of_domain_limit"]
    exceptions = "".join(f", {name} {value:g}" for name, value in found["class_thresholds"].items())
    scored = "" if limit is None else f", and a score of at most {limit:.8g}"
    return f"confidence of at least {found['confidence_threshold']:.8g}{exceptions}{scored}"


def latency(figures: Mapping[str, Any]) -> str:
    found = figures["latency"]
    times = ", ".join(f"{name} {1000 * value:.1f}" for name, value in found["seconds"].items())
    return f"{times} ms over {found['calls']} calls, one after another" if times else "not measured"
