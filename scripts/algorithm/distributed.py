"""Several processes that train one model together, each on its share of every batch (gloo, on CPUs).

A job of several instances trains as one process would, only faster: the same pictures in the same batches
give the same loss, up to the order in which floats are added. So
- every rank draws the order and the augmentation of the whole batch from the same random stream, and then
  takes every so-manieth picture: what happens to a picture does not depend on who computes it;
- batch normalisation takes its mean and variance over the whole batch, not over a rank's share of it, which
  would be a noisier network with every instance more (torch's own SyncBatchNorm is for GPUs only);
- a rank's loss is its part of the batch's mean, so that gradients are added up, whatever the shares' sizes.
Weights are never exchanged: they begin equal, by the seed, and all ranks make the same steps. Rank 0 alone
validates, decides and writes.
"""

import logging
import os
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import torch
import torch.distributed
from torch import Tensor, nn

from algorithm.container import Container
from algorithm.errors import AlgorithmError

log = logging.getLogger(__name__)

PORT = "7777"  # that AWS's PyTorch container sets
PATIENCE = timedelta(minutes=5)  # for an instance that starts later, or computes longer, than the others


class Ranks:
    """This process among those that train together; alone, nothing is exchanged and nothing changes."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """This rank's rows of a batch."""
        return rows[self.rank :: self.size]

    def sum(self, values: list[float]) -> list[float]:
        """Each value added up over the ranks."""
        if self.size == 1:
            return values
        total = torch.tensor(values, dtype=torch.double)
        torch.distributed.all_reduce(total)
        return total.tolist()

    def any(self, value: bool) -> bool:
        """Whether it is true on any rank."""
        return self.sum([float(value)])[0] > 0

    def agree(self, value: int) -> bool:
        """Whether it is the same number on every rank."""
        return not self.any(self.sum([float(value)])[0] != value * self.size)

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give every parameter the sum of its gradients, in one exchange."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        for gradient, part in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def synchronise(self, module: nn.Module) -> None:
        """Let every batch normalisation below a module see the whole batch."""
        if self.size == 1:
            return
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                whole = WholeBatchNorm(child.num_features, child.eps, child.momentum, child.affine)
                whole.load_state_dict(child.state_dict())
                setattr(module, name, whole)
            else:
                self.synchronise(child)


class WholeBatchNorm(nn.BatchNorm2d):
    """Batch normalisation with the statistics of all ranks' shares of a batch together."""

    def forward(self, images: Tensor) -> Tensor:
        if not self.training:
            return super().forward(images)
        count = images.new_tensor([images.numel() / images.shape[1]])
        sums = _Sum.apply(torch.cat([images.sum((0, 2, 3)), count]))
        total = sums[-1].detach()
        mean = sums[:-1] / total
        centred = images - mean.view(1, -1, 1, 1)
        variance = _Sum.apply(centred.square().sum((0, 2, 3))) / total
        self._follow(mean, variance * total / (total - 1))
        normalised = centred * (variance + self.eps).rsqrt().view(1, -1, 1, 1)
        return normalised * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None and self.running_var is not None and self.momentum is not None
        assert self.num_batches_tracked is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked += 1


class _Sum(torch.autograd.Function):
    """A tensor added up over the ranks; so is what comes back, as every rank's loss depends on it."""

    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        total = values.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        torch.distributed.all_reduce(total)
        return total


def join(container: Container) -> Ranks:
    """Meet the job's other instances, if it has any. Raises AlgorithmError when they do not come.

    MASTER_ADDR and MASTER_PORT say where the first one is, as AWS's PyTorch container sets them.
    """
    resources = container.config("resourceconfig")
    hosts = sorted(resources.get("hosts", []))
    if len(hosts) < 2:
        return Ranks()
    rank = hosts.index(resources["current_host"])
    if interface := resources.get("network_interface_name"):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
    place = f"tcp://{os.environ.get('MASTER_ADDR', hosts[0])}:{os.environ.get('MASTER_PORT', PORT)}"
    log.info("Joining %d instances at %s as rank %d", len(hosts), place, rank)
    try:
        torch.distributed.init_process_group(
            "gloo", init_method=place, rank=rank, world_size=len(hosts), timeout=PATIENCE
        )
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise AlgorithmError(f"the {len(hosts)} instances did not meet at {place}: {reason}") from None
    return Ranks(rank, len(hosts))


def leave() -> None:
    """Part from the other instances once all have come here, so that none waits for one that has gone."""
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
