"""A split in memory: the pictures that a .lst file lists, decoded once to one uint8 tensor.

A .lst line is `index<TAB>label<TAB>path`, the path relative to the image channel's folder.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from algorithm import images
from algorithm.container import Container
from algorithm.errors import ClientError
from algorithm.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class Entry:
    """One line of a .lst file."""

    index: int
    label: int
    path: str


@dataclass(frozen=True)
class Split:
    """Pictures and labels: uint8 (n, 3, height, width) and int64 (n,)."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self, num_classes: int) -> torch.Tensor:
        """Pictures of each class, shape (num_classes,)."""
        return torch.bincount(self.labels, minlength=num_classes)


# --- lists ------------------------------------------------------------------------------------------------


def find_list(container: Container, channel: str) -> Path:
    """The one .lst file of a list channel."""
    folder = container.channel(channel)
    found = sorted(folder.glob("*.lst")) if folder.is_dir() else []
    if len(found) == 1:
        return found[0]
    seen = ", ".join(path.name for path in found) or "none"
    raise ClientError(f"channel {channel} must hold exactly one .lst file, found {seen}")


def read_list(path: Path) -> list[Entry]:
    """The entries of a .lst file, in its order. Raises ClientError naming file and line."""
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError:
        raise ClientError(f"{path.name} is not a text file") from None
    entries = [
        _entry(line, f"{path.name} line {number}") for number, line in enumerate(lines, 1) if line.strip()
    ]
    repeated = [index for index, times in Counter(entry.index for entry in entries).items() if times > 1]
    if repeated:
        raise ClientError(f"{path.name}: index {repeated[0]} is used more than once")
    if not entries:
        raise ClientError(f"{path.name} lists no images")
    return entries


def _entry(line: str, where: str) -> Entry:
    parts = line.rstrip("\r\n").split("\t")
    if len(parts) != 3:
        raise ClientError(f"{where} has {len(parts)} tab-separated fields, must be index, label, path")
    try:
        index, label = int(parts[0]), float(parts[1])
    except ValueError:
        raise ClientError(f"{where}: index and label must be whole numbers") from None
    if label != int(label) or label < 0 or index < 0:
        raise ClientError(f"{where}: index and label must be whole numbers from 0 up")
    path = PurePosixPath(parts[2])
    if path.is_absolute() or ".." in path.parts:
        raise ClientError(f"{where}: path {parts[2]!r} must stay inside the channel")
    return Entry(index, int(label), parts[2])


def check_counts(training: list[Entry], validation: list[Entry], settings: Hyperparameters) -> None:
    """Refuse hyperparameters that disagree with the lists, instead of training something else."""
    if len(training) != settings.num_training_samples:
        raise ClientError(
            f"num_training_samples is {settings.num_training_samples}, "
            f"but the training list has {len(training)}"
        )
    found = sorted({entry.label for entry in training})
    if found != list(range(settings.num_classes)):
        raise ClientError(
            f"num_classes is {settings.num_classes} (labels 0 to {settings.num_classes - 1}), "
            f"but the training list has labels {', '.join(map(str, found))}"
        )
    strange = sorted({entry.label for entry in validation} - set(found))
    if strange:
        raise ClientError(f"the validation list has label {strange[0]}, which the training list has not")


# --- pictures ---------------------------------------------------------------------------------------------


def load_split(folder: Path, entries: list[Entry], settings: Hyperparameters) -> Split:
    """Decode every listed picture. Raises ClientError naming a missing, damaged or too small one."""
    pixels = np.stack([_load(folder / entry.path, entry.path, settings) for entry in entries])
    return Split(torch.from_numpy(pixels), torch.tensor([entry.label for entry in entries]))


def _load(file: Path, name: str, settings: Hyperparameters) -> np.ndarray:
    _, height, width = settings.image_shape
    try:
        image = images.decode(file.read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        raise ClientError(f"image {name} is listed but not in channel {file.parent.name}") from None
    except images.BadImageError as error:
        raise ClientError(f"image {name}: {error}") from None
    if settings.resize is not None:
        image = images.shorter_side_resized(image, settings.resize)
    if image.height < height or image.width < width:
        raise ClientError(
            f"image {name} is {image.height}x{image.width}, smaller than image_shape {height}x{width}"
        )
    return images.pixels(images.centre_cropped(image, height, width))
