"""Readers: what a state has seen, what is carried on, and both ends; nothing beyond an origin, in any shape."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.nets.cells import FUSED
from core.nets.readers import make_reader
from core.windows.settings import DIRECT, SYNCED
from tests.nets.small import (
    BY_TOPOLOGY,
    CHEAP,
    HORIZON,
    LOOKBACK,
    MODELS,
    batch,
    every,
    fit,
    network_of,
    series_of,
    stirred,
    walk,
)

TORCH = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
every_cell = pytest.mark.parametrize("cell", FUSED)
every_model = pytest.mark.parametrize("name", MODELS)
AT_EVERY_STEP = [name for name in MODELS if every(name).answers_at_every_step]


def reader_of(**settings):
    torch.manual_seed(3)
    return make_reader(replace(CHEAP, **settings), 2).eval()


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@torch.no_grad()
def test_two_readings_end_in_the_states_of_torchs_bidirectional_cell(cell, layers):
    torch.manual_seed(4)
    oracle = TORCH[cell](2, 4, layers, batch_first=True, bidirectional=True)
    reader = reader_of(cell=cell, layers=layers, bidirectional=True)
    for layer in range(layers):
        for side, ending in ((reader.cell.onward, ""), (reader.cell.back, "_reverse")):
            for name, parameter in side[layer].named_parameters():
                parameter.copy_(getattr(oracle, name.replace("_l0", f"_l{layer}{ending}")))
    inputs, _ = batch(CHEAP)
    _, last = oracle(inputs)
    last = last[0] if cell == "lstm" else last  # (2 layers, B, D): of the last layer, onward and back
    states, carried = reader(inputs)
    assert states.shape == (3, 1, 8)
    assert carried is None
    torch.testing.assert_close(states[:, 0], torch.cat([last[-2], last[-1]], 1), rtol=1e-5, atol=1e-6)


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@torch.no_grad()
def test_a_window_read_in_pieces_is_the_window_read_at_once(cell, layers):
    reader, (inputs, _) = reader_of(cell=cell, layers=layers, topology=SYNCED), batch(CHEAP)
    whole, end = reader(inputs)
    pieces, carried = [], None
    for first, last in ((0, 2), (2, 3), (3, LOOKBACK)):
        states, carried = reader(inputs[:, first:last], carried)
        pieces.append(states)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(carried, end, rtol=1e-6, atol=1e-6)
    assert not torch.allclose(reader(inputs[:, 3:])[0], whole[:, 3:], atol=1e-3), "what is carried matters"


@every_cell
@torch.no_grad()
def test_a_reader_asked_at_its_end_alone_gives_the_last_state(cell):
    inputs, _ = batch(CHEAP)
    at_end, every_step = (reader_of(cell=cell, topology=topology) for topology in ("many_to_one", SYNCED))
    assert at_end(inputs)[0].shape == (3, 1, 4)
    torch.testing.assert_close(at_end(inputs)[0], every_step(inputs)[0][:, -1:])


@torch.no_grad()
def test_a_feed_forward_reader_is_two_products_and_their_bends():
    reader = reader_of(cell="window", layers=2, activation="relu")
    inputs, _ = batch(CHEAP)
    expected = []
    for row in inputs.double().numpy():
        seen = row.reshape(-1)  # step by step, the channels of a step beside each other
        for layer in reader.layers:
            seen = np.maximum(layer.weight.double().numpy() @ seen + layer.bias.double().numpy(), 0)
        expected.append(seen)
    states, carried = reader(inputs)
    assert carried is None
    np.testing.assert_allclose(states[:, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", AT_EVERY_STEP)
@torch.no_grad()
def test_an_answer_at_a_step_sees_nothing_after_it(name):
    settings = every(name)
    network, (inputs, linear) = network_of(settings), batch(settings)
    before, _ = network(inputs, linear)
    assert before.shape == (3, LOOKBACK, settings.ahead(HORIZON), 1)
    for step in range(LOOKBACK - 1):
        changed, moved = inputs.clone(), linear.clone()
        changed[:, step + 1 :], moved[:, step + 1 :] = 50.0, -50.0
        after, _ = network(changed, moved)
        torch.testing.assert_close(after[:, : step + 1], before[:, : step + 1], rtol=0, atol=0)
        assert (after[:, step + 1 :] != before[:, step + 1 :]).flatten(2).any(2).all()
    at = torch.tensor([1, 4])
    torch.testing.assert_close(network(inputs, linear[:, at], at=at)[0], before[:, at], rtol=1e-6, atol=1e-6)


@every_model
@torch.no_grad()
def test_the_answer_at_the_end_sees_the_whole_window(name):
    settings = every(name)
    network, (inputs, linear) = network_of(settings), batch(settings)
    end = {"linear": linear[:, -1:], "at": torch.tensor([-1])}
    before, _ = network(inputs, **end)
    assert before.shape == (3, 1, settings.ahead(HORIZON), 1)
    for step in range(LOOKBACK):
        changed = inputs.clone()
        changed[:, step] += 3.0
        assert (network(changed, **end)[0] != before).any()


@pytest.mark.parametrize("name", BY_TOPOLOGY)
def test_nothing_beyond_the_origin_is_learned(name):
    """Values and past covariates after the origin, and known ones after the horizon, may be anything."""
    origin, length, random = 40, 52, np.random.default_rng(6)
    values, holiday, visits = walk(length), random.standard_normal(length + 6), random.standard_normal(length)
    noisy, other_holiday, other_visits = values.copy(), holiday.copy(), visits.copy()
    noisy[origin:] = 1e3 * random.standard_normal(length - origin)
    other_visits[origin:] = 1e3
    other_holiday[origin + HORIZON :] = -1e3
    observed = np.arange(length) % 11 != 5
    hidden = observed & (np.arange(length) < origin)
    series = series_of(values, known=holiday, past=visits, observed=observed)
    changed = series_of(noisy, known=other_holiday, past=other_visits, observed=hidden)
    model = replace(BY_TOPOLOGY[name], seasonal_lag="yes", loss="gaussian", mean="yes")
    for trained in (origin - 5, origin):  # rolled on without a new fit, and at the end of training
        fitted, refitted = fit(model, series[:trained]), fit(model, changed[:trained])
        for key, value in fitted.arrays().items():
            np.testing.assert_array_equal(refitted.arrays()[key], value)
        fitted, refitted = stirred(fitted), stirred(refitted)
        expected = fitted.forecast(series[:origin], HORIZON, (0.1, 0.9))
        found = refitted.forecast(changed[:origin], HORIZON, (0.1, 0.9))
        np.testing.assert_array_equal(found.point, expected.point)
        np.testing.assert_array_equal(found.quantiles, expected.quantiles)
    assert not np.array_equal(fitted.forecast(series[: origin - 1], HORIZON).point, expected.point)


def test_a_window_teaches_at_every_step_unless_only_its_end_has_an_answer():
    found = {name for name in MODELS if every(name).answers_at_every_step}
    assert found == {f"{cell} {topology}" for cell in FUSED for topology in (DIRECT, SYNCED, "encoder_decoder")}


@pytest.mark.parametrize(("bptt", "k2", "reach"), [("full", None, LOOKBACK), ("detached", 3, LOOKBACK), ("reset", 3, 3)])
def test_a_forecast_reads_no_more_than_training_could(bptt, k2, reach):
    assert replace(CHEAP, bptt=bptt, k1=3 if k2 else None, k2=k2).reach == reach
