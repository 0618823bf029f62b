"""Adam on torch's fused kernel. `torch.optim` is not used: its first use imports 800 modules, a second in every worker.

Source: Kingma & Ba 2015, arXiv:1412.6980; decoupled weight decay: Loshchilov & Hutter 2019, arXiv:1711.05101.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch


class Adam:
    """The optimiser's state: first and second moments and the count of updates, for each parameter."""

    def __init__(self, parameters: Sequence[torch.Tensor], *, betas: tuple[float, float] = (0.9, 0.99)) -> None:
        self.parameters = list(parameters)
        self.betas = betas
        self.first = [torch.zeros_like(one) for one in self.parameters]
        self.second = [torch.zeros_like(one) for one in self.parameters]
        self.counts = [torch.zeros((), device=one.device) for one in self.parameters]

    @torch.no_grad()
    def update(self, gradients: Sequence[torch.Tensor], learning_rate: float, decay: float = 0.0) -> None:
        """One step along `gradients`, with decoupled weight decay."""
        for count in self.counts:
            count += 1
        torch._fused_adamw_(
            self.parameters, list(gradients), self.first, self.second, [], self.counts, lr=learning_rate,
            beta1=self.betas[0], beta2=self.betas[1], weight_decay=decay, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip


def one_cycle(share: float, top: float, *, rise: float = 0.1) -> float:
    """The learning rate after `share` of the updates: a linear rise to `top`, then a cosine down to 1 % of it."""
    if share < rise:
        return top * (0.01 + 0.99 * share / rise)
    return top * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (share - rise) / (1 - rise))))


def clip(gradients: Sequence[torch.Tensor], bound: float) -> float:
    """Scale all gradients together, in place, to a norm of at most `bound`; the norm before."""
    norm = float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(one) for one in gradients])))
    if norm > bound:
        for one in gradients:
            one.mul_(bound / norm)
    return norm
