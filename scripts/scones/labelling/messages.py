"""What a message of the review queue says. The state machine writes it; anybody could have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CAUSE_LENGTH = 400


class NotAReview(ValueError):
    """The message names no picture to review; the text says what it lacks."""


@dataclass(frozen=True)
class Review:
    """A picture that the workflow refused: where it is, what the model said, and why that was not enough."""

    bucket: str
    key: str
    confidences: tuple[float, ...] = ()  # one a class, in the order of the class names; none where not told
    out_of_domain: float | None = None
    cause: str = ""
    execution: str | None = None

    @property
    def uri(self) -> str:
        return printable(f"s3://{self.bucket}/{self.key}")

    @property
    def name(self) -> str:
        """The key as it can be shown: it may hold what moves a terminal's cursor."""
        return printable(self.key)


def read_review(body: str) -> Review:
    """Return what a message says; NotAReview when it does not name an object of S3.

    What the model said is for people's eyes: where it is not of the expected form, it is left out.
    """
    message = _parsed(body)
    if not isinstance(message, dict):
        raise NotAReview("it is no JSON object")
    execution = message.get("execution_id")
    return Review(
        bucket=_text(message, "s3_bucket"),
        key=_text(message, "s3_key"),
        confidences=_confidences(message.get("inferences")),
        out_of_domain=_share(message.get("out_of_domain")),
        cause=_cause(message.get("cause")),
        execution=printable(execution) if isinstance(execution, str) and execution else None,
    )


def printable(text: str) -> str:
    """Return a text as one line without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(message: dict[str, Any], field: str) -> str:
    value = message.get(field)
    if not isinstance(value, str) or not value.strip():
        raise NotAReview(f"it has no {field}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotAReview(f"its {field} is no text") from None
    return value


def _confidences(value: Any) -> tuple[float, ...]:
    value = _parsed(value) if isinstance(value, str) else value
    shares = [_share(one) for one in value] if isinstance(value, list) else []
    return tuple(share for share in shares if share is not None) if None not in shares else ()


def _share(value: Any) -> float | None:
    """A number from 0 to 1, or None. A comparison with NaN is false."""
    is_share = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if is_share else None


def _cause(value: Any) -> str:
    """Lambda hands an error on as JSON with errorMessage; other causes are the text itself."""
    if not isinstance(value, str):
        return ""
    parsed = _parsed(value)
    told = parsed.get("errorMessage") if isinstance(parsed, dict) else None
    text = printable(told if isinstance(told, str) else value)
    return text if len(text) <= CAUSE_LENGTH else text[: CAUSE_LENGTH - 1] + "…"
