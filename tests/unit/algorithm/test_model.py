"""Every documented depth gives a network that maps pictures to class scores."""

import pytest
import torch

from algorithm.hyperparameters import FIELDS
from algorithm.model import Architecture, Classifier, build_network

# Millions of parameters as published: He et al. 2015, table 6, for 20 to 110 layers; for the others those of
# torchvision, less the head of 1,000 classes.
SIZES = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7, 18: 11.2, 34: 21.3, 50: 23.5}


@pytest.mark.parametrize(("layers", "millions"), SIZES.items())
def test_a_resnet_has_the_published_size(layers: int, millions: float) -> None:
    network = build_network(Architecture(layers, 2, (3, 32, 32)))

    size = sum(value.numel() for value in network.parameters()) / 1e6

    assert size == pytest.approx(millions, rel=0.03)


@pytest.mark.parametrize(
    ("layers", "side"), [(8, 16), (8, 32), (8, 65), (20, 32), (18, 32), (18, 64), (50, 48)]
)
def test_a_network_scores_every_class_of_every_picture(layers: int, side: int) -> None:
    classifier = Classifier(Architecture(layers, 5, (3, side, side))).eval()

    answer = classifier.answer(torch.zeros(2, 3, side, side, dtype=torch.uint8))

    assert answer.probabilities.shape == (2, 5)
    assert torch.allclose(answer.probabilities.sum(1), torch.ones(2))
    assert answer.out_of_domain.tolist() == [0.5, 0.5]  # nothing has been fitted


def test_a_picture_and_its_mirror_image_are_answered_alike() -> None:
    classifier = Classifier(Architecture(8, 2, (3, 32, 32))).eval()
    picture = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)

    straight, mirrored = classifier.logits(picture), classifier.logits(picture.flip(3))

    assert torch.allclose(straight, mirrored, atol=1e-5)


def test_an_unknown_depth_never_gets_here() -> None:
    with pytest.raises(ValueError, match="one of"):
        FIELDS["num_layers"].metadata["parse"]("9")
