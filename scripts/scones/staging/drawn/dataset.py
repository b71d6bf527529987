"""The drawn data set: 1,000 + 200 pictures of bicycles and motorcycles in CIFAR-100's own format.

It lets the whole workflow run where there is no network, through the very steps that real pictures take.
Pictures of other classes are mixed in, so that the filter has something to filter and the background
something to hold; of the other vehicles there are enough to be classes too. Seeded: the same seed gives the
same pictures with the same versions of numpy and Pillow. Takes a second or two.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import PIL

from scones.staging import archive, cifar
from scones.staging.drawn.pen import SIDE
from scones.staging.drawn.scenes import draw_picture

SEED = 20090408

_VEHICLES = ("bus", "pickup_truck", "train")
_OTHERS = ("house", "oak_tree", "orange", "plain", "television", "keyboard")

PICTURES = {
    "train": {"bicycle": 500, "motorcycle": 500} | dict.fromkeys(_VEHICLES, 100) | dict.fromkeys(_OTHERS, 20),
    "test": {"bicycle": 100, "motorcycle": 100} | dict.fromkeys(_VEHICLES, 20) | dict.fromkeys(_OTHERS, 10),
}

# How often CIFAR-100's own file names begin with these words (its training pictures, counted). A name does
# not tell the class: `bike` occurs in both.
WORDS = {
    "bicycle": {
        "bicycle": 128,
        "bike": 99,
        "safety_bicycle": 59,
        "cycle": 54,
        "safety_bike": 54,
        "velocipede": 53,
        "ordinary_bicycle": 53,
    },
    "motorcycle": {
        "motorcycle": 263,
        "minibike": 173,
        "motorbike": 33,
        "moped": 16,
        "dirt_bike": 8,
        "bike": 6,
        "trail_bike": 1,
    },
} | {name: {name: 1} for name in (*_VEHICLES, *_OTHERS)}

EXAMPLE_NUMBER = 513
SENSOR_NOISE = 4.0  # standard deviation of the noise added to each channel, in steps of 0..255


def write_archive(path: Path, seed: int = SEED) -> None:
    """Draw the data set and write it to `path` as a CIFAR-100 python archive, whole or not at all."""
    splits = {split: draw_split(split, seed) for split in PICTURES}
    members = {split: cifar.write_split(records, f"drawn {split} batch") for split, records in splits.items()}
    archive.write(path, {"meta": cifar.write_meta(), **members})


def fingerprint() -> str:
    """Return a short name for all that decides what is drawn: this package, its libraries, the seed."""
    text = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    conditions = f"{np.__version__} {PIL.__version__} {SEED}".encode()
    return hashlib.sha256(text + conditions).hexdigest()[:12]


def draw_split(split: str, seed: int = SEED) -> cifar.Records:
    """Draw the `split` ("train" or "test"): its records in a random order, as in CIFAR-100."""
    part = list(PICTURES).index(split)
    rng = np.random.default_rng([seed, part])
    subjects = [subject for subject, count in PICTURES[split].items() for _ in range(count)]
    subjects = [subjects[k] for k in rng.permutation(len(subjects))]
    seeds = [[seed, part, place] for place in range(len(subjects))]
    pictures = [
        np.asarray(draw_picture(subject, np.random.default_rng(own)))
        for subject, own in zip(subjects, seeds, strict=True)
    ]
    pixels = _photograph(np.stack(pictures), rng)
    return cifar.Records(
        rows=np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).reshape(-1, 3 * SIDE * SIDE),
        labels=np.array([cifar.FINE_LABELS.index(subject) for subject in subjects]),
        filenames=_name(subjects, split, seed),
    )


def _photograph(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Vary contrast and brightness of (n, 32, 32, 3) uint8 pictures one by one, and add a sensor's noise."""
    one_each = (len(pixels), 1, 1, 1)
    contrast = rng.uniform(0.7, 1.1, one_each)
    brightness = rng.normal(0, 12, one_each)
    noise = rng.normal(0, SENSOR_NOISE, pixels.shape)
    return np.clip((pixels - 128.0) * contrast + 128 + brightness + noise, 0, 255).astype(np.uint8)


def _name(subjects: list[str], split: str, seed: int) -> list[str]:
    """Name each picture as CIFAR-100 does, `<word>_s_<number>.png`; no number is used twice, in either split.

    Both data sets hold a bicycle test/bicycle_s_000513.png, so that the documented example runs on either.
    """
    part = list(PICTURES).index(split)
    rng = np.random.default_rng([seed, part, 0])
    numbers = rng.permutation(np.arange(2000)) * len(PICTURES) + part
    numbers = numbers[numbers != EXAMPLE_NUMBER]
    names = []
    for subject, number in zip(subjects, numbers, strict=False):
        words, counts = list(WORDS[subject]), np.array(list(WORDS[subject].values()))
        names.append(f"{rng.choice(words, p=counts / counts.sum())}_s_{number:06d}.png")
    if split == "test":
        names[subjects.index("bicycle")] = f"bicycle_s_{EXAMPLE_NUMBER:06d}.png"
    return names
