"""Figures of an evaluation, made of answers that nobody had to give."""

from typing import Any

import numpy as np

from scones.evaluation.agreement import Agreement
from scones.evaluation.endpoint import Reply
from scones.evaluation.figures import Answered, Measured, figures
from scones.rule import Rule

KINDS = ("noise", "blank", "text")


def answered(
    rng: np.random.Generator, count: int, classes: int, *, inside: bool, scored: bool
) -> list[Answered]:
    found = []
    for number in range(count):
        label = number % classes if inside else None
        weights = rng.random(classes)
        if label is not None:
            weights[label] += rng.choice([0, 9])
        score = float(rng.beta(1, 9) if inside else rng.beta(9, 1)) if scored else None
        probabilities = tuple((weights / weights.sum()).tolist())
        found.append(
            Answered(
                f"{'test' if inside else 'other'}/{number}.png", label, Reply(probabilities, score, 0.01)
            )
        )
    return found


def sample(class_names: list[str], *, scored: bool = True, background: int = 40) -> dict[str, Any]:
    """Figures of 60 test pictures and some others, with about half of the answers right."""
    rng, classes = np.random.default_rng(7), len(class_names)
    measured = Measured(
        test=answered(rng, 60, classes, inside=True, scored=scored),
        background=answered(rng, background, classes, inside=False, scored=scored),
        made={kind: answered(rng, 3, classes, inside=False, scored=scored) for kind in KINDS},
        seconds=[0.01, 0.02, 0.03],
        with_training=Agreement(8, 2e-7, "train/1.png"),
        with_offline=None,
        notes=["A note with <b>markup</b> | and a bar."],
    )
    rule = Rule(0.6, class_names, {}, 0.5 if scored else None)
    return {
        "evaluated_at": "2026-11-24T15:00:00+00:00",
        "command": "make evaluate ENV=local",
        "environment": "local",
        "endpoint": "scones-local",
        "training_job": "job-1",
        "model_data_url": "s3://bucket/models/job-1/output/model.tar.gz",
        "data": {"source": "drawn", "digest": "d" * 64, "counts": {}},
        **figures(measured, rule),
    }
