"""Training: its gradient, its log, its end at the best weights, its failures; and what a trained network can do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import ConfigError, FitError
from core.nets import training
from core.nets.cells import FUSED
from core.nets.examples import Examples, Parts, prepare
from core.nets.network import Network
from core.nets.training import Trainer, fit
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from core.windows.settings import Settings
from tests.bench.known import plain
from tests.nets.small import Closed, slopes

HORIZON = 4
SMALL = Closed(
    cell="lstm", label="LSTM", hidden=5, lookback=10, skip=3, learning_rate=0.01, epochs=8, patience=50, batch=8,
)  # fmt: skip

every_cell = pytest.mark.parametrize("cell", FUSED)


def bumpy(length: int) -> TimeSeries:
    """Not linear: the sine's frequency follows its own past, with noise."""
    random = np.random.default_rng(8)
    values = [30.0, 31.0]
    for _ in range(length - 2):
        values.append(30 + 4 * np.sin(values[-1] / 2) + 0.5 * (values[-2] - 30) + 0.3 * random.standard_normal())
    return plain(np.array(values))


def fit_logged(settings: Settings, series: TimeSeries, *, seed: int = 0):
    logs = []
    watch = Context(seed=seed, watch=lambda progress: progress.epoch and logs.append(progress.epoch))
    return fit(settings, Panel((series,)), HORIZON, watch), logs


def huber(error: np.ndarray) -> np.ndarray:
    return np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5)


def validation_loss(fitted, series: TimeSeries) -> float:
    """From public forecasts alone: mean Huber loss over the validation windows, in units of what the linear path leaves."""
    parts = Parts.of(len(series), HORIZON)
    unit = fitted.scalings[series.id].step * fitted.network.size.numpy()
    losses = []
    for step in range(parts.validation, parts.steps):
        actual = series.values[step + 1 : step + 1 + HORIZON]
        losses.append(huber((fitted.forecast(series[: step + 1], HORIZON).point - actual) / unit))
    return float(np.mean(losses))


@every_cell
def test_the_gradient_is_that_of_the_loss(cell):
    settings = replace(SMALL, cell=cell, hidden=3, lookback=6, batch=4, clip=1e3)
    series = TimeSeries("y", bumpy(60).index, bumpy(60).values, np.arange(60) % 7 != 3)
    examples = prepare(Panel((series,)), HORIZON, settings, "cpu").examples
    double = Examples(
        *(getattr(examples, name).double() for name in ("inputs", "linear", "targets", "seen")),
        examples.starts, examples.validation, examples.train_steps, examples.independent,
    )  # fmt: skip
    torch.manual_seed(4)
    network = Network(settings, examples.inputs.shape[1], 3, HORIZON).double()
    torch.nn.init.normal_(network.head.weight)
    trainer = Trainer(settings, network, double, Context(seed=6))
    start = [parameter.detach().clone() for parameter in network.parameters()]
    captured = []
    trainer.optimizer.update = lambda gradients, rate: captured.extend(one.clone() for one in gradients)
    ((loss, norm, is_clipped),) = trainer._window(0.1)

    drawn = np.random.default_rng(6).choice(examples.starts, 4)
    rows = drawn[:, None] + np.arange(6)

    @torch.no_grad()
    def loss_now() -> float:
        answers, _ = network(double.inputs[rows], double.linear[rows])
        error = (answers[..., 0] - double.targets[rows]).numpy()
        return float(huber(error)[double.seen[rows].numpy() > 0].mean())

    assert loss == pytest.approx(loss_now(), rel=1e-12)
    for parameter, before, gradient in zip(network.parameters(), start, captured, strict=True):
        assert torch.equal(parameter, before)
        np.testing.assert_allclose(gradient.numpy().ravel(), slopes(parameter, loss_now), atol=1e-7)
    assert not is_clipped
    assert norm == pytest.approx(float(torch.cat([one.ravel() for one in captured]).norm()))


@every_cell
def test_the_weights_that_come_back_are_the_best_that_validation_has_seen(cell, monkeypatch):
    monkeypatch.setattr(training, "LUCK", 0.0)
    settings, series = replace(SMALL, cell=cell, learning_rate=0.1, epochs=15), bumpy(150)
    fitted, logs = fit_logged(settings, series)
    losses = [one.validation_loss for one in logs]
    assert min(losses) < min(losses[0], losses[-1]), "the best epoch is neither the first nor the last: a case that can fail"
    assert validation_loss(fitted, series) == pytest.approx(min(losses), rel=1e-5)


def test_training_that_only_does_harm_gives_back_its_start():
    series = plain(20 + np.cumsum(np.random.default_rng(1).standard_normal(120)))
    settings = replace(SMALL, learning_rate=64.0, epochs=5)
    start, _ = fit_logged(replace(settings, epochs=0), series)
    fitted, logs = fit_logged(settings, series)
    assert min(one.validation_loss for one in logs[1:]) > logs[0].validation_loss
    for name, value in start.arrays().items():
        np.testing.assert_array_equal(fitted.arrays()[name], value)


def test_where_nothing_is_learned_the_path_is_fitted_to_the_validation_part_too(monkeypatch):
    monkeypatch.setattr(training, "LUCK", 0.0)
    series = bumpy(150)
    kept, _ = fit_logged(replace(SMALL, epochs=0), series)
    prepared = prepare(Panel((series,)), HORIZON, SMALL, "cpu")
    for path, is_it in ((prepared.whole, True), (prepared.path, False)):
        weights = (path.weights / prepared.size).T
        assert np.allclose(kept.network.linear.weight.detach().numpy(), weights, atol=1e-6) == is_it
    learned, logs = fit_logged(replace(SMALL, epochs=30, learning_rate=0.01), series)
    assert min(one.validation_loss for one in logs) < 0.9 * logs[0].validation_loss
    assert validation_loss(learned, series) == pytest.approx(min(one.validation_loss for one in logs), rel=1e-5)


def test_training_stops_when_its_patience_is_used_up():
    series = plain(20 + np.cumsum(np.random.default_rng(1).standard_normal(120)))
    _, logs = fit_logged(replace(SMALL, learning_rate=64.0, epochs=40, patience=3), series)
    assert [one.epoch for one in logs] == [0, 1, 2, 3]  # never better than epoch 0


def test_the_log_tells_what_happened():
    _, logs = fit_logged(SMALL, bumpy(150))
    assert [one.epoch for one in logs] == list(range(9))
    first, *logs = logs
    assert (first.gradient_norm, first.learning_rate) == (0, 0)  # nothing was trained yet
    assert first.train_loss > logs[-1].train_loss
    rates = [one.learning_rate for one in logs]
    assert 0 < min(rates) < max(rates) <= 0.01
    assert rates.index(max(rates)) == 0  # the rise is over within the first of eight epochs, and then it falls
    assert rates == sorted(rates, reverse=True)
    for one in logs:
        assert one.train_loss > 0
        assert one.validation_loss > 0
        assert one.gradient_norm > 0
        assert 0 <= one.clipped <= 1
        assert 0 < one.seconds < 30
    assert logs[-1].train_loss < logs[0].train_loss


@pytest.mark.parametrize(("bound", "share"), [(1e-3, 1.0), (1e3, 0.0)])
def test_the_share_of_clipped_updates_is_counted(bound, share):
    _, logs = fit_logged(replace(SMALL, clip=bound, epochs=2), bumpy(150))
    assert [one.clipped for one in logs[1:]] == [share, share]


@every_cell
def test_divergence_is_an_error_with_advice(cell):
    with pytest.raises(
        FitError,
        match=r"LSTM diverged 3 times, though the learning rate was halved each time, last at epoch \d+; "
        r"the learning rate 1e\+06 is too high, try 0\.003",
    ):
        fit_logged(replace(SMALL, cell=cell, learning_rate=1e6), bumpy(150))


def test_the_value_put_into_a_gap_is_no_target():
    observed = np.ones(150, bool)
    observed[40:60] = False
    series = TimeSeries("y", bumpy(150).index, bumpy(150).values, observed)
    examples = prepare(Panel((series,)), HORIZON, SMALL, "cpu").examples
    spoilt = replace(examples, targets=torch.where(examples.seen > 0, examples.targets, 1e6))
    assert not torch.equal(spoilt.targets, examples.targets)
    trained = []
    for part in (examples, spoilt):
        torch.manual_seed(2)
        network = Network(SMALL, examples.inputs.shape[1], 3, HORIZON)
        Trainer(replace(SMALL, epochs=2), network, part, Context()).run()
        trained.append(network.state_dict())
    for name, value in trained[0].items():
        assert torch.equal(trained[1][name], value), name


def test_dropout_is_off_when_forecasting():
    series = bumpy(120)
    fitted, _ = fit_logged(replace(SMALL, dropout=0.5, layers=2, epochs=2), series)
    first = fitted.forecast(series, HORIZON).point
    np.testing.assert_array_equal(fitted.forecast(series, HORIZON).point, first)


def test_a_longer_horizon_than_trained_is_refused():
    series = bumpy(120)
    fitted, _ = fit_logged(replace(SMALL, epochs=1), series)
    with pytest.raises(ConfigError) as caught:
        fitted.forecast(series, HORIZON + 1)
    assert str(caught.value) == "LSTM was trained for horizon 4; 5 needs a new fit"


def test_parameters_are_counted():
    fitted, _ = fit_logged(replace(SMALL, epochs=1), bumpy(120))
    # 4 gates · 5 units · (2 inputs + 5 states + 2 biases) + head 4 · (5 + 1) + linear path 4 · (3 lags + level + 1)
    assert fitted.parameter_count == 180 + 24 + 20
