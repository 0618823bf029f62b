"""The bridge: before training it is AR, to the digits of single precision; what training gains is said."""

from dataclasses import replace

import numpy as np
import pytest
from core.windows.linear import rolled

from core.errors import ConfigError
from core.models.autoregression import AR
from core.models.bridge import Bridge, from_equation, gained
from core.nets import training
from core.nets.training import fit
from core.progress import Context
from core.series.scaling import Scaling
from core.series.timeseries import Inputs, Panel
from tests.bench.known import ar1, plain, sunspots
from tests.nets.small import Closed, nothing

HORIZON = 6
SERIES = {
    "sunspots, AR(9)": (sunspots()[:221], AR()),
    "AR(1)": (plain(50 + ar1(200, 0.9, seed=3)), AR(order=1)),
    "differences": (plain(5 + np.cumsum(0.3 + ar1(200, 0.5, seed=3))), AR(order=3, differences=1)),
    "one lag of differences": (plain(5 + np.cumsum(ar1(200, 0.5, seed=4))), AR(order=1, differences=1)),
}
SMALL = {"hidden": 3, "epochs": 2, "lookback": 12}


@pytest.mark.parametrize("topology", ["one_to_many", "many_to_one", "synced", "encoder_decoder"])
@pytest.mark.parametrize("name", SERIES)
def test_before_training_it_forecasts_as_ar_does(name, topology):
    series, ar = SERIES[name]
    panel = Panel((series,))
    there = ar.fit(panel, HORIZON, Context())
    scaling = Scaling.learn(series)
    one_step = from_equation(there.equation(series.id), scaling, nothing(HORIZON))
    settings = Closed(cell="lstm", label="AR → RNN", lookback=12, skip=len(one_step) - 2, topology=topology, epochs=0)
    keeps = not there.equation(series.id).differences
    path = rolled(one_step, settings.ahead(HORIZON), scaling.step / scaling.spread, keeps_level=keeps)
    fitted = fit(settings, panel, HORIZON, Context(), path=path)
    for length in (len(series), len(series) - 17):
        expected = there.forecast(series[:length], HORIZON).point
        found = fitted.forecast(series[:length], HORIZON).point
        np.testing.assert_allclose(found, expected, atol=1e-6 * scaling.spread, rtol=1e-6)


@pytest.mark.parametrize("differences", [0, 1])
@pytest.mark.parametrize("topology", ["one_to_many", "many_to_one", "synced", "encoder_decoder"])
def test_with_covariates_it_starts_as_the_ar_that_reads_them(topology, differences, monkeypatch):
    """One epoch, of which nothing is kept."""
    monkeypatch.setattr(training, "LEAST_GAIN", np.inf)
    random = np.random.default_rng(6)
    known, past, still = random.normal(3, 2, 200 + HORIZON), random.normal(-5, 0.1, 200), np.full(200, 4.0)
    values = 50 + ar1(200, 0.6, seed=2) + 2 * known[:200] + np.concatenate([np.zeros(HORIZON), 30 * past[:-HORIZON]])
    values = np.cumsum(values - values.mean()) if differences else values
    roles = {"price": ("known", known), "visits": ("past", past), "still": ("past", still)}
    if topology in ("many_to_one", "synced"):  # which read no past covariates
        del roles["visits"], roles["still"]
    table = np.full((200 + HORIZON, len(roles)), np.nan)
    for place, (_, column) in enumerate(roles.values()):
        table[: len(column), place] = column
    series = plain(values)
    series = replace(series, inputs=Inputs(tuple(roles), tuple(role for role, _ in roles.values()), table))
    ar = AR(order=3).fit(Panel((series,)), HORIZON, Context())
    assert ar.equation(series.id).differences == differences
    fitted = Bridge(order=3, hidden=3, epochs=1, lookback=12, topology=topology).fit(Panel((series,)), HORIZON, Context())
    assert len(ar.equation(series.id).fixed) == (2 if len(roles) == 1 else 3)  # what stands still is left out
    again = Bridge(order=3, hidden=3, epochs=1, lookback=12, topology=topology).restore(fitted.arrays())
    for length in (200, 183):
        expected = ar.forecast(series[:length], HORIZON).point
        np.testing.assert_allclose(
            fitted.forecast(series[:length], HORIZON).point, expected, atol=1e-6 * values.std(), rtol=1e-6
        )
        np.testing.assert_array_equal(
            again.forecast(series[:length], HORIZON).point, fitted.forecast(series[:length], HORIZON).point
        )


def test_it_starts_at_the_ar_that_is_named_and_says_what_training_gained():
    series = sunspots()[:221]
    losses = []
    watch = Context(watch=lambda progress: progress.epoch and losses.append(progress.epoch.validation_loss))
    fitted = Bridge(epochs=40, hidden=8).fit(Panel((series,)), 1, watch)
    share = 100 * (1 - min(losses) / losses[0])
    assert share > 5
    assert fitted.notes == (
        f"before training it forecasts as AR(9) does; training made the validation loss {share:.0f} % smaller",
    )


@pytest.mark.parametrize(
    ("losses", "is_likelihood", "worth"),
    [
        ([0.8, 0.6, 0.7], False, "25 % smaller"),
        ([0.8, 1.0, 0.9], False, "12 % larger"),  # the start is no epoch, and is not kept
        ([0.07, -0.124], True, "0.19 nats a value smaller"),  # as a share it would be 277 %
        ([-1.0, -1.5], True, "0.5 nats a value smaller"),
        ([-1.0, -0.75], True, "0.25 nats a value larger"),
        ([float("inf"), 0.4], False, "finite"),
    ],
)
def test_what_is_gained_is_a_share_or_nats_where_the_loss_is_a_likelihood(losses, is_likelihood, worth):
    words = gained("AR(2)", losses, is_likelihood=is_likelihood)
    assert words.endswith(f"; training made the validation loss {worth}")


def test_there_is_no_share_of_no_error():
    words = gained("AR(1)", [0.0, 0.0, 0.25], is_likelihood=False)
    assert words == "before training it forecasts as AR(1) does, which makes no error on the validation part"


@pytest.mark.parametrize("loss", ["gaussian", "student_t"])
def test_the_note_of_a_fit_by_likelihood_is_in_nats(loss):
    steps = np.arange(240)
    series = plain(np.where(np.sin(steps / 3) > 0, 1.0, -1.0) * (steps % 7) + 0.1 * ar1(240, 0.3, seed=2))
    (note,) = Bridge(epochs=15, hidden=8, lookback=12, loss=loss).fit(Panel((series,)), 1, Context()).notes
    assert note.endswith("nats a value smaller")


def test_every_series_of_a_panel_has_its_own_and_is_restored():
    panel = Panel((plain(50 + ar1(90, 0.9, seed=3), name="a"), plain(9 + ar1(80, 0.2, seed=4), name="b")))
    model = Bridge(**SMALL, loss="gaussian")
    fitted = model.fit(panel, 3, Context())
    assert [note[:2] for note in fitted.notes] == ["a:", "b:"]
    again = model.restore(fitted.arrays())
    assert again.notes == fitted.notes
    for series in panel:
        one, other = (found.forecast(series, 3, (0.1, 0.9)) for found in (fitted, again))
        np.testing.assert_array_equal(one.point, other.point)
        np.testing.assert_array_equal(one.quantiles, other.quantiles)
    alone = model.fit(Panel((panel["a"],)), 3, Context())
    np.testing.assert_array_equal(alone.forecast(panel["a"], 3).point, fitted.forecast(panel["a"], 3).point)


def test_a_moving_unit_is_refused():
    with pytest.raises(ConfigError, match=r"bridge\.normalisation is 'window', in whose units AR is not linear; choose series"):
        replace(Bridge(), normalisation="window")
