"""Augmentation changes pictures, not their form, and the generator alone decides how."""

import pytest
import torch

from algorithm.augmentation import Warp, affine_matrices, augmentation, cutout, hsl_to_rgb, rgb_to_hsl, warp

NAMES = ["none", "crop", "crop_color", "crop_color_transform", "full"]


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


@pytest.fixture
def batch() -> torch.Tensor:
    return torch.rand(6, 3, 16, 16, generator=generator())


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_keeps_its_shape_and_the_seed_decides_its_pixels(name: str, batch: torch.Tensor) -> None:
    first, again = (augmentation(name)(batch, generator()) for _ in range(2))

    assert first.shape == batch.shape
    assert torch.equal(first, again)
    assert torch.equal(first, batch) == (name == "none")


def test_a_warp_of_nothing_only_mirrors(batch: torch.Tensor) -> None:
    warped = warp(Warp(shift=0))(batch, generator())

    for before, after in zip(batch, warped, strict=True):
        assert torch.allclose(after, before, atol=1e-5) or torch.allclose(after, before.flip(2), atol=1e-5)


def test_shifts_stay_within_their_range() -> None:
    matrices = affine_matrices(1000, Warp(shift=0.125), generator())

    assert matrices[:, :, 2].abs().max() <= 0.25
    assert matrices[:, 0, 0].abs().allclose(torch.ones(1000))


def test_hsl_is_the_inverse_of_rgb(batch: torch.Tensor) -> None:
    assert torch.allclose(hsl_to_rgb(*rgb_to_hsl(batch)), batch, atol=1e-4)


def test_cutout_hides_at_most_its_square(batch: torch.Tensor) -> None:
    hidden = (cutout(batch, generator(), part=0.25) != batch).all(1).sum((1, 2))

    assert hidden.max() <= 25
    assert hidden.max() > 0
