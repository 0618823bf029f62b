"""The states of trained networks against the cells that trained, and against the equations."""

import numpy as np
import pytest
import torch

from core.errors import ConfigError
from core.insight.states import states_at
from core.models.registry import MODELS
from core.progress import Context
from core.series.timeseries import Panel
from tests.faults.home import months


def fitted(name, **settings):
    model = MODELS[name](**{"epochs": 2, "hidden": 3, "lookback": 8} | settings)
    return model.restore(model.fit(Panel((months(60),)), 3, Context()).arrays())


@pytest.mark.parametrize("settings", [{}, {"layers": 2}, {"activation": "relu"}, {"topology": "many_to_many_synced"}])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_states_are_those_of_the_cell_that_trained(name, settings):
    network, series = fitted(name, **settings), months(60)
    found = states_at(network, series, 40)
    with torch.no_grad():
        states, _ = network.network.reader.cell(torch.from_numpy(found.inputs[None]))
    assert found.first == 32
    assert found.parts["state"].shape == (settings.get("layers", 1), 8, 3)
    assert found.parts["state"][-1] == pytest.approx(states[0].numpy(), abs=1e-6)


def test_the_gates_of_an_lstm_make_its_memory_and_its_state():
    found = states_at(fitted("lstm"), months(60), 40)
    part = {name: values[0].astype(float) for name, values in found.parts.items()}
    assert set(part) == {"input", "forget", "candidate", "output", "cell", "state"}
    before = np.vstack([np.zeros(3), part["cell"][:-1]])
    assert part["cell"] == pytest.approx(part["forget"] * before + part["input"] * part["candidate"], abs=1e-6)
    assert part["state"] == pytest.approx(part["output"] * np.tanh(part["cell"]), abs=1e-6)
    assert ((part["forget"] > 0) & (part["forget"] < 1)).all()


def test_the_states_see_nothing_of_what_comes_after_the_origin():
    network, series = fitted("gru"), months(60)
    other = series.values.copy()
    other[40:] = np.random.default_rng(0).normal(1e6, 1e3, 20)
    changed = type(series)(series.id, series.index, other, series.observed, series.season)
    first, again = states_at(network, series, 40), states_at(network, changed, 40)
    assert first.parts["state"].tobytes() == again.parts["state"].tobytes()


def test_a_window_that_begins_before_the_series_says_so_and_is_empty_there():
    found = states_at(fitted("rnn"), months(60), 5)
    assert found.first == -3
    assert (found.inputs[:3] == 0).all()
    assert (found.inputs[3:] != 0).any()


def test_a_cell_that_reads_segments_has_a_state_for_each():
    """Windows of 8 steps in segments of 4, the first of which begins 8 steps before the origin: two channels at each step."""
    network, series = fitted("gru", segment=4, mean="yes", log="no"), months(60)
    found = states_at(network, series, 40)
    assert (found.first, found.inputs.shape, found.parts["state"].shape) == (32, (2, 8), (1, 2, 3))
    one_by_one = states_at(fitted("gru", segment=1, mean="yes", log="no"), series, 40)
    np.testing.assert_array_equal(found.inputs.reshape(8, 2), one_by_one.inputs)
    changes = (series.values[32:40] - series.values[31:39]) / np.abs(series.values[12:] - series.values[:-12]).mean()
    np.testing.assert_allclose(found.inputs[:, ::2].ravel(), changes, rtol=1e-5)


def test_what_has_no_states_to_show_is_refused():
    with pytest.raises(ConfigError, match="origin is 61; choose a position from 1 to 60, the length of 'sales'"):
        states_at(fitted("lstm"), months(60), 61)
    for network in (fitted("feedforward"), fitted("lstm", bidirectional=True)):
        with pytest.raises(ConfigError, match="has no states that are read onward; choose an RNN, LSTM or GRU"):
            states_at(network, months(60), 40)
