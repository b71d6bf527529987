"""What the backbone, that a job may start from, has seen of the staged pictures before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scones.staging.dataset import SEED

DRAWN = "drawn"  # pictures that no backbone has seen


def remarks(card: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """Say which validation figures flatter, because of what the backbone has learnt from; often nothing.

    `card` is the backbone's card.json, `data` the data manifest. Both learn from CIFAR-100's training split
    alone, so test pictures are new to either. Pretraining holds some pictures of each class back, and staging
    draws the background by the same hash: with the same seed, and no more of them, these are its background.
    """
    if data["source"] == DRAWN:
        return []
    found = []
    seen = [name for name in data["classes"] if name in card["classes"]]
    if seen:
        found.append(
            f"The backbone has learnt from training pictures of {', '.join(seen)}: what is measured on "
            "validation flatters. It has seen no test picture."
        )
    each = card["data"]["held_out"] // len(card["classes"])
    is_new = data.get("seed", SEED) == SEED and data.get("background_each", each) <= each
    if data["counts"].get("background_validation") and not is_new:
        found.append(
            "The backbone has learnt from some of the background, as it held back "
            f"{each} pictures of each class for seed {SEED}: how well other things are refused on validation "
            "flatters. It has seen no test picture."
        )
    return found
