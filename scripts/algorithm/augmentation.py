"""Augmentation of whole batches on tensors: one random warp, colour and occlusion for each picture.

Every function takes float images in [0, 1] of shape (n, 3, height, width) and the generator that decides,
and returns new images; the same generator state gives the same batch.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name all of PyTorch's world knows

Augment = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Warp:
    """The ranges of a random affine map; 0 switches a part off."""

    shift: float = 0.125  # of the side, each way: 4 pixels of 32
    degrees: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0  # natural logarithm of the scale, each way
    aspect: float = 0.0  # natural logarithm of the side ratio, each way


TRANSFORM = Warp(degrees=10, shear=0.1, aspect=0.25)
FULL = Warp(degrees=15, shear=0.1, zoom=0.2, aspect=0.24)


def augmentation(name: str) -> Augment:
    """The augmentation that an augmentation_type stands for.

    none, crop, crop_color and crop_color_transform are the documented ones; full is this program's own
    default: a wider warp, gentler colours and a grey square that hides a quarter of the side.
    """
    steps: dict[str, list[Augment]] = {
        "none": [],
        "crop": [warp(Warp())],
        "crop_color": [warp(Warp()), hsl_jitter],
        "crop_color_transform": [warp(TRANSFORM), hsl_jitter],
        "full": [warp(FULL), colour_jitter, cutout],
    }

    def augment(images: Tensor, generator: torch.Generator) -> Tensor:
        for step in steps[name]:
            images = step(images, generator)
        return images

    return augment


def uniform(count: int, reach: float, generator: torch.Generator) -> Tensor:
    """Values from -reach to reach, shape (count,)."""
    return (torch.rand(count, generator=generator) * 2 - 1) * reach


# --- geometry ---------------------------------------------------------------------------------------------


def mirror(images: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the pictures as in a mirror, left for right."""
    chosen = torch.rand(len(images), generator=generator) < 0.5
    return torch.where(chosen.view(-1, 1, 1, 1), images.flip(3), images)


def crop(images: Tensor, generator: torch.Generator, reach: int = 4) -> Tensor:
    """Move each picture by up to `reach` whole pixels each way; edges are reflected, nothing is blurred."""
    count, _, height, width = images.shape
    padded = F.pad(images, (reach,) * 4, mode="reflect").permute(0, 2, 3, 1)
    down, right = torch.randint(2 * reach + 1, (2, count), generator=generator)
    rows = (down[:, None] + torch.arange(height))[:, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, :]
    return padded[torch.arange(count)[:, None, None], rows, columns].permute(0, 3, 1, 2)


def warp(ranges: Warp) -> Augment:
    """A random mirror image, shift, rotation, shear and scale in one resampling; edges are reflected."""

    def step(images: Tensor, generator: torch.Generator) -> Tensor:
        matrices = affine_matrices(len(images), ranges, generator)
        grid = F.affine_grid(matrices, list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)

    return step


def affine_matrices(count: int, ranges: Warp, generator: torch.Generator) -> Tensor:
    """Random maps from output to input coordinates (-1 to 1), shape (count, 2, 3)."""
    mirror = torch.where(torch.rand(count, generator=generator) < 0.5, 1.0, -1.0)
    angle = uniform(count, math.radians(ranges.degrees), generator)
    shear = uniform(count, ranges.shear, generator)
    zoom = uniform(count, ranges.zoom, generator).exp()
    stretch = uniform(count, ranges.aspect / 2, generator).exp()
    # An input coordinate runs from -1 to 1: a shift of s sides is 2 s.
    right, down = (uniform(count, 2 * ranges.shift, generator) for _ in range(2))
    cosine, sine = angle.cos(), angle.sin()
    first = torch.stack([cosine * zoom * stretch * mirror, (shear - sine) * zoom, right], dim=1)
    second = torch.stack([sine * zoom * mirror, cosine * zoom / stretch, down], dim=1)
    return torch.stack([first, second], dim=1)


# --- colour -----------------------------------------------------------------------------------------------


def colour_jitter(images: Tensor, generator: torch.Generator, reach: float = 0.3) -> Tensor:
    """Random contrast, brightness, saturation and tint, a picture each."""
    count, spread = len(images), 0.26  # of CIFAR-100's pixels: the unit of brightness and tint

    def factor(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1, 1)

    mean = images.mean((1, 2, 3), keepdim=True)
    images = (images - mean) * factor(1 + uniform(count, reach, generator)) + mean
    images = images + factor(uniform(count, reach * spread, generator))
    grey = images.mean(1, keepdim=True)
    saturation = (1 - reach / 2 + uniform(count, 1.5 * reach, generator)).clamp(min=0)
    images = (images - grey) * factor(saturation) + grey
    tint = (torch.rand(count, 3, 1, 1, generator=generator) - 0.5) * reach * spread
    return images + tint


def hsl_jitter(images: Tensor, generator: torch.Generator) -> Tensor:
    """Random hue, saturation and lightness within the documented 36, 50 and 50.

    Units as in the built-in algorithm's library: hue of 180, saturation and lightness of 255.
    """
    hue, saturation, lightness = rgb_to_hsl(images)
    hue = (hue + uniform(len(images), 36 / 180, generator).view(-1, 1, 1)) % 1
    saturation = (saturation + uniform(len(images), 50 / 255, generator).view(-1, 1, 1)).clamp(0, 1)
    lightness = (lightness + uniform(len(images), 50 / 255, generator).view(-1, 1, 1)).clamp(0, 1)
    return hsl_to_rgb(hue, saturation, lightness)


def rgb_to_hsl(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and lightness, each in [0, 1] and of shape (n, height, width)."""
    high, which = images.max(1)
    low = images.min(1).values
    chroma, lightness = high - low, (high + low) / 2
    red, green, blue = images.unbind(1)
    safe = chroma.clamp(min=1e-6)
    sixths = torch.stack([(green - blue) / safe % 6, (blue - red) / safe + 2, (red - green) / safe + 4], 1)
    hue = sixths.gather(1, which[:, None]).squeeze(1) / 6
    saturation = chroma / (1 - (2 * lightness - 1).abs()).clamp(min=1e-6)
    return hue, saturation.clamp(0, 1), lightness


def hsl_to_rgb(hue: Tensor, saturation: Tensor, lightness: Tensor) -> Tensor:
    """The inverse of rgb_to_hsl, shape (n, 3, height, width)."""
    reach = saturation * torch.minimum(lightness, 1 - lightness)

    def channel(offset: int) -> Tensor:
        place = (offset + hue * 12) % 12
        return lightness - reach * torch.minimum(place - 3, 9 - place).clamp(-1, 1)

    return torch.stack([channel(0), channel(8), channel(4)], 1)


# --- occlusion --------------------------------------------------------------------------------------------


def cutout(images: Tensor, generator: torch.Generator, part: float = 0.25) -> Tensor:
    """Hide a square with sides of `part` of the picture's, anywhere, behind mid-grey."""
    count, _, height, width = images.shape
    row = torch.rand(count, 1, 1, 1, generator=generator) * height
    column = torch.rand(count, 1, 1, 1, generator=generator) * width
    rows = torch.arange(height).view(1, 1, -1, 1)
    columns = torch.arange(width).view(1, 1, 1, -1)
    hidden = ((rows - row).abs() <= height * part / 2) & ((columns - column).abs() <= width * part / 2)
    return images.masked_fill(hidden, 0.5)
