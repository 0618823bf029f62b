"""Forecasts of tiny networks against their written equations, in plain Python, from the raw series on.

Neither torch nor our features take part in the expected values: scale, window, cell, head and skip connection are worked here
once more, one number at a time.
"""

from dataclasses import dataclass
from math import exp, log, nan, sin, tanh

import numpy as np
import pytest
import torch

from core.nets.fitted import FittedNetwork
from core.nets.network import Network
from core.windows.scale import Scale
from tests.bench.known import plain
from tests.nets.small import Closed, sight_of

HIDDEN, LOOKBACK, HORIZON, LAGS = 2, 4, 3, 3
UNIT = [0.5, 1.25, 2.0]
LONG = [9.0, 14.0, 11.5, 10.0, 16.5, 27.0, 10.5, 13.0]  # from 27 to 10.5 are over 10 sizes, told as 10
BRIEF = [11.0, 13.5]  # shorter than the lookback
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


@dataclass(frozen=True)
class Kind:
    """How the series is seen."""

    season: int = 1
    has_season: bool = False
    keeps_mean: bool = False
    mean: float = nan
    size: float = 1.6
    floor: float = 0.0


KINDS = {
    "plain": Kind(),
    "season": Kind(season=3, has_season=True),
    "season not shown": Kind(season=3),
    "mean so far": Kind(keeps_mean=True),
    "mean of training": Kind(keeps_mean=True, mean=12.0),
    "log": Kind(floor=10.2, size=0.3),  # 9 and 10 are below the floor
    "all": Kind(2, True, True, nan, 0.05, 4.5),  # sizes so small that changes are told as 10
}


def sigmoid(x):
    return 1 / (1 + exp(-x))


def dot(row, vector):
    return sum(a * b for a, b in zip(row, vector, strict=True))


class Weights:
    """Irregular numbers of both signs for every matrix, as nested lists."""

    def __init__(self, gates: int, channels: int) -> None:
        self.count = 0
        self.inputs, self.states = self.matrix(gates * HIDDEN, channels), self.matrix(gates * HIDDEN, HIDDEN)
        self.input_bias, self.state_bias = self.vector(gates * HIDDEN), self.vector(gates * HIDDEN)
        self.head, self.head_bias = self.matrix(HORIZON, HIDDEN), self.vector(HORIZON)
        self.skip, self.skip_bias = self.matrix(HORIZON, LAGS), self.vector(HORIZON)

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


def z_by_hand(kind: Kind, y: list[float]) -> list[float]:
    return [log(max(value, kind.floor)) for value in y] if kind.floor else y


def by_hand(cell: str, w: Weights, y: list[float], kind: Kind) -> list[float]:
    z, m = z_by_hand(kind, y), kind.season

    def at(t):  # before its start a series is taken to have gone on as its first season did
        return z[t] if t >= 0 else z[t % min(m, len(z))]

    def distance(t):
        return (z[t] - (sum(z[: t + 1]) / (t + 1) if kind.mean != kind.mean else kind.mean)) / kind.size

    rows = []
    for t in range(len(z)):
        row = [(z[t] - at(t - 1)) / kind.size]
        row += [(at(t + 1 - m) - z[t]) / kind.size] if kind.has_season else []
        row += [distance(t)] if kind.keeps_mean else []
        rows.append([max(-10.0, min(10.0, one)) for one in row])
    window = [[0.0] * len(rows[0])] * (LOOKBACK - len(y)) + rows[-LOOKBACK:]
    h, c = [0.0] * HIDDEN, [0.0] * HIDDEN
    for x in window:
        h, c = STEP[cell](w, x, h, c)
    last = len(z) - 1
    straight = [(at(last - lag) - z[last]) / kind.size for lag in range(1, LAGS)]
    straight.append(distance(last) if kind.keeps_mean else 0.0)
    room = 10 * max(max(z) - min(z), kind.size)
    found = []
    for ahead in range(HORIZON):
        change = dot(w.head[ahead], h) + w.head_bias[ahead] + dot(w.skip[ahead], straight) + w.skip_bias[ahead]
        place = max(min(z) - room, min(max(z) + room, z[last] + kind.size * UNIT[ahead] * change))
        found.append(exp(place) if kind.floor else place)
    return found


def network_of(cell: str, w: Weights, kind: Kind) -> FittedNetwork:
    shown = {"seasonal_lag": "yes" if kind.has_season else "no", "lags": LAGS}
    settings = Closed(cell=cell, label=cell.upper(), hidden=HIDDEN, lookback=LOOKBACK, **shown)
    scale = Scale(kind.size, kind.mean, kind.floor, kind.season)
    sight = sight_of(settings, scale, horizon=HORIZON, keeps_mean=kind.keeps_mean)
    network = Network(settings, sight.channels, sight.width, HORIZON)
    values = {
        "unit": UNIT,
        "reader.cell.weight_ih_l0": w.inputs, "reader.cell.weight_hh_l0": w.states, "reader.cell.bias_ih_l0": w.input_bias,
        "reader.cell.bias_hh_l0": w.state_bias, "head.weight": w.head, "head.bias": w.head_bias, "skip.weight": w.skip,
        "skip.bias": w.skip_bias,
    }  # fmt: skip
    network.load_state_dict({name: torch.tensor(value) for name, value in values.items()})
    return FittedNetwork(sight, network.eval(), HORIZON)


@pytest.mark.parametrize("values", [LONG, LONG[:6], LONG[:7], BRIEF], ids=["long", "up", "down", "brief"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("cell", STEP)
def test_a_forecast_follows_the_written_equations(cell, kind, values):
    w = Weights(GATES[cell], 1 + kind.has_season + kind.keeps_mean)
    found = network_of(cell, w, kind).forecast(plain(values, season=kind.season), HORIZON).point
    np.testing.assert_allclose(found, by_hand(cell, w, values, kind), rtol=1e-5)


def test_the_cases_reach_what_they_are_made_for():
    changes = np.diff(LONG) / 1.6
    assert changes.min() < -10
    assert min(LONG) < KINDS["log"].floor < sorted(LONG)[2]


def test_nothing_before_the_window_and_its_lags_is_read():
    kind = Kind()
    fitted = network_of("lstm", Weights(4, 1), kind)
    other = [8.5, *LONG[1:]]  # inside the bounds that all values set
    np.testing.assert_array_equal(fitted.forecast(plain(LONG), HORIZON).point, fitted.forecast(plain(other), HORIZON).point)
