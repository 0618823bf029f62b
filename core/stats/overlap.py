"""What resampling blocks of origins makes of overlap: by how much it understates the variance of a mean, and how surely.

Origins nearer than a horizon share outcomes. The strongest form of that are sums of `overlap` independent shocks, whose
autocorrelation at lag k is 1 − k / overlap; they are the yardstick here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BlockVariance:
    """shortfall ≥ 1: the variance of the mean over the expectation of its bootstrap estimate.  degrees of freedom of that."""

    shortfall: float
    degrees: float


def block_variance(origins: int, block: int) -> BlockVariance:
    """How a circular bootstrap in blocks of `block` estimates the variance of the mean of `origins` sums of `block` shocks.

    The estimate is a quadratic form d'Ad/n² of the data, A = P·W·P with P = I − 1/n and W Bartlett's weights 1 − k / block
    round the circle. With S the autocorrelations of the sums, its expectation is tr(AS)/n², the truth 1'S1/n², and it has
    tr(AS)² / tr(ASAS) degrees of freedom (Satterthwaite 1946).
    Source: Politis & Romano 1992, the circular bootstrap; Künsch 1989, Annals of Statistics 17(3), its Bartlett weights.
    """
    from scipy.linalg import toeplitz

    lags = np.arange(origins)
    truth = toeplitz(np.clip(1 - lags / block, 0, None))
    weights = toeplitz(np.clip(1 - np.minimum(lags, origins - lags) / block, 0, None))
    product = (weights - weights.mean(axis=0)) @ truth  # the rows of W have one sum, so that P·W·P = W − its column means
    trace = float(np.trace(product))
    return BlockVariance(float(truth.sum()) / trace, trace**2 / float(np.sum(product * product.T)))
