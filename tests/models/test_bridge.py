"""The bridge: before training it is AR, to the digits of single precision; what training changed is said."""

import re
from dataclasses import replace

import numpy as np
import pytest

from core.models.autoregression import AR
from core.models.bridge import Bridge, FromAR, gained
from core.nets.examples import Examples
from core.nets.fitted import FittedNetwork, restore
from core.nets.selection import select
from core.nets.start import built
from core.nets.strip import Strip
from core.progress import Context
from core.series.timeseries import Inputs, Panel
from core.windows.settings import STEPWISE, TOPOLOGIES
from tests.bench.known import ar1, plain, sunspots

HORIZON = 6
SERIES = {  # and the order and the differences of its AR
    "sunspots": (sunspots()[:221], None, 0),
    "AR(1)": (plain(50 + ar1(200, 0.9, seed=3)), 1, 0),
    "differences": (plain(5 + np.cumsum(0.3 + ar1(200, 0.5, seed=3))), 3, 1),
    "one lag of differences": (plain(5 + np.cumsum(ar1(200, 0.5, seed=4))), 1, 1),
}
SMALL = {"hidden": 3, "epochs": 2, "lookback": 12}
SHAPE = {"hidden": 3, "lookback": 12}


def alone(series):
    return Panel((series,))


def untrained(model, series):
    """The fitted network of the only series, as it is before its first update."""
    panel, source = alone(series), FromAR(model.order)
    closed = model.resolved(len(series), HORIZON, series.season)
    ahead = closed.ahead(HORIZON)
    sight = source.sight(closed, panel, HORIZON)
    strip = Strip.of(sight, panel.series, [len(series) - ahead])
    examples = Examples.of(strip, ahead, strip.length)
    (network,) = built(closed, examples, source.start(sight, panel, HORIZON), [0], "cpu")
    return FittedNetwork(sight, network.eval(), HORIZON)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("name", SERIES)
def test_before_training_it_forecasts_as_ar_does(name, topology):
    series, order, differences = SERIES[name]
    ar = AR(order=order).fit(alone(series), HORIZON, Context())
    assert ar.equation(series.id).differences == differences
    fitted = untrained(Bridge(**SHAPE, order=order, topology=topology), series)
    for length in (len(series), len(series) - 17):
        expected = ar.forecast(series[:length], HORIZON).point
        found = fitted.forecast(series[:length], HORIZON).point
        np.testing.assert_allclose(found, expected, atol=1e-6 * series.values.std(), rtol=1e-6)


@pytest.mark.parametrize("differences", [0, 1])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_with_covariates_it_starts_as_the_ar_that_reads_them(topology, differences):
    random = np.random.default_rng(6)
    known, past, still = random.normal(3, 2, 200 + HORIZON), random.normal(-5, 0.1, 200), np.full(200, 4.0)
    values = 50 + ar1(200, 0.6, seed=2) + 2 * known[:200] + np.concatenate([np.zeros(HORIZON), 30 * past[:-HORIZON]])
    values = np.cumsum(values - values.mean()) if differences else values
    roles = {"price": ("known", known), "visits": ("past", past), "still": ("past", still)}
    if topology in STEPWISE:  # which read no past covariates
        del roles["visits"], roles["still"]
    table = np.full((200 + HORIZON, len(roles)), np.nan)
    for place, (_, column) in enumerate(roles.values()):
        table[: len(column), place] = column
    series = plain(values)
    series = replace(series, inputs=Inputs(tuple(roles), tuple(role for role, _ in roles.values()), table))
    ar = AR(order=3).fit(alone(series), HORIZON, Context())
    assert ar.equation(series.id).differences == differences
    model = Bridge(**SHAPE, order=3, topology=topology)
    fitted = untrained(model, series)
    assert len(ar.equation(series.id).fixed) == (2 if len(roles) == 1 else 3)  # what stands still is left out
    again = restore(model, fitted.arrays())
    for length in (200, 183):
        expected, found = (one.forecast(series[:length], HORIZON).point for one in (ar, fitted))
        np.testing.assert_allclose(found, expected, atol=1e-6 * values.std(), rtol=1e-6)
        np.testing.assert_array_equal(again.forecast(series[:length], HORIZON).point, found)


def test_a_step_of_training_leaves_the_start_by_little():
    """The whole way through `fit`: at the smallest rate, one epoch."""
    series = SERIES["AR(1)"][0]
    fitted = Bridge(**SHAPE, order=1, epochs=1, patience=0, learning_rate=1e-6).fit(alone(series), HORIZON, Context())
    expected = AR(order=1).fit(alone(series), HORIZON, Context()).forecast(series, HORIZON).point
    found = fitted.forecast(series, HORIZON).point
    np.testing.assert_allclose(found, expected, atol=1e-5 * series.values.std(), rtol=0)
    assert (found != expected).any()
    assert fitted.notes[0] == "before training it forecasts as AR(1) does"


def test_it_starts_at_the_ar_that_is_named_and_says_what_training_changed():
    """On the sunspots: the epochs that were held out are chosen by `select`, whose losses the note must tell."""
    series = sunspots()[:221]
    model = Bridge(epochs=30, hidden=8)
    closed = model.resolved(len(series), 1, 1)
    found = select(closed, FromAR(None), alone(series), 1, Context(), [0])
    share = 100 * (1 - found.best / found.before)
    assert share > 3
    notes = model.fit(alone(series), 1, Context()).notes
    assert notes[0] == (
        f"before training it forecasts as AR(8) does; training made the loss on held-out windows {share:.0f} % smaller"
    )
    assert re.fullmatch(r"beside its skip connection, the recurrent part moves the forecast by \d+ % of its size", notes[1])


@pytest.mark.parametrize(
    ("before", "after", "is_likelihood", "worth"),
    [
        (0.8, 0.6, False, "25 % smaller"),
        (0.8, 0.9, False, "12 % larger"),
        (0.07, -0.124, True, "0.19 nats a value smaller"),  # as a share it would be 277 %
        (-1.0, -1.5, True, "0.5 nats a value smaller"),
        (-1.0, -0.75, True, "0.25 nats a value larger"),
        (float("inf"), 0.4, False, "finite"),
    ],
)
def test_what_is_gained_is_a_share_or_nats_where_the_loss_is_a_likelihood(before, after, is_likelihood, worth):
    words = gained(before, after, is_likelihood=is_likelihood)
    assert words == f"; training made the loss on held-out windows {worth}"


def test_there_is_no_share_of_no_error():
    assert gained(0.0, 0.25, is_likelihood=False) == ", which makes no error on held-out windows"


@pytest.mark.parametrize("loss", ["gaussian", "student_t"])
def test_the_note_of_a_fit_by_likelihood_is_in_nats(loss):
    steps = np.arange(240)
    series = plain(np.where(np.sin(steps / 3) > 0, 1.0, -1.0) * (steps % 7) + 0.1 * ar1(240, 0.3, seed=2))
    note = Bridge(epochs=15, hidden=8, lookback=12, loss=loss).fit(alone(series), 1, Context()).notes[0]
    assert note.endswith("nats a value smaller")


def test_every_series_of_a_panel_has_its_own_and_is_restored():
    panel = Panel((plain(50 + ar1(90, 0.9, seed=3), name="a"), plain(9 + ar1(80, 0.2, seed=4), name="b")))
    model = Bridge(**SMALL, loss="gaussian")
    fitted = model.fit(panel, 3, Context())
    assert [note[:2] for note in fitted.notes] == ["a:", "a:", "b:", "b:"]
    again = model.restore(fitted.arrays())
    assert again.notes == fitted.notes
    for series in panel:
        one, other = (found.forecast(series, 3, (0.1, 0.9)) for found in (fitted, again))
        np.testing.assert_array_equal(one.point, other.point)
        np.testing.assert_array_equal(one.quantiles, other.quantiles)
    alone = model.fit(Panel((panel["a"],)), 3, Context())
    np.testing.assert_array_equal(alone.forecast(panel["a"], 3).point, fitted.forecast(panel["a"], 3).point)
