"""Hyperparameters: strings in, one checked and typed object out.

Names, types and ranges are those of the SageMaker developer guide, "Image Classification Hyperparameters".
The defaults are in default-input.json; README.md lists where they, or the accepted values, differ and why.
"""

import dataclasses
import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algorithm.errors import ClientError

Parser = Callable[[str], Any]

# Set by SageMaker's tuner on each of its jobs; they choose nothing here.
TUNER_NAMES = {"_tuning_objective_metric"}


# --- one value --------------------------------------------------------------------------------------------


def integer(low: int, high: int | None = None) -> Parser:
    """A parser of whole numbers from low to high."""
    wanted = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(wanted) from None
        if value < low or (high is not None and value > high):
            raise ValueError(wanted)
        return value

    return parse


def number(low: float, high: float, exclusive: bool = False) -> Parser:
    """A parser of numbers from low to high; exclusive leaves high out."""
    wanted = f"a number from {low:g} to {'below ' if exclusive else ''}{high:g}"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError(wanted) from None
        if not low <= value <= high or (exclusive and value == high):
            raise ValueError(wanted)
        return value

    return parse


def choice(*values: str, kind: type = str) -> Parser:
    """A parser of one of the values."""

    def parse(text: str) -> Any:
        if text not in values:
            raise ValueError(f"one of {', '.join(values)}")
        return kind(text)

    return parse


def only(value: str, reason: str) -> Parser:
    """A parser that admits the one value this program can honour."""

    def parse(text: str) -> str:
        if text != value:
            raise ValueError(f"{value}: {reason}")
        return value

    return parse


def boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("True or False")
    return text.lower() == "true"


def flag(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("one of 0, 1")
    return text == "1"


def epoch_list(text: str) -> tuple[int, ...]:
    """Epochs such as "10,20", each greater than the one before it."""
    steps = tuple(int(part) for part in text.split(",") if part.strip().isdigit())
    if len(steps) != len(text.split(",")) or sorted(set(steps)) != list(steps):
        raise ValueError('rising epochs such as "10,20"')
    return steps


def image_shape(text: str) -> tuple[int, int, int]:
    """Channels, height and width in pixels, such as "3,32,32"."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or parts[0] != "3" or not all(part.isdigit() for part in parts):
        raise ValueError('"3,height,width" such as "3,32,32" (3: RGB)')
    height, width = int(parts[1]), int(parts[2])
    if not (16 <= height <= 512 and 16 <= width <= 512):
        raise ValueError("a height and width from 16 to 512 pixels")
    return 3, height, width


# --- all of them ------------------------------------------------------------------------------------------


def setting(parse: Parser, **options: Any) -> Any:
    return dataclasses.field(metadata={"parse": parse}, **options)


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """A training job's settings, checked. None stands for "not set"."""

    num_classes: int = setting(integer(2))
    num_training_samples: int = setting(integer(1))
    augmentation_type: str = setting(choice("none", "crop", "crop_color", "crop_color_transform", "full"))
    beta_1: float = setting(number(0, 1, exclusive=True))
    beta_2: float = setting(number(0, 1, exclusive=True))
    checkpoint_frequency: int | None = setting(integer(1), default=None)
    early_stopping: bool = setting(boolean)
    early_stopping_min_epochs: int = setting(integer(1))
    early_stopping_patience: int = setting(integer(1))
    early_stopping_tolerance: float = setting(number(0, 1))
    epochs: int = setting(integer(1))
    eps: float = setting(number(1e-12, 1))
    gamma: float = setting(number(0, 1))
    image_shape: tuple[int, int, int] = setting(image_shape)
    kv_store: str = setting(choice("dist_sync", "dist_async"))
    learning_rate: float = setting(number(0, 1))
    lr_scheduler_factor: float = setting(number(0, 1))
    lr_scheduler_step: tuple[int, ...] | None = setting(epoch_list, default=None)
    mini_batch_size: int = setting(integer(2))
    momentum: float = setting(number(0, 1, exclusive=True))
    multi_label: str = setting(only("0", "several labels an image are not supported"))
    num_layers: int = setting(
        choice("8", "20", "32", "44", "56", "110", "18", "34", "50", "101", "152", "200", kind=int)
    )
    optimizer: str = setting(choice("sgd", "adam", "rmsprop", "nag", "muon"))
    precision_dtype: str = setting(only("float32", "half precision is slower on a CPU without AMX"))
    resize: int | None = setting(integer(16, 4096), default=None)
    seed: int = setting(integer(0, 2**31 - 1))
    top_k: int | None = setting(integer(2), default=None)
    use_pretrained_model: bool = setting(flag)
    use_weighted_loss: bool = setting(flag)
    weight_decay: float = setting(number(0, 1))

    def __post_init__(self) -> None:
        _, height, width = self.image_shape
        if self.use_pretrained_model and (self.num_layers != 8 or (height, width) != (32, 32)):
            raise ClientError(
                "use_pretrained_model 1 needs num_layers 8 and image_shape 3,32,32: "
                f"there are no pretrained weights for {self.num_layers} layers and {height}x{width} pixels"
            )
        if self.resize is not None and self.resize < max(height, width):
            raise ClientError(f"resize {self.resize} is smaller than image_shape {height}x{width}")
        if self.top_k is not None and self.top_k > self.num_classes:
            raise ClientError(f"top_k {self.top_k} is more than num_classes {self.num_classes}")
        if self.checkpoint_frequency is not None and self.checkpoint_frequency > self.epochs:
            raise ClientError(
                f"checkpoint_frequency {self.checkpoint_frequency} is more than epochs {self.epochs}"
            )


FIELDS = {field.name: field for field in dataclasses.fields(Hyperparameters)}


def default_strings(given: Mapping[str, Any]) -> dict[str, str]:
    """The default configuration of a job with these settings, as strings: a pretrained model needs less."""
    defaults: dict[str, str] = json.loads(Path(__file__).with_name("default-input.json").read_text())
    if given.get("use_pretrained_model", defaults["use_pretrained_model"]) == "1":
        defaults |= json.loads(Path(__file__).with_name("default-input-pretrained.json").read_text())
    return defaults


def parse(given: Mapping[str, Any]) -> Hyperparameters:
    """Merge a job's hyperparameters with the defaults and check every one.

    Raises ClientError for an unknown name, a missing required name or a bad value.
    """
    given = {name: value for name, value in given.items() if name not in TUNER_NAMES}
    for name in given:
        if name not in FIELDS:
            close = difflib.get_close_matches(name, FIELDS, n=1)
            raise ClientError(
                f"unknown hyperparameter {name!r}" + (f"; did you mean {close[0]}?" if close else "")
            )
    merged = {**default_strings(given), **given}
    for name in ("num_classes", "num_training_samples"):
        if name not in merged:
            raise ClientError(f"hyperparameter {name} is required")
    return Hyperparameters(**{name: _value(name, text) for name, text in merged.items()})


def _value(name: str, text: Any) -> Any:
    if not isinstance(text, str):
        raise ClientError(f"hyperparameter {name} must be a string, not {text!r}")
    try:
        return FIELDS[name].metadata["parse"](text.strip())
    except ValueError as error:
        raise ClientError(f"hyperparameter {name} is {text!r}, must be {error}") from None
