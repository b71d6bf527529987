"""The out-of-domain score: pictures of other things get a higher one than pictures of the classes."""

import json
import shutil
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithm.domain import logistic_regression, made_pictures


def scores(job: Any, part: str) -> list[float]:
    evaluation = json.loads((job.base / "output" / "data" / "evaluation.json").read_text())
    return [entry["out_of_domain"] for entry in evaluation[part]]


def test_a_job_with_background_tells_it_from_its_classes(job: Any) -> None:
    job.add_background()

    assert job.train(epochs="8", mini_batch_size="8") == 0

    pairs = [(own, other) for own in scores(job, "pictures") for other in scores(job, "background")]
    assert sum(own < other for own, other in pairs) / len(pairs) > 0.9


def test_a_job_without_background_has_a_score_too(job: Any) -> None:
    assert job.train(epochs="4", mini_batch_size="8") == 0

    found = scores(job, "pictures")
    assert sum(score < 0.5 for score in found) > len(found) / 2


@pytest.mark.parametrize("missing", ["background", "background_lst", "background_validation_lst"])
def test_a_background_channel_alone_is_refused_by_name(job: Any, missing: str) -> None:
    job.add_background()
    shutil.rmtree(job.channel(missing))

    assert job.train() == 1

    assert f"channel {missing} is missing" in job.failure


def test_a_background_picture_that_is_no_picture_is_named(job: Any) -> None:
    job.add_background()
    job.put("background", "background_lst-3.png", b"text")

    assert job.train() == 1

    assert "image background_lst-3.png: not a readable PNG or JPEG" in job.failure


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(2, 200), st.integers(2, 200), st.integers(0, 2**31))
def test_two_clouds_are_told_apart_whatever_their_numbers_and_dimensions(
    dimensions: int, inside: int, outside: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    clouds = [torch.randn(count, dimensions, generator=generator).double() for count in (inside, outside)]
    clouds[0][:, 0] = clouds[0][:, 0].clamp(-3, 3) + 10

    weight, bias = logistic_regression(*clouds)

    assert torch.isfinite(weight).all()
    assert bool((clouds[0].float() @ weight + bias > 0).all())
    assert bool((clouds[1].float() @ weight + bias < 0).float().mean() > 0.9)


def test_a_feature_that_never_changes_does_no_harm() -> None:
    inside, outside = torch.ones(5, 3).double(), torch.ones(5, 3).double()
    inside[:, 1] = torch.arange(5) + 10

    weight, bias = logistic_regression(inside, outside)

    assert torch.isfinite(weight).all()
    assert bool((inside.float() @ weight + bias > 0).all())


@pytest.mark.parametrize(("height", "width"), [(16, 16), (32, 32), (20, 37)])
def test_made_pictures_have_the_shape_of_the_training_pictures(height: int, width: int) -> None:
    images = torch.randint(0, 256, (3, 3, height, width), dtype=torch.uint8)

    made = made_pictures(images, seed=0)

    assert made.shape[1:] == images.shape[1:]
    assert made.dtype == torch.uint8
    assert torch.equal(made, made_pictures(images, seed=0))
