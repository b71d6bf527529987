"""Muon: momentum whose steps are made orthogonal, so that every direction of a layer learns at the same pace.

After K. Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024), in the form that his
CIFAR-10 speed record uses: filters are held at unit length, because the normalisation after every convolution
makes their length matter to the step alone. Everything but convolutions takes plain Nesterov steps.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

MOMENTUM = 0.6
OTHER_MOMENTUM = 0.85
OTHER_RATE = 0.5  # of the convolutions' learning rate
ITERATIONS = 3
# The quintic whose iteration drives singular values towards 1 fastest.
QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalized(matrix: Tensor) -> Tensor:
    """A matrix (rows, columns) with the same singular vectors and singular values near 1."""
    a, b, c = QUINTIC
    tall = matrix.shape[0] > matrix.shape[1]
    result = (matrix.T if tall else matrix) / (matrix.norm() + 1e-7)
    for _ in range(ITERATIONS):
        square = result @ result.T
        result = a * result + (b * square + c * square @ square) @ result
    return result.T if tall else result


class Muon(torch.optim.Optimizer):
    """Muon for parameters of four dimensions, Nesterov momentum for the others."""

    def __init__(self, groups: list[dict[str, Any]], lr: float) -> None:
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        if closure is not None:
            raise ValueError("Muon computes no loss again; call step() without a closure")
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is None:
                    continue
                convolution = weights.ndim == 4
                update = self._momentum(weights, group, MOMENTUM if convolution else OTHER_MOMENTUM)
                if convolution:
                    weights.mul_(len(weights) ** 0.5 / weights.norm().clamp(min=1e-7))
                    update = orthogonalized(update.reshape(len(update), -1)).reshape(weights.shape)
                weights.add_(update, alpha=-group["lr"] * (1.0 if convolution else OTHER_RATE))

    def _momentum(self, weights: Tensor, group: dict[str, Any], momentum: float) -> Tensor:
        """Nesterov's look-ahead gradient, weight decay included where it has a meaning."""
        gradient = weights.grad
        assert gradient is not None
        if weights.ndim != 4:
            gradient = gradient.add(weights, alpha=group["weight_decay"])
        state = self.state[weights]
        if not state:
            state["velocity"] = torch.zeros_like(weights)
        velocity: Tensor = state["velocity"].mul_(momentum).add_(gradient)
        return gradient.add(velocity, alpha=momentum)
