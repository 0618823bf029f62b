"""The selection fit: what it judges by, how many epochs it chooses, and when a network goes without its skip connection."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from core.models.network import Network as Model
from core.models.recurrent import GRU, LSTM
from core.nets import selection
from core.nets.examples import Examples, HeldOut, held_out_from
from core.nets.fitting import fit
from core.nets.losses import LOSSES
from core.nets.selection import CLEARLY, UNTESTED, Candidate, Choice, losses_of, select
from core.nets.strip import Strip
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from core.windows.settings import STEPWISE
from tests.bench.known import ar1, plain
from tests.nets.small import BY_TOPOLOGY, CHEAP, FROM_LINEAR, HORIZON, series_of, untrained, walk

SEEDS = (3, 4)
WATCHFUL = {"epochs": 8, "patience": 3, "learning_rate": 0.02}


def settings_of(name: str, **more):
    return replace(BY_TOPOLOGY[name].resolved(60, HORIZON, 4), **WATCHFUL | more)


def chosen(settings, *series: TimeSeries, horizon: int = HORIZON, seeds=SEEDS) -> tuple[Choice, list]:
    """What is chosen, and every event."""
    said = []
    return select(settings, FROM_LINEAR, Panel(series), horizon, Context(seed=seeds[0], watch=said.append), seeds), said


def logistic(length: int) -> np.ndarray:
    """The logistic map at 3.9: white noise to every linear model, a parabola to who can see it."""
    values = [0.3]
    for _ in range(length - 1):
        values.append(3.9 * values[-1] * (1 - values[-1]))
    return np.array(values)


@pytest.mark.parametrize(("name", "skip"), [*((name, "on") for name in BY_TOPOLOGY), ("many_to_many_direct", "off")])
def test_it_judges_the_forecasts_of_the_end_of_a_series(name, skip):
    """By public forecasts alone: networks trained on the part before it for as many epochs, the median of their seeds."""
    settings, series = settings_of(name, skip=skip, epochs=5, patience=2), series_of(walk(90))
    found, _ = chosen(settings, series)
    border = int(held_out_from(np.array([90]), HORIZON, settings.ahead(HORIZON))[0])
    early, origins = series[:border], range(border, 90 - HORIZON + 1)
    actual = np.stack([series.values[n : n + HORIZON] for n in origins])

    def missed(epochs, **more):
        own = replace(settings, epochs=epochs, patience=0, **more)
        networks = fit(own, FROM_LINEAR, Panel((early,)), HORIZON, Context(seed=SEEDS[0]), SEEDS)
        said = [network.rolled(series, origins, HORIZON)[0] for network in networks]
        return np.abs(np.median(said, axis=0) - actual).mean()

    losses = [missed(epochs) for epochs in range(1, min(5, found.epochs + 1) + 1)]
    assert found.epochs == 1 + int(np.argmin(losses))
    assert found.skip == skip
    assert found.best / found.before == pytest.approx(min(losses) / missed(1, learning_rate=1e-6), rel=2e-3)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["gru", *STEPWISE])
def test_at_least_one_epoch_is_trained_where_training_only_does_harm(name, loss):
    name = "many_to_many_direct" if name == "gru" else name
    series = plain(20 + np.cumsum(np.random.default_rng(1).standard_normal(80)))
    found, said = chosen(settings_of(name, learning_rate=1.0, loss=loss), series)
    losses = [one.epoch.validation_loss for one in said if one.epoch]
    assert found.epochs >= 1
    assert np.isfinite(found.best)
    assert len(losses) == len(SEEDS) * min(8, found.epochs + 3), "three epochs without a better one are the last"
    if loss == "mae" and name not in STEPWISE:
        assert found.best > found.before, "a case of harm: nothing is put in its place"


def test_its_epochs_are_told_seed_by_seed():
    found, said = chosen(settings_of("many_to_many_direct", patience=8), series_of(walk(90)))
    logs = [(one.seed, one.epoch) for one in said if one.epoch]
    assert [(seed, log.epoch) for seed, log in logs] == [(seed, epoch) for epoch in range(1, 9) for seed in SEEDS]
    assert all(log.validation_loss > 0 and log.train_loss > 0 for _, log in logs)
    fractions = [one.fraction for one in said]
    assert all(after >= before for before, after in pairwise(fractions))
    assert 1 <= found.epochs <= 8


def test_what_it_has_chosen_is_trained_on_everything(monkeypatch):
    lengths, of = [], Examples.of.__func__
    monkeypatch.setattr(Examples, "of", classmethod(lambda cls, *args: (lengths.append(list(args[2])), of(cls, *args))[1]))
    model = GRU(hidden=3, lookback=6, lags=2, log="no", mean="no", penalty=0.1, skip="on", **WATCHFUL)
    closed = model.settled(Panel((series_of(walk(90)),)), HORIZON, Context())
    assert (closed.patience, closed.skip) == (0, "on")
    assert 1 <= closed.epochs <= 8
    assert lengths == [[68]]
    closed.fit(Panel((series_of(walk(90)),)), HORIZON, Context())
    assert lengths == [[68], [90]]
    again = model.fit(Panel((series_of(walk(90)),)), HORIZON, Context())
    assert again.settings.epochs == closed.epochs


def test_where_nothing_can_be_held_out_few_epochs_are_trained_with_the_skip_connection():
    found, said = chosen(settings_of("many_to_many_direct", skip="automatic", epochs=60), plain(ar1(9, 0.5, mean=3)))
    assert found == Choice("on", UNTESTED, found.before, found.best)
    assert np.isnan(found.before)
    assert not said
    assert chosen(settings_of("many_to_many_direct", skip="off", epochs=4), plain(ar1(9, 0.5, mean=3)))[0].epochs == 4


def test_series_too_short_to_hold_out_still_train(monkeypatch):
    """One of two values, shorter than the horizon, does not stand in the way."""
    seen, of = [], Examples.of.__func__
    monkeypatch.setattr(Examples, "of", classmethod(lambda cls, *args: (seen.append(of(cls, *args)), seen[-1])[1]))
    series = [plain(ar1(length, 0.5, mean=9, seed=length), name=str(length)) for length in (60, 9, 2)]
    chosen(settings_of("many_to_many_direct"), *series)
    (examples,) = seen
    assert examples.steps.tolist() == [45 - 3, 9 - 3, 0]
    assert (examples.chance[:2] > 0).all()
    assert examples.chance[2] == 0


class Constant(torch.nn.Module):
    """Says the same change of every step ahead."""

    skip = None

    def __init__(self, change: float) -> None:
        super().__init__()
        self.change, self.unit = change, torch.ones(HORIZON)

    def forward(self, inputs, linear, carried=None, *, at=None):
        return torch.full((len(inputs), 1, HORIZON, 1), self.change), None


def test_the_panel_rule_counts_windows_per_series():
    """One long series climbs at its end, three short ones fall: by windows who says up is better, by series who says down."""
    climb = np.concatenate([np.arange(555) % 2 * 2.0, 2.0 * np.arange(1, 46)])
    panel = [plain(climb, name="long")] + [plain(-np.arange(40.0), name=str(number)) for number in range(3)]
    settings = replace(CHEAP, skip="off")
    sight = FROM_LINEAR.sight(settings, Panel(tuple(panel)), HORIZON)
    strip = Strip.of(sight, panel, [len(one) - HORIZON for one in panel])
    held = HeldOut.of(strip, HORIZON, held_out_from(strip.length, HORIZON, HORIZON))
    is_long = held.rows < strip.first[1]
    assert is_long.sum() > (~is_long).sum()
    (up, _), (down, _) = (losses_of([Constant(change)], strip, held, HORIZON) for change in (2.0, -2.0))
    # the changes are 1, 2, 3 sizes one way; said is 2 this way or that: off by 2/3 or by 4 on average
    assert up == pytest.approx((2 / 3 + 3 * 4) / 4)
    assert down == pytest.approx((4 + 3 * 2 / 3) / 4)
    assert down < up
    by_window = [float(torch.where(is_long == good, 2 / 3, 4.0).mean()) for good in (True, False)]
    assert by_window[0] < by_window[1], "a rule that counts windows as one chooses the other"


def test_what_is_judged_is_the_median_of_the_seeds():
    series = series_of(walk(60))
    strip = Strip.of(untrained(CHEAP, series).sight, (series,), (57,))
    held = HeldOut.of(strip, HORIZON, np.array([45]))
    joint, each = losses_of([Constant(one) for one in (-40.0, 0.3, 50.0)], strip, held, HORIZON)
    alone = [losses_of([Constant(one)], strip, held, HORIZON)[0] for one in (-40.0, 0.3, 50.0)]
    assert each == pytest.approx(alone)
    assert joint == pytest.approx(alone[1])


@pytest.mark.parametrize(
    ("on", "off", "expected"), [(1.0, 0.96, "on"), (1.0, 0.94, "off"), (1.0, 1.0, "on"), (1.0, 2.0, "on"), (np.inf, 2.0, "off")]
)
def test_without_a_skip_connection_it_must_be_clearly_better(on, off, expected):
    assert CLEARLY == 0.05
    both = [Candidate(replace(CHEAP, skip=way), None, 1.0, best) for way, best in (("on", on), ("off", off))]
    assert selection._better(both, CLEARLY).settings.skip == expected


def automatic(**more) -> Model:
    return LSTM(hidden=8, lookback=6, log="no", mean="yes", skip="automatic", penalty=0.1, **more)


def test_it_is_on_where_the_truth_is_linear():
    values = [3.0, 4.0]
    for noise in ar1(298, 0.0, seed=2):
        values.append(5 + 1.1 * values[-1] - 0.8 * values[-2] + noise)
    model = automatic(lags=3, epochs=12, patience=4)
    assert model.settled(Panel((plain(np.array(values)),)), 3, Context(seed=1), 2).skip == "on"


def test_it_is_off_where_the_linear_start_does_harm():
    """Lags that are mere chance, unshrunk: forty weights fitted to a map that no linear model sees anything of."""
    model = replace(automatic(lags=40, epochs=40, patience=10, learning_rate=0.01), penalty=0.0)
    found = model.settled(Panel((plain(logistic(160)),)), 1, Context(seed=1), 2)
    assert found.skip == "off"


def test_those_that_are_behind_stop_after_a_third_of_the_epochs():
    settings = settings_of("many_to_many_direct", skip="automatic", epochs=9, patience=9)
    counts, epoch = {}, selection.Candidate.go_on

    def counted(self, held, horizon):
        counts[self.settings.skip] = counts.get(self.settings.skip, 0) + 1
        epoch(self, held, horizon)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection.Candidate, "go_on", counted)
        found, said = chosen(settings, series_of(walk(90)))
    other = {"on": "off", "off": "on"}[found.skip]
    assert counts == {found.skip: 9, other: 3}
    assert [one.epoch.epoch for one in said if one.epoch][:: len(SEEDS)] == list(range(1, 10)), "those of the winner alone"


def test_of_a_large_panel_one_seed_says_as_much_as_all(monkeypatch):
    monkeypatch.setattr(selection, "PLENTY", 3)
    series = [plain(ar1(40, 0.5, mean=9, seed=number), name=str(number)) for number in range(3)]
    _, said = chosen(settings_of("many_to_many_direct", epochs=2), *series)
    assert {one.seed for one in said if one.epoch} == {SEEDS[0]}
    _, said = chosen(settings_of("many_to_many_direct", epochs=2), *series[:2])
    assert {one.seed for one in said if one.epoch} == set(SEEDS)
