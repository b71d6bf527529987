"""Pretrain the backbone: learn CIFAR-100's other classes once, for every training job to start from.

    python scripts/pretrain.py --data ./cifar-100-python.tar.gz      # two cores: an hour and a half
    python scripts/pretrain.py --data cifar100 --epochs 4 --output build/backbone

Only the training split is looked at, without the classes that are left out; a part of it is held out to
measure by. Interrupted, it goes on at the epoch where it stopped. Leaves weights and card in --output.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Threads that spin while they wait starve all else on a small machine; read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from scones.errors import UsageError, main
from scones.progress import byte_bar, count_bar
from scones.staging import dataset, sources
from scones.staging.cache import cache_folder
from scones.staging.cifar100 import CLASSES

if TYPE_CHECKING:
    from algorithm.data import Split
    from algorithm.pretraining import Pretraining, Recipe

SCRIPTS = Path(__file__).parent
HELD_OUT = 0.04  # 20 of a class's 500 pictures


def command() -> None:
    from algorithm import backbone, pretraining

    arguments = parse_arguments()
    with byte_bar("CIFAR-100") as progress:
        source = sources.find_source(arguments.data, cache_folder(), progress)
    chosen, training, held_out = other_classes(source.archive, arguments.without)
    recipe = recipe_of(arguments)
    work = pretraining.Pretraining(recipe, training, held_out, len(chosen))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if resumed(work, arguments.folder):
        say(f"going on after epoch {len(work.history)} of {recipe.epochs}")
    say(f"{len(training)} pictures of {len(chosen)} classes; {len(held_out)} more are held out")
    run(work, arguments.folder)

    # What is measured is what is shipped: the weights as float16 gives them.
    classifier = pretraining.half_precision(work.average.classifier)
    data = {
        "source": source.name,
        "split": "train",
        "held_out_part": HELD_OUT,
        "pictures": len(training),
        "held_out": len(held_out),
        "pixels_sha256": pretraining.split_digest(training),
        "held_out_pixels_sha256": pretraining.split_digest(held_out),
    }
    facts = card(work, chosen, arguments.without, data, accuracy(classifier, held_out))
    path = backbone.save_backbone(arguments.output, classifier, facts)
    say(f"{path}: {path.stat().st_size:,} bytes, {facts['held_out_accuracy']:.3f} on the held-out pictures")
    say("Next: make train")


def resumed(work: Pretraining, folder: Path) -> bool:
    from algorithm.errors import ClientError

    try:
        return work.resume(folder)
    except ClientError as error:
        raise UsageError(f"{error.args[0]} with --folder") from None


def other_classes(archive: Path, without: tuple[str, ...]) -> tuple[tuple[str, ...], Split, Split]:
    """The names of the classes that are learnt, and their training and held-out pictures.

    Of the archive only the training split is used, and of that not one picture of the classes left out.
    """
    import numpy as np
    import torch

    from algorithm.data import Split

    extracted = dataset.extract(archive)
    dataset.labels_of(without, extracted.fine_labels)
    chosen = tuple(name for name in extracted.fine_labels if name not in without)
    numbers = dataset.labels_of(chosen, extracted.fine_labels)
    places = {label: place for place, label in enumerate(numbers)}

    def tensors(split: dataset.Split) -> Split:
        pixels = np.ascontiguousarray(split.pixels.transpose(0, 3, 1, 2))
        return Split(
            torch.from_numpy(pixels), torch.tensor([places[label] for label in split.labels.tolist()])
        )

    training, held_out = dataset.cut(dataset.select(extracted.train, numbers), HELD_OUT)
    return chosen, tensors(training), tensors(held_out)


def run(work: Pretraining, folder: Path) -> None:
    """Train to the end, a checkpoint and a line an epoch."""
    while not work.finished:
        number = len(work.history) + 1
        with count_bar(f"epoch {number} of {work.recipe.epochs}", work.steps_per_epoch) as advance:
            epoch = work.run_epoch(advance)
        work.save(folder)
        say(
            f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, held-out accuracy {epoch.held_out_accuracy:.3f}, "
            f"{epoch.seconds:.0f} s"
        )


def accuracy(classifier: Any, held_out: Split) -> float:
    from algorithm.evaluation import evaluate

    return evaluate(classifier, held_out).accuracy


def card(
    work: Pretraining,
    classes: tuple[str, ...],
    without: tuple[str, ...],
    data: dict[str, object],
    held_out_accuracy: float,
) -> dict[str, Any]:
    """Everything that says how the weights came to be."""
    import torch

    return {
        "classes": list(classes),
        "classes_left_out": list(without),
        "data": data,
        "recipe": dataclasses.asdict(work.recipe),
        "held_out_accuracy": round(held_out_accuracy, 4),
        "seconds": round(sum(epoch.seconds for epoch in work.history)),
        "made": time.strftime("%Y-%m-%d"),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "history": [dataclasses.asdict(epoch) for epoch in work.history],
    }


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    from algorithm.pretraining import Recipe

    given = {name: getattr(arguments, name) for name in ("epochs", "seed", "widths", "batch_size")}
    return Recipe(**{name: value for name, value in given.items() if value is not None})


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", default=sources.CIFAR100, help="cifar100, or an archive's path (default: %(default)s)")
    add(
        "--without",
        type=lambda text: tuple(name.strip() for name in text.split(",")),
        default=",".join(CLASSES),
        help="the classes that the backbone never sees (default: %(default)s)",
    )
    add("--epochs", type=int, help="how often each picture is looked at (default: the recipe's)")
    add("--batch-size", type=int, help="pictures a step (default: the recipe's)")
    add("--widths", type=widths, help="filters of the three stages, such as 64,256,384")
    add("--seed", type=int, help="(default: 0)")
    add(
        "--folder",
        type=Path,
        default=Path("build/pretraining"),
        help="for checkpoints (default: %(default)s)",
    )
    add("--output", type=Path, default=SCRIPTS / "algorithm" / "backbone", help="for weights and card")
    arguments = parser.parse_args()
    for name in ("epochs", "batch_size"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} {value}: must be at least 1")
    return arguments


def widths(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.isdigit() and int(part) for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r}: three whole numbers such as 64,256,384 are needed")
    return tuple(int(part) for part in parts)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(command)
