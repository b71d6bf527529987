"""The out-of-domain score: how little a picture is like the training pictures, compared with other things.

A logistic regression on the trained network's features: training pictures on one side, pictures of other
things on the other. Those are the background channel's, where the job has one, and always some that are made
here, of what no camera sees: noise, blank and shuffled pictures.
"""

import torch
from torch import Tensor

from algorithm.data import Split
from algorithm.evaluation import BATCH
from algorithm.model import Classifier

RIDGE = 0.01  # of the mean loss: features are more than a class has pictures
STEPS = 30  # of Newton's method, which needs about ten
MADE = 64  # pictures of each kind
PATCH = 8  # of a picture's side: the grid that is shuffled


@torch.no_grad()
def fit_domain(classifier: Classifier, inside: Split, background: Split | None, seed: int) -> None:
    """Set the classifier's domain weights from its training pictures and pictures of other things."""
    others = [made_pictures(inside.images, seed)]
    if background is not None:
        others.append(background.images)
    features = [_features(classifier, images) for images in (inside.images, torch.cat(others))]
    weight, bias = logistic_regression(*features)
    classifier.domain_weight.copy_(weight)
    classifier.domain_bias.copy_(bias)


def _features(classifier: Classifier, images: Tensor) -> Tensor:
    classifier.eval()
    return torch.cat([classifier.features(batch) for batch in images.split(BATCH)]).double()


def logistic_regression(inside: Tensor, outside: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (features,) and bias: positive for `inside`. Both sides count the same, whatever their number.

    Newton's method (iteratively reweighted least squares) on standardised features, with a ridge.
    """
    features = torch.cat([inside, outside])
    mean, deviation = features.mean(0), features.std(0).clamp(min=1e-6)
    inputs = torch.cat([(features - mean) / deviation, torch.ones(len(features), 1, dtype=torch.double)], 1)
    labels = torch.cat([torch.ones(len(inside)), torch.zeros(len(outside))]).double()
    share = torch.where(labels > 0, 0.5 / len(inside), 0.5 / len(outside))
    ridge = torch.full((inputs.shape[1],), RIDGE, dtype=torch.double)
    ridge[-1] = 1e-6  # the bias is free
    solution = torch.zeros(inputs.shape[1], dtype=torch.double)
    for _ in range(STEPS):
        chance = torch.sigmoid(inputs @ solution)
        gradient = inputs.T @ (share * (chance - labels)) + ridge * solution
        curvature = (inputs.T * (share * chance * (1 - chance))) @ inputs + torch.diag(ridge)
        solution = solution - torch.linalg.solve(curvature, gradient)
    weight = solution[:-1] / deviation
    return weight.float(), (solution[-1] - weight @ mean).float()


# --- pictures of nothing ----------------------------------------------------------------------------------


def made_pictures(images: Tensor, seed: int) -> Tensor:
    """Pictures, uint8, of the shape of `images`: noise, blanks, gradients, shuffled training pictures."""
    generator = torch.Generator().manual_seed(seed)
    _, _, height, width = images.shape

    def random(*shape: int) -> Tensor:
        return torch.rand(MADE, 3, *shape, generator=generator)

    noise = random(height, width)
    blank = random(1, 1).expand(-1, -1, height, width)
    ramp = torch.linspace(0, 1, width).expand(MADE, 3, height, width)
    gradient = random(1, 1) * (1 - ramp) + random(1, 1) * ramp
    made = [(kind * 255).to(torch.uint8) for kind in (noise, blank, gradient)]
    chosen = torch.randint(len(images), (MADE,), generator=generator)
    return torch.cat([*made, torch.stack([_shuffled(images[index], generator) for index in chosen.tolist()])])


def _shuffled(picture: Tensor, generator: torch.Generator) -> Tensor:
    """The picture's patches in another order; what is left over at the edges stays."""
    _, height, width = picture.shape
    rows, columns = height // PATCH, width // PATCH
    whole = picture[:, : rows * PATCH, : columns * PATCH]
    patches = whole.reshape(3, rows, PATCH, columns, PATCH).permute(1, 3, 0, 2, 4).flatten(0, 1)
    patches = patches[torch.randperm(rows * columns, generator=generator)]
    result = picture.clone()
    mixed = patches.unflatten(0, (rows, columns)).permute(2, 0, 3, 1, 4).reshape(whole.shape)
    result[:, : rows * PATCH, : columns * PATCH] = mixed
    return result
