"""Forecasts of tiny networks against their written equations, in plain Python, from the raw series on.

Neither torch nor our features take part in the expected values: scaling, window, cell, head and linear path are worked here
once more, one number at a time.
"""

from itertools import pairwise
from math import exp, sin, tanh

import numpy as np
import pytest
import torch

from core.nets.fitted import FittedNetwork
from core.nets.network import Network
from core.series.scaling import Scaling
from core.windows.extras import Extras
from tests.bench.known import plain
from tests.nets.small import Closed

HIDDEN, LOOKBACK, HORIZON = 2, 4, 3
SCALING = Scaling(level=12.0, spread=2.5, step=1.6)
SIZE = [0.5, 1.25, 2.0]
LONG = [9.0, 14.0, 11.5, 10.0, 16.5, 25.0, 19.0, 13.0]  # 25 and 19 lie more than 3 and just under 3 spreads high
BRIEF = [11.0, 13.5]  # shorter than the lookback
NOTHING = Extras(0, False, (), (), np.empty((0, 2)), (), np.empty((0, 2)), HORIZON)
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def sigmoid(x):
    return 1 / (1 + exp(-x))


def dot(row, vector):
    return sum(a * b for a, b in zip(row, vector, strict=True))


class Weights:
    """Irregular numbers of both signs for every matrix, as nested lists."""

    def __init__(self, gates: int, lags: int) -> None:
        self.count = 0
        self.inputs, self.states = self.matrix(gates * HIDDEN, 2), self.matrix(gates * HIDDEN, HIDDEN)
        self.input_bias, self.state_bias = self.vector(gates * HIDDEN), self.vector(gates * HIDDEN)
        self.head, self.head_bias = self.matrix(HORIZON, HIDDEN), self.vector(HORIZON)
        self.linear, self.linear_bias = self.matrix(HORIZON, lags + 1), self.vector(HORIZON)

    def vector(self, size):
        self.count += size
        return [0.9 * sin(1.7 * (self.count - number)) for number in range(size)]

    def matrix(self, rows, columns):
        return [self.vector(columns) for _ in range(rows)]

    def gate(self, number, unit, x, h):
        """The part from the input and the part from the state, each with its bias, of one gate of one unit."""
        row = number * HIDDEN + unit
        return dot(self.inputs[row], x) + self.input_bias[row], dot(self.states[row], h) + self.state_bias[row]


def rnn_step(w, x, h, c):
    return [tanh(sum(w.gate(0, unit, x, h))) for unit in range(HIDDEN)], c


def lstm_step(w, x, h, c):
    new_h, new_c = [], []
    for unit in range(HIDDEN):
        i, f, g, o = (sum(w.gate(number, unit, x, h)) for number in range(4))  # input, forget, candidate, output
        new_c.append(sigmoid(f) * c[unit] + sigmoid(i) * tanh(g))
        new_h.append(sigmoid(o) * tanh(new_c[-1]))
    return new_h, new_c


def gru_step(w, x, h, c):
    new_h = []
    for unit in range(HIDDEN):
        r = sigmoid(sum(w.gate(0, unit, x, h)))
        z = sigmoid(sum(w.gate(1, unit, x, h)))
        from_x, from_h = w.gate(2, unit, x, h)
        n = tanh(from_x + r * from_h)  # torch resets after the product, its bias included; Cho et al. before it
        new_h.append((1 - z) * n + z * h[unit])
    return new_h, c


STEP = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


def by_hand(cell: str, w: Weights, y: list[float], lags: int, keeps_level: bool) -> list[float]:
    level = [(value - 12.0) / 2.5 if keeps_level else 0.0 for value in y]
    change = [0.0] + [(new - old) / 1.6 for old, new in pairwise(y)]
    window = [[change[t], min(3.0, max(-3.0, level[t]))] for t in range(len(y))][-LOOKBACK:]
    window = [[0.0, 0.0]] * (LOOKBACK - len(window)) + window
    h, c = [0.0] * HIDDEN, [0.0] * HIDDEN
    for x in window:
        h, c = STEP[cell](w, x, h, c)
    last = len(y) - 1
    straight = [(y[max(0, last - lag)] - y[last]) / 1.6 for lag in range(1, lags + 1)] + [level[last]]
    found = []
    for ahead in range(HORIZON):
        change_ahead = dot(w.head[ahead], h) + w.head_bias[ahead] + dot(w.linear[ahead], straight) + w.linear_bias[ahead]
        found.append(y[last] + 1.6 * SIZE[ahead] * change_ahead)
    return found


def network_of(cell: str, w: Weights, lags: int, keeps_level: bool) -> FittedNetwork:
    settings = Closed(cell=cell, label=cell.upper(), hidden=HIDDEN, lookback=LOOKBACK, skip=lags)
    network = Network(settings, 2, lags, HORIZON)
    values = {
        "size": SIZE,
        "reader.cell.weight_ih_l0": w.inputs, "reader.cell.weight_hh_l0": w.states, "reader.cell.bias_ih_l0": w.input_bias,
        "reader.cell.bias_hh_l0": w.state_bias, "head.weight": w.head, "head.bias": w.head_bias, "linear.weight": w.linear,
        "linear.bias": w.linear_bias,
    }  # fmt: skip
    network.load_state_dict({name: torch.tensor(value) for name, value in values.items()})
    return FittedNetwork(settings, network.eval(), HORIZON, {"y": SCALING}, keeps_level, NOTHING)


@pytest.mark.parametrize("values", [LONG, LONG[:6], BRIEF], ids=["long", "far out", "brief"])
@pytest.mark.parametrize("keeps_level", [True, False], ids=["level", "no level"])
@pytest.mark.parametrize("lags", [0, 3])
@pytest.mark.parametrize("cell", STEP)
def test_a_forecast_follows_the_written_equations(cell, lags, keeps_level, values):
    w = Weights(GATES[cell], lags)
    found = network_of(cell, w, lags, keeps_level).forecast(plain(values), HORIZON).point
    np.testing.assert_allclose(found, by_hand(cell, w, values, lags, keeps_level), rtol=1e-5)


def test_nothing_before_the_window_and_its_lags_is_read():
    w = Weights(4, 3)
    fitted = network_of("lstm", w, 3, True)
    other = [70.0, *LONG[1:]]
    np.testing.assert_array_equal(fitted.forecast(plain(LONG), HORIZON).point, fitted.forecast(plain(other), HORIZON).point)
