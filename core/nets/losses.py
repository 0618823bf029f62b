"""What a network answers about each step ahead, and what its answer costs once the truth is known.

An answer is K numbers. The first is where the distribution lies, in units of what a linear start leaves unexplained; the skip
connection, where there is one, is added to it. A network starts at K numbers that claim errors of size one.

    huber      K = 1   e²/2 up to |e| = 1, |e| − ½ beyond: squared error that does not run after outliers.  Huber 1964
    mae, mse   K = 1   |e|;  e²
    quantile   K = 11  mean over levels τ of 2 max(τ e, (τ − 1) e): the median, and gaps that are positive by construction, so
                       that quantiles cannot cross.  Koenker & Bassett 1978; Gasthaus et al. 2019 (gaps)
    gaussian   K = 2   − log density; location and log scale
    student_t  K = 3   − log density; location, log scale, and degrees of freedom above 2, learned.  Salinas et al. 2020
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from core.stats.quantiles import student_quantile

LEVELS = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.995)
MIDDLE = LEVELS.index(0.5)
LEAST = 1e-3  # of a scale or a gap: a likelihood without it grows for ever on a series that repeats itself
FREEDOM = 2.0  # degrees of freedom that a Student's t keeps: below, its variance is infinite
FIRST_FREEDOM = 8.0


class Loss(ABC):
    """`outputs` K; `has_intervals` whether the answer is a distribution and not a point; `is_likelihood` whether the loss is
    − log density: in nats, and of either sign, so that only differences mean something."""

    outputs: int
    has_intervals: bool = True
    is_likelihood: bool = False

    @abstractmethod
    def start(self) -> Tensor:
        """(K,) the answer that training starts from."""

    @abstractmethod
    def __call__(self, answers: Tensor, targets: Tensor) -> Tensor:
        """answers (..., K), targets (...) -> (...)"""

    def quantiles(self, answers: Tensor, levels: Tensor) -> Tensor:
        """answers (..., K), levels broadcast to (...) -> (...)"""
        raise NotImplementedError

    def point(self, answers: Tensor) -> Tensor:
        """(..., K) -> (...)"""
        return answers[..., 0]


class PointLoss(Loss):
    """A loss of the error alone; its answer claims nothing about how large that may be."""

    outputs, has_intervals = 1, False

    def __init__(self, cost: Callable[..., Tensor]) -> None:
        self.cost = cost

    def start(self) -> Tensor:
        return torch.zeros(1)

    def __call__(self, answers: Tensor, targets: Tensor) -> Tensor:
        return self.cost(answers.squeeze(-1), targets, reduction="none")


class QuantileLoss(Loss):
    """The answer: the median, then the gaps outwards from it, below and above, each before it is made positive."""

    outputs = len(LEVELS)

    def __init__(self) -> None:
        gap, level = torch.arange(len(LEVELS) - 1)[:, None], torch.arange(len(LEVELS))
        below, above = (level <= gap) & (gap < MIDDLE), (gap < level) & (gap >= MIDDLE)
        self.outwards = above.double() - below.double()  # (K − 1, K): what each gap adds to each quantile

    def start(self) -> Tensor:
        """The quantiles of a standard normal distribution."""
        at = torch.special.ndtri(torch.tensor(LEVELS, dtype=torch.float64))
        gaps = (at[1:] - at[:-1] - LEAST).float()
        return torch.cat([torch.zeros(1), inverse_softplus(gaps)])

    def at_levels(self, answers: Tensor) -> Tensor:
        """(..., K) -> (..., K) the quantiles at LEVELS, increasing."""
        gaps = functional.softplus(answers[..., 1:]) + LEAST
        return answers[..., :1] + gaps @ self.outwards.to(answers)

    def __call__(self, answers: Tensor, targets: Tensor) -> Tensor:
        error = targets[..., None] - self.at_levels(answers)
        lean = 2 * torch.tensor(LEVELS, dtype=error.dtype, device=error.device) - 1
        return (error.abs().sum(-1) + error @ lean) / len(LEVELS)  # 2 max(τ e, (τ − 1) e) = |e| + (2 τ − 1) e

    def quantiles(self, answers: Tensor, levels: Tensor) -> Tensor:
        """Between and beyond the learned levels in a straight line over normal scores, which is exact for a normal one."""
        known = torch.special.ndtri(torch.tensor(LEVELS, dtype=torch.float64, device=answers.device))
        score = torch.special.ndtri(levels.to(torch.float64)).to(answers.device)
        right = torch.searchsorted(known, score.contiguous()).clamp(1, len(LEVELS) - 1)
        share = ((score - known[right - 1]) / (known[right] - known[right - 1])).to(answers.dtype)
        found = self.at_levels(answers)
        shape = torch.broadcast_shapes(found.shape[:-1], right.shape)
        found, right = found.expand(*shape, len(LEVELS)), right.expand(shape)[..., None]
        low, high = found.gather(-1, right - 1)[..., 0], found.gather(-1, right)[..., 0]
        return low + share * (high - low)


class GaussianLoss(Loss):
    """Negative log density of a normal distribution, without its constant ½ log 2π."""

    outputs, is_likelihood = 2, True

    def start(self) -> Tensor:
        return torch.tensor([0.0, 0.0])

    def __call__(self, answers: Tensor, targets: Tensor) -> Tensor:
        scale = scale_of(answers)
        return scale.log() + ((targets - answers[..., 0]) / scale) ** 2 / 2

    def quantiles(self, answers: Tensor, levels: Tensor) -> Tensor:
        return answers[..., 0] + scale_of(answers) * torch.special.ndtri(levels.to(answers))


class StudentLoss(Loss):
    """Negative log density of Student's t."""

    outputs, is_likelihood = 3, True

    def start(self) -> Tensor:
        """Of standard deviation one."""
        scale = math.sqrt((FIRST_FREEDOM - 2) / FIRST_FREEDOM)
        return torch.tensor([0.0, math.log(scale), float(inverse_softplus(torch.tensor(FIRST_FREEDOM - FREEDOM)))])

    def __call__(self, answers: Tensor, targets: Tensor) -> Tensor:
        scale, freedom = scale_of(answers), freedom_of(answers)
        inner = torch.log1p(((targets - answers[..., 0]) / scale) ** 2 / freedom)
        constant = torch.lgamma(freedom / 2) - torch.lgamma((freedom + 1) / 2) + 0.5 * torch.log(math.pi * freedom)
        return scale.log() + constant + (freedom + 1) / 2 * inner

    def quantiles(self, answers: Tensor, levels: Tensor) -> Tensor:
        freedom = freedom_of(answers).double()
        at = student_quantile(freedom.cpu().numpy(), levels.double().cpu().numpy())
        return answers[..., 0] + scale_of(answers) * torch.as_tensor(at).to(answers)


def scale_of(answers: Tensor) -> Tensor:
    """(..., K) -> (...): the scale, positive; a log scale far out is held back, so that one step cannot overflow."""
    return answers[..., 1].clamp(-12.0, 12.0).exp() + LEAST


def freedom_of(answers: Tensor) -> Tensor:
    """(..., K) -> (...): the degrees of freedom, above two."""
    return FREEDOM + LEAST + functional.softplus(answers[..., 2])


def inverse_softplus(values: Tensor) -> Tensor:
    """The number whose softplus is the given positive one."""
    return values + torch.log(-torch.expm1(-values))


LOSSES: dict[str, Loss] = {
    "huber": PointLoss(functional.huber_loss),
    "mae": PointLoss(functional.l1_loss),
    "mse": PointLoss(functional.mse_loss),
    "quantile": QuantileLoss(),
    "gaussian": GaussianLoss(),
    "student_t": StudentLoss(),
}
