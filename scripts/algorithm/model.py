"""The networks, and the classifier that serves one: pixels in, probabilities and an out-of-domain score out.

num_layers selects the network:
- 8 (default): CompactNet, made for small pictures and few of them;
- 20, 32, 44, 56, 110: the CIFAR ResNets of He et al. 2015 (section 4.2), three stages of basic blocks;
- 18, 34, 50, 101, 152, 200: the ImageNet ResNets (table 1), with a 3x3 stem for pictures up to 32 pixels.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

COMPACT_LAYERS = 8
CIFAR_LAYERS = (20, 32, 44, 56, 110)
IMAGENET_STAGES = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
    200: (3, 24, 36, 3),
}
BOTTLENECK_FROM = 50


@dataclass(frozen=True)
class Architecture:
    """What must be known to build a network that its saved weights fit."""

    num_layers: int
    num_classes: int
    image_shape: tuple[int, int, int]
    widths: tuple[int, ...] = (48, 96, 192)  # of the CompactNet; a ResNet's are fixed


# --- the compact network ----------------------------------------------------------------------------------


class CompactNet(nn.Module):
    """Fixed whitening of 2x2 patches, then three stages of convolution, pooling, convolution; global maximum.

    After K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024): whitening and near-identity
    convolutions make the first epochs count, which is what a small training set and a CPU need.
    """

    WHITENING = 24  # 12 directions of a 2x2 RGB patch, and their negatives

    def __init__(self, num_classes: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, self.WHITENING, 2)
        self.whiten.requires_grad_(False)
        nn.init.zeros_(self.whiten.bias)  # type: ignore[arg-type]
        layers: list[nn.Module] = [nn.GELU()]
        before = self.WHITENING
        for width in widths:
            layers += [_near_identity(before, width), nn.MaxPool2d(2), nn.BatchNorm2d(width), nn.GELU()]
            layers += [_near_identity(width, width), nn.BatchNorm2d(width), nn.GELU()]
            before = width
        self.stages = nn.Sequential(*layers)
        self.head = nn.Linear(before, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of normalised images: shape (n, the last width)."""
        stages: Tensor = self.stages(self.whiten(images))
        return stages.amax((2, 3))

    @torch.no_grad()
    def fit_whitening(self, images: Tensor) -> None:
        """Set the first layer to the principal directions of 2x2 patches, scaled to unit variance."""
        patches = F.unfold(images, 2).transpose(1, 2).reshape(-1, 12)
        variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        kernels = (directions / torch.sqrt(variances + 5e-4)).T.flip(0).reshape(12, 3, 2, 2)
        self.whiten.weight.copy_(torch.cat([kernels, -kernels]))


def _near_identity(before: int, width: int) -> nn.Conv2d:
    """A 3x3 convolution that at first passes its inputs on unchanged in as many outputs."""
    layer = nn.Conv2d(before, width, 3, padding=1, bias=False)
    nn.init.dirac_(layer.weight[: min(before, width)].data)
    return layer


# --- ResNets ----------------------------------------------------------------------------------------------


class Residual(nn.Module):
    """Two 3x3 convolutions, or a 1x1-3x3-1x1 bottleneck, around a shortcut."""

    def __init__(self, before: int, width: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        inner = width // 4 if bottleneck else width
        shapes = [(before, inner, 1, 1), (inner, inner, 3, stride), (inner, width, 1, 1)]
        if not bottleneck:
            shapes = [(before, width, 3, stride), (width, width, 3, 1)]
        layers: list[nn.Module] = []
        for index, (source, target, size, step) in enumerate(shapes):
            layers += [nn.ReLU()] if index else []
            layers += [nn.Conv2d(source, target, size, step, size // 2, bias=False), nn.BatchNorm2d(target)]
        nn.init.zeros_(layers[-1].weight)  # type: ignore[arg-type]  # a block starts as the identity
        self.body = nn.Sequential(*layers)
        self.shortcut: nn.Module = nn.Identity()
        if before != width or stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, images: Tensor) -> Tensor:
        return F.relu(self.body(images) + self.shortcut(images))


class ResNet(nn.Module):
    """The ResNet of so many layers for pictures whose larger side is `side` pixels."""

    def __init__(self, num_layers: int, num_classes: int, side: int) -> None:
        super().__init__()
        small = num_layers in CIFAR_LAYERS
        bottleneck = not small and num_layers >= BOTTLENECK_FROM
        counts = ((num_layers - 2) // 6,) * 3 if small else IMAGENET_STAGES[num_layers]
        width = 16 if small else 64
        layers: list[nn.Module] = [
            nn.Conv2d(3, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
        if not small and side > 32:
            layers[0] = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
            layers.append(nn.MaxPool2d(3, stride=2, padding=1))
        before = width
        for stage, count in enumerate(counts):
            after = width * 2**stage * (4 if bottleneck else 1)
            for block in range(count):
                layers.append(Residual(before, after, 2 if stage and not block else 1, bottleneck))
                before = after
        self.stages = nn.Sequential(*layers)
        self.head = nn.Linear(before, num_classes)

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of normalised images: shape (n, the last width)."""
        stages: Tensor = self.stages(images)
        return stages.mean((2, 3))


def build_network(architecture: Architecture) -> CompactNet | ResNet:
    """A network with fresh weights: features of normalised images (n, 3, h, w), and a head on them."""
    if architecture.num_layers == COMPACT_LAYERS:
        return CompactNet(architecture.num_classes, architecture.widths)
    return ResNet(architecture.num_layers, architecture.num_classes, max(architecture.image_shape[1:]))


# --- the classifier ---------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """What is said of n pictures: probabilities (n, num_classes), out-of-domain scores from 0 to 1 (n,)."""

    probabilities: Tensor
    out_of_domain: Tensor


class Classifier(nn.Module):
    """A network with all that turns its features into answers.

    Its training pictures' mean and spread, a temperature, and the domain's direction: the features' weights
    and bias, positive for pictures like those that it was trained on (domain.py fits them).
    """

    mean: Tensor
    deviation: Tensor
    temperature: Tensor
    domain_weight: Tensor
    domain_bias: Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.network = build_network(architecture)
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("deviation", torch.ones(3))
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("domain_weight", torch.zeros(self.network.head.in_features))
        self.register_buffer("domain_bias", torch.zeros(()))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.no_grad()
    def fit_inputs(self, images: Tensor) -> None:
        """Take mean, spread and whitening from training images, float in [0, 1]."""
        self.mean.copy_(images.mean((0, 2, 3)))
        self.deviation.copy_(images.std((0, 2, 3)).clamp(min=1e-3))
        if isinstance(self.network, CompactNet):
            self.network.fit_whitening(self.normalised(images))

    def normalised(self, images: Tensor) -> Tensor:
        return (images - self.mean.view(1, 3, 1, 1)) / self.deviation.view(1, 3, 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, num_classes) of float images in [0, 1]."""
        logits: Tensor = self.network.head(self.image_features(images))
        return logits

    def image_features(self, images: Tensor) -> Tensor:
        images = self.normalised(images).contiguous(memory_format=torch.channels_last)
        return self.network.features(images)

    def features(self, pixels: Tensor) -> Tensor:
        """Features of uint8 pictures, averaged over each picture and its mirror image."""
        images = pixels.float() / 255
        count = len(images)
        both = self.image_features(torch.cat([images, images.flip(3)]))
        return (both[:count] + both[count:]) / 2

    def logits(self, pixels: Tensor) -> Tensor:
        """Logits of uint8 pictures, the mean over each picture and its mirror image: the head is linear."""
        logits: Tensor = self.network.head(self.features(pixels))
        return logits

    def answer(self, pixels: Tensor) -> Answer:
        """Calibrated probabilities and out-of-domain scores of uint8 pictures."""
        features = self.features(pixels)
        probabilities = F.softmax(self.network.head(features) / self.temperature, dim=1)
        return Answer(probabilities, torch.sigmoid(-(features @ self.domain_weight + self.domain_bias)))


def random_classifier(architecture: Architecture, images: Tensor) -> Classifier:
    """A classifier with random weights that has seen the training images' statistics, not their labels."""
    classifier = Classifier(architecture)
    classifier.fit_inputs(images)
    return classifier
