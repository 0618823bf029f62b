"""Training: its gradient, its log, its averages, its seeds, its failures; and what a trained network is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import ConfigError, FitError
from core.models.recurrent import LSTM
from core.nets.cells import FUSED
from core.nets.fitting import fit
from core.nets.training import AVERAGED, RAMP, Trainer
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from tests.bench.known import plain
from tests.nets.small import BY_TOPOLOGY, CLOSED, FROM_LINEAR, HORIZON, Closed, series_of, slopes, trainer_of, walk

SMALL = Closed(cell="lstm", label="LSTM", hidden=5, lookback=10, lags=3, learning_rate=0.01, epochs=4, batch=8)
every_cell = pytest.mark.parametrize("cell", FUSED)


def bumpy(length: int) -> TimeSeries:
    """Not linear: the sine's frequency follows its own past, with noise."""
    random = np.random.default_rng(8)
    values = [30.0, 31.0]
    for _ in range(length - 2):
        values.append(30 + 4 * np.sin(values[-1] / 2) + 0.5 * (values[-2] - 30) + 0.3 * random.standard_normal())
    return plain(np.array(values))


def fitted_of(settings, *series: TimeSeries, seeds=(0,), watch=None):
    context = Context(seed=seeds[0], watch=watch) if watch else Context(seed=seeds[0])
    return fit(settings, FROM_LINEAR, Panel(series), HORIZON, context, seeds)


def run(trainer: Trainer) -> list:
    return [trainer.epoch() for _ in range(trainer.epochs)]


def stirred_trainer(settings, *series, **more) -> Trainer:
    """With random heads, without which nothing of a cell has a gradient."""
    trainer = trainer_of(settings, *series, **more)
    for number, network in enumerate(trainer.networks):
        torch.manual_seed(number)
        torch.nn.init.normal_(network.head.weight)
    return trainer


@every_cell
@pytest.mark.parametrize("segment", [1, 3])
def test_the_gradient_is_that_of_the_loss(cell, segment):
    settings = replace(SMALL, cell=cell, hidden=3, lookback=12, segment=segment, batch=4, clip=1e3, loss="mse")
    series = TimeSeries("y", bumpy(60).index, bumpy(60).values, np.arange(60) % 7 != 3)
    trainer = stirred_trainer(settings, series, seeds=(6,), exact=True)
    (network,), strip = trainer.networks, trainer.examples.strip
    start, captured = [parameter.detach().clone() for parameter in trainer.parameters], []
    trainer.optimizer.update = lambda gradients, rate: captured.extend(one.clone() for one in gradients)
    (((loss, norm, is_clipped),),) = trainer._update_all(0.1)

    last, first = trainer.examples.drawn(np.random.default_rng(6), 4)
    steps = last[:, None] - np.arange(12)[::-1]  # (B, L) rows of the series
    ends = steps[:, segment - 1 :: segment]
    z, size = strip.z.numpy(), strip.size.numpy()
    goals = np.stack([z[ends + ahead] - z[ends] for ahead in range(1, HORIZON + 1)], -1) / size[ends][..., None]
    seen = np.stack([strip.observed.numpy()[ends + ahead] for ahead in range(1, HORIZON + 1)], -1)
    counts = seen & (ends >= first[:, None])[..., None]
    assert 0 < counts.sum() < seen.sum()

    @torch.no_grad()
    def loss_now() -> float:
        read = strip.inputs[steps].reshape(4, 12 // segment, -1)
        answers, _ = network(read, strip.linear(torch.from_numpy(ends)))
        error = answers[..., 0].numpy() - goals / network.unit.numpy()
        return float(np.square(error)[counts].mean())

    assert loss == pytest.approx(loss_now(), rel=1e-6)  # goals are rounded to single precision
    for parameter, before, gradient in zip(network.parameters(), start, captured, strict=True):
        assert torch.equal(parameter, before)
        np.testing.assert_allclose(gradient.numpy().ravel(), slopes(parameter, loss_now), atol=1e-6)
    assert not is_clipped
    assert norm == pytest.approx(float(torch.cat([one.ravel() for one in captured]).norm()))


@pytest.mark.parametrize("name", BY_TOPOLOGY)
@pytest.mark.parametrize("more", [{}, {"dropout": 0.4, "layers": 2}], ids=["plain", "dropout"])
def test_seeds_that_are_trained_together_are_what_each_is_alone(name, more):
    settings = replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), epochs=3, learning_rate=0.02, clip=0.3, **more)
    series = series_of(walk(60))
    together = fitted_of(settings, series, seeds=(4, 5, 6))
    points = []
    for seed, found in zip((4, 5, 6), together, strict=True):
        (alone,) = fitted_of(settings, series, seeds=(seed,))
        expected, own = alone.arrays(), found.arrays()
        for key in expected:
            if key.startswith("network."):
                np.testing.assert_allclose(own[key], expected[key], rtol=1e-5, atol=1e-6, err_msg=key)
        points.append(found.forecast(series, HORIZON).point)
    assert np.ptp(points, axis=0).min() > 0, "seeds differ"


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_what_forecasts_are_the_averaged_weights(optimizer):
    trainer = trainer_of(replace(SMALL, optimizer=optimizer), bumpy(60), seeds=(1, 2))
    start = [one.detach().double().numpy().copy() for one in trainer.parameters]
    path, update = [], trainer.optimizer.update

    def watched(gradients, rate):
        update(gradients, rate)
        path.append([one.detach().double().numpy().copy() for one in trainer.parameters])

    trainer.optimizer.update = watched
    run(trainer)
    by_hand = start
    for number, weights in enumerate(path):  # of 1/10, 2/11, 3/12, … of itself, at last of 0.99
        keep = min(AVERAGED, (1 + number) / (RAMP + number))
        by_hand = [keep * mean + (1 - keep) * one for mean, one in zip(by_hand, weights, strict=True)]
    assert len(path) == 4 * 8
    with trainer.averaged():
        assert not trainer.networks[0].training
        inside = [one.detach().numpy().copy() for one in trainer.parameters]
    assert trainer.networks[0].training
    for found, expected, last, parameter in zip(inside, by_hand, path[-1], trainer.parameters, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(parameter.detach(), last)  # training goes on from the last weights
    finished = [one.detach().numpy() for network in trainer.finish() for one in network.parameters()]
    for found, expected in zip(finished, inside, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert max(np.abs(a - b).max() for a, b in zip(inside, path[-1], strict=True)) > 1e-3


@pytest.mark.parametrize("epochs", [1, 3, 7])
def test_without_patience_exactly_so_many_epochs_are_trained(epochs, monkeypatch):
    count, epoch = [], Trainer.epoch
    monkeypatch.setattr(Trainer, "epoch", lambda self: (count.append(1), epoch(self))[1])
    said = []
    settings = CLOSED | {"hidden": 3, "lookback": 6, "batch": 8, "epochs": epochs}
    for skip in ("automatic", "on", "off"):
        count.clear()
        model = LSTM(**settings | {"skip": skip})
        fitted = model.fit(Panel((bumpy(60),)), HORIZON, Context(watch=said.append))
        assert len(count) == epochs
        assert (fitted.network.skip is None) == (skip == "off"), "nothing is held out to choose by"
    assert not any(one.epoch for one in said), "curves come from the selection fit alone"


def test_the_log_tells_what_happened():
    trainer = stirred_trainer(replace(SMALL, epochs=8, skip="off"), bumpy(150), seeds=(0, 1))
    logs = run(trainer)
    assert [[one.epoch for one in both] for both in logs] == [[epoch, epoch] for epoch in range(1, 9)]
    for both in logs:
        assert both[0].train_loss != both[1].train_loss
        for one in both:
            assert one.train_loss > 0
            assert np.isnan(one.validation_loss), "the selection fit fills it in"
            assert one.gradient_norm > 0
            assert 0 <= one.clipped <= 1
            assert 0 < one.seconds < 30
    assert logs[-1][0].train_loss < logs[0][0].train_loss


@pytest.mark.parametrize(("bound", "share"), [(1e-4, 1.0), (1e3, 0.0)])
def test_the_share_of_clipped_updates_is_counted(bound, share):
    logs = run(trainer_of(replace(SMALL, clip=bound, epochs=2), bumpy(150), seeds=(0, 1)))
    assert [[one.clipped for one in both] for both in logs] == [[share, share]] * 2


@every_cell
def test_divergence_is_an_error_with_advice(cell):
    with pytest.raises(
        FitError,
        match=r"LSTM diverged 3 times, though the learning rate was halved each time, last at epoch \d+; "
        r"the learning rate 1e\+06 is too high, try 0\.003",
    ):
        fitted_of(replace(SMALL, cell=cell, learning_rate=1e6), bumpy(150))


def test_the_value_put_into_a_gap_is_no_target():
    observed = np.ones(150, bool)
    observed[40:60] = False
    series = TimeSeries("y", bumpy(150).index, bumpy(150).values, observed)
    trained, hidden = [], []
    for is_spoilt in (False, True):
        trainer = trainer_of(replace(SMALL, epochs=2), series)
        strip = trainer.examples.strip
        goal = strip.goal

        def spoilt(rows, ahead, goal=goal):
            targets, seen = goal(rows, ahead)
            hidden.append(int((seen == 0).sum()))
            return torch.where(seen > 0, targets, 1e6), seen

        if is_spoilt:
            object.__setattr__(strip, "goal", spoilt)
        run(trainer)
        trained.append(trainer.parameters)
    assert sum(hidden) > 100
    for one, other in zip(*trained, strict=True):
        assert torch.equal(one, other)


def test_dropout_is_off_when_forecasting():
    (fitted,) = fitted_of(replace(SMALL, dropout=0.5, layers=2, epochs=2), bumpy(120))
    first = fitted.forecast(bumpy(120), HORIZON).point
    np.testing.assert_array_equal(fitted.forecast(bumpy(120), HORIZON).point, first)


def test_series_that_are_too_short_are_left_out_and_forecast_all_the_same():
    brief = plain(np.array([3.0, 5.0, 4.0]), name="brief")
    both, alone = (fitted_of(SMALL, *panel)[0] for panel in ((bumpy(80), brief), (bumpy(80),)))
    np.testing.assert_array_equal(both.forecast(bumpy(80), HORIZON).point, alone.forecast(bumpy(80), HORIZON).point)
    assert np.isfinite(both.forecast(brief, HORIZON).point).all()


def test_it_is_told_how_far_the_recurrent_part_moves_the_forecast():
    (near,), (far,) = (fitted_of(replace(SMALL, learning_rate=rate), bumpy(150)) for rate in (1e-6, 0.05))
    assert near.notes == ("beside its skip connection, the recurrent part moves the forecast by 0 % of its size",)
    share = int(far.notes[0].split("by ")[1].split(" %")[0])
    origins = range(3, 147)
    whole, _ = far.rolled(bumpy(150), origins, HORIZON)
    far.network.head.weight.data.zero_()
    far.network.head.bias.data.zero_()
    base, _ = far.rolled(bumpy(150), origins, HORIZON)
    change = np.abs(whole - bumpy(150).values[np.array(origins) - 1, None]).mean()
    assert share == pytest.approx(100 * np.abs(whole - base).mean() / change, abs=3)
    assert share > 5
    assert not fitted_of(replace(SMALL, skip="off"), bumpy(150))[0].notes


def test_a_longer_horizon_than_trained_is_refused():
    (fitted,) = fitted_of(replace(SMALL, epochs=1), bumpy(120))
    with pytest.raises(ConfigError) as caught:
        fitted.forecast(bumpy(120), HORIZON + 1)
    assert str(caught.value) == "LSTM was trained for horizon 3; 4 needs a new fit"


def test_parameters_are_counted():
    (fitted,) = fitted_of(replace(SMALL, epochs=1), bumpy(120))
    # 4 gates · 5 units · (1 input + 5 states + 2 biases) + head 3 · (5 + 1) + skip connection 3 · (2 lags + mean + 1)
    assert fitted.parameter_count == 160 + 18 + 12
