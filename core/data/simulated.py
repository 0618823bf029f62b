"""Built-in series made by a formula with a fixed seed, so that they are the same everywhere."""

from __future__ import annotations

import numpy as np

BURN_IN = 200  # steps thrown away, so that the start does not show


def first_order(steps: int = 1000, coefficient: float = 0.9, seed: int = 1) -> np.ndarray:
    """(T,) a first-order autoregression: x_t = φ · x_{t−1} + e_t with e_t ~ N(0, 1).

    Nothing can forecast it better than φ^k times the last value, k steps ahead.
    Source: Box & Jenkins 1970, Time Series Analysis, chapter 3.
    """
    noise = np.random.default_rng(seed).standard_normal(BURN_IN + steps)
    values = np.zeros(BURN_IN + steps)
    for t in range(1, len(values)):
        values[t] = coefficient * values[t - 1] + noise[t]
    return values[BURN_IN:]


def mackey_glass(steps: int = 1500, delay: int = 17) -> np.ndarray:
    """(T,) a chaotic series without noise: dx/dt = 0.2 · x(t−τ) / (1 + x(t−τ)^10) − 0.1 · x(t), from x = 1.2.

    Solved by Runge and Kutta's method of fourth order in steps of 0.1 and read off at whole times; within a step the delayed
    value moves on a straight line. The first 500 times are left out.
    Source: Mackey & Glass 1977, Science 197(4300), equation 4b.
    """
    fine, size = 10, 0.1
    lag = delay * fine
    count = (500 + steps) * fine
    values = np.full(lag + count + 1, 1.2)
    for t in range(lag, lag + count):
        past, after = values[t - lag], values[t - lag + 1]
        inflow = [0.2 * x / (1 + x**10) for x in (past, (past + after) / 2, after)]
        x = values[t]
        k1 = inflow[0] - 0.1 * x
        k2 = inflow[1] - 0.1 * (x + size / 2 * k1)
        k3 = inflow[1] - 0.1 * (x + size / 2 * k2)
        k4 = inflow[2] - 0.1 * (x + size * k3)
        values[t + 1] = x + size / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return values[lag + 500 * fine :: fine][:steps]


def threshold(steps: int = 1000, seed: int = 2) -> np.ndarray:
    """(T,) a self-exciting threshold autoregression: x_t = −1.5 · x_{t−1} + e_t below zero, 0.5 · x_{t−1} + e_t from zero on.

    No linear model sees that it leaps up from below zero and falls slowly from above; e_t ~ N(0, 1).
    Source: Tsay 2010, Analysis of Financial Time Series, 3rd edition, section 4.1.2; Tong 1990 for the class.
    """
    noise = np.random.default_rng(seed).standard_normal(BURN_IN + steps)
    values = np.zeros(BURN_IN + steps)
    for t in range(1, len(values)):
        values[t] = (-1.5 if values[t - 1] < 0 else 0.5) * values[t - 1] + noise[t]
    return values[BURN_IN:]
