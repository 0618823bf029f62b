"""Optimisers, learning rates and clipping.

`torch.optim` is not used: its first use imports 800 modules, a second in every worker.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import torch

DECAY = 0.001  # decoupled weight decay of AdamW
BESIDE = 0.1  # rate of a skip connection, as a share of the others': it starts from a solution, and they from nothing
MOMENTUM = 0.9
BETAS = (0.9, 0.99)


class Optimizer(Protocol):
    """Holds parameters, and what it remembers of earlier updates."""

    def update(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        """One step along `gradients`."""


class Adam:
    """Adam on torch's fused kernel, with decoupled weight decay.

    Source: Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019, arXiv:1711.05101 (AdamW).
    """

    def __init__(self, parameters: Sequence[torch.Tensor], decay: float = 0.0) -> None:
        self.parameters, self.decay = list(parameters), decay
        self.first = [torch.zeros_like(one) for one in self.parameters]
        self.second = [torch.zeros_like(one) for one in self.parameters]
        self.counts = [torch.zeros((), device=one.device) for one in self.parameters]

    @torch.no_grad()
    def update(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        torch._foreach_add_(self.counts, 1)
        dense = [one.contiguous() for one in gradients]  # the kernel reads each as one piece of memory
        torch._fused_adamw_(
            self.parameters, dense, self.first, self.second, [], self.counts, lr=learning_rate,
            beta1=BETAS[0], beta2=BETAS[1], weight_decay=self.decay, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip


class SGD:
    """Gradient descent with Nesterov's momentum.  Source: Sutskever et al. 2013, ICML, section 2."""

    def __init__(self, parameters: Sequence[torch.Tensor]) -> None:
        self.parameters = list(parameters)
        self.velocity = [torch.zeros_like(one) for one in self.parameters]

    @torch.no_grad()
    def update(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        for parameter, gradient, velocity in zip(self.parameters, gradients, self.velocity, strict=True):
            velocity.mul_(MOMENTUM).add_(gradient)
            parameter.sub_(learning_rate * (gradient + MOMENTUM * velocity))


class Grouped:
    """Two optimisers on parts of the same parameters: the skip connection's go at a share of the rate, and do not decay."""

    def __init__(self, name: str, parameters: Sequence[torch.Tensor], is_skip: Sequence[bool]) -> None:
        self.is_skip = list(is_skip)
        rest, beside = (
            [one for one, is_one in zip(parameters, is_skip, strict=True) if is_one is which] for which in (False, True)
        )
        self.rest = _plain(name, rest, DECAY)
        self.beside = _plain(name, beside, 0.0)

    def update(self, gradients: Sequence[torch.Tensor], learning_rate: float) -> None:
        both = list(zip(gradients, self.is_skip, strict=True))
        self.rest.update([one for one, is_skip in both if not is_skip], learning_rate)
        self.beside.update([one for one, is_skip in both if is_skip], BESIDE * learning_rate)


def make_optimizer(name: str, parameters: Sequence[torch.Tensor], is_skip: Sequence[bool] = ()) -> Optimizer:
    """ "adamw", "adam" or "sgd"; is_skip: which of the parameters are a skip connection's."""
    return Grouped(name, parameters, is_skip) if any(is_skip) else _plain(name, parameters, DECAY)


def _plain(name: str, parameters: Sequence[torch.Tensor], decay: float) -> Optimizer:
    return SGD(parameters) if name == "sgd" else Adam(parameters, decay if name == "adamw" else 0.0)


def one_cycle(share: float, top: float, *, rise: float = 0.1) -> float:
    """The learning rate after `share` of the updates: a linear rise to `top`, then a cosine down to 1 % of it."""
    if share < rise:
        return top * (0.01 + 0.99 * share / rise)
    return top * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (share - rise) / (1 - rise))))


def clip(gradients: Sequence[torch.Tensor], bound: float, by: str = "norm") -> tuple[float, bool]:
    """Hold the gradients back, in place; their common norm before, and whether anything was held back.

    by "norm": scaled together to a norm of at most `bound`, so that their direction stays; by "value": each number to ±bound.
    Source: Pascanu, Mikolov & Bengio 2013, ICML, section 3.2.
    """
    norm = float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))
    if by == "value":
        is_clipped = norm > bound and any(bool(one.abs().max() > bound) for one in gradients)
        for one in gradients if is_clipped else ():
            one.clamp_(-bound, bound)
        return norm, is_clipped
    if norm > bound:
        for one in gradients:
            one.mul_(bound / norm)
    return norm, norm > bound
