"""What a review consists of: findings for its head, and blocks of Markdown below them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Risk(IntEnum):
    """How much a reader has to look: also the order in which things are shown, highest first."""

    NOTE = 0  # worth knowing
    SAFE = 1  # changes something, and can be changed back
    CARE = 2  # may hurt: read it
    DESTRUCTIVE = 3  # takes something away that does not come back, or that serves


@dataclass(frozen=True)
class Finding:
    """One sentence of the review's head, in words of this workflow, without a full stop.

    The text is plain: rendering escapes it. Text between backquotes is shown as code.
    """

    risk: Risk
    text: str
    address: str = ""


@dataclass(frozen=True)
class Block:
    """The smallest piece of a section, never cut in two. `covers` counts the changes that it shows.

    The Markdown is finished: whoever makes a block has escaped what is in it (markdown.code, markdown.cell).
    """

    markdown: str
    risk: Risk = Risk.NOTE
    covers: int = 1


@dataclass(frozen=True)
class Part:
    """What one look at the plan has found. `data` is the same for machines: it goes into review.json."""

    title: str
    findings: tuple[Finding, ...] = ()
    blocks: tuple[Block, ...] = ()
    data: Any = None


@dataclass(frozen=True)
class Evaluation:
    """What a model answered on the evaluation set: one entry a picture, by the picture's key."""

    answers: Mapping[str, "Answer"]

    @property
    def accuracy(self) -> float:
        return sum(answer.is_right for answer in self.answers.values()) / len(self.answers)


@dataclass(frozen=True)
class Answer:
    """The most likely class's confidence, whether it is the picture's class, and what else is known of it."""

    confidence: float
    is_right: bool
    predicted: int | None = None  # the most likely class, in the order of the model's answers
    out_of_domain: float | None = None  # how unlike the training pictures, from 0 to 1


@dataclass(frozen=True)
class Context:
    """What a review knows beside the plan.

    `purpose` is why the plan was made: apply, destroy, pause, resume, rollback.
    `evaluations` are by the name of the training job that made the model. `secrets_in_clear` are values that
    look like secrets and that nobody marked so: they are looked for before they are masked.
    """

    environment: str
    root: str = "workflow"
    purpose: str = "apply"
    accuracy_floor: float | None = None
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    secrets_in_clear: tuple[Finding, ...] = ()
