"""What models that are fitted series by series have in common, on a fake one that learns a mean."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from core.errors import FitError
from core.models.registry import MODELS
from core.models.seriesfit import Equation, PerSeries, is_far, normal_quantiles, settled
from core.progress import Context
from core.series.timeseries import Panel
from tests.bench.known import plain
from tests.contract.small import wave


@dataclass(frozen=True, eq=False)
class Level(Equation):
    level: np.ndarray

    @property
    def label(self):
        return "Level"

    @property
    def parameter_count(self):
        return 1

    def forecast(self, history, horizon, levels):
        point = self.level * 10.0 ** (300 * np.arange(horizon))
        return point, normal_quantiles(point, np.ones(horizon), levels)


@dataclass(frozen=True)
class Levels(PerSeries):
    name = "levels"
    label = "Level"
    family = "fake"
    help = "A mean."
    equation = Level
    remedy = "choose less"

    def needs(self, horizon, season):
        return 1

    def fit_one(self, series, horizon, context):
        notes = ("below zero",) if series.values.mean() < 0 else ()
        return Level(np.array([series.values.mean()])), notes


PANEL = Panel(tuple(plain([level, level + 2.0], name=f"s{level}") for level in (-9, 4, -6, -3)))


def test_each_series_finds_its_own_equation_again():
    fitted = Levels().restore(Levels().fit(PANEL, 3, Context()).arrays())
    for series in PANEL:
        assert fitted.forecast(series, 1).point == [series.values.mean()]
    assert fitted.parameter_count == 4


@pytest.mark.parametrize(
    ("point", "is_out"),
    [([-150.0, 144.0], False), ([0.0, -150.1], True), ([144.1, 0.0], True), ([0.0, np.nan], True), ([np.inf, 0.0], True)],
)
def test_ten_ranges_beyond_the_known_values_is_too_far(point, is_out):
    assert is_far(np.array(point), np.array([-4.0, -10.0, 4.0])) is is_out  # from −10 to 4, so from −10 − 140 to 4 + 140


def test_values_that_are_all_the_same_bound_nothing():
    assert not is_far(np.array([3.0 + 1e-15, 9.0]), np.full(4, 3.0))


@dataclass(frozen=True)
class Picky(Levels):
    """It learns no series whose mean is below zero, and forecasts level."""

    def fit_one(self, series, horizon, context):
        if series.values.mean() < 0:
            raise FitError(f"{series.id} is below zero; choose more")
        return super().fit_one(series, horizon, context)


def test_a_series_that_cannot_be_fitted_is_absent_by_name_and_the_others_are_there():
    fitted = Picky().fit(PANEL, 1, Context())
    why = {name: f"{name} is below zero; choose more" for name in ("s-9", "s-6", "s-3")}
    for one in (fitted, Picky().restore(fitted.arrays())):
        assert (one.ids, dict(one.absent)) == (("s4",), why)
        assert one.forecast(PANEL["s4"], 1).point == [5.0]
        with pytest.raises(FitError, match=r"^s-6 is below zero; choose more$"):
            one.forecast(PANEL["s-6"], 1)


def test_where_none_can_be_fitted_the_first_reason_is_that_of_the_model():
    with pytest.raises(FitError, match=r"^s-6 is below zero; choose more$"):
        Picky().fit(Panel((PANEL["s-6"], PANEL["s-3"])), 1, Context())


def test_what_was_kept_before_series_could_be_absent_is_restored():
    arrays = {name: array for name, array in Levels().fit(PANEL, 1, Context()).arrays().items() if "absent" not in name}
    assert Levels().restore(arrays).absent == {}


def test_a_note_is_said_once_for_all_series_it_is_true_of():
    fitted = Levels().fit(PANEL, 3, Context())
    assert fitted.notes == ("below zero (series 's-9' and 2 more)",)
    assert Levels().restore(fitted.arrays()).notes == fitted.notes


def test_progress_never_goes_back():
    seen = []
    Levels().fit(PANEL, 3, Context(watch=lambda progress: seen.append(progress.fraction)))
    assert seen == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_what_is_no_number_is_an_error_with_its_remedy():
    fitted = Levels().fit(PANEL, 3, Context())
    with pytest.raises(FitError, match=r"^Level explodes within 3 steps; choose less$"):
        fitted.forecast(PANEL["s4"], 3)


def test_quantiles_of_normal_errors():
    found = normal_quantiles(np.array([1.0, 5.0]), np.array([2.0, 0.0]), (0.05, 0.5, 0.9))
    np.testing.assert_allclose(found, norm.ppf([[0.05], [0.5], [0.9]]) * [2.0, 0.0] + [1.0, 5.0], rtol=1e-12)
    assert normal_quantiles(np.zeros(4), np.ones(4), ()).shape == (0, 4)


OWN = [name for name, model in MODELS.items() if issubclass(model, PerSeries)]
LEVELS = (0.05, 0.5, 0.95)


def quantiles(name, values):
    series = plain(values, season=6)
    settings = {"p": 1, "q": 1, "sp": 1, "sq": 0} if name == "arima" else {}  # a search would take seconds
    return MODELS[name](**settings).fit(Panel((series,)), 5, Context()).forecast(series, 5, LEVELS).quantiles


@pytest.mark.parametrize("name", OWN)
def test_quantiles_shift_and_scale_with_the_series(name):
    expected = 7000 + 0.01 * quantiles(name, wave(50))
    np.testing.assert_allclose(quantiles(name, 7000 + 0.01 * wave(50)), expected, atol=1e-4 * 0.01 * wave(50).std())


@pytest.mark.parametrize("name", OWN)
def test_what_never_varied_has_no_width(name):
    np.testing.assert_allclose(quantiles(name, np.full(40, -3.5)), -3.5, atol=1e-6)


def solver(*ends):
    """Gives one end after another: (log-likelihood, statsmodels' warning flag, 0 where it converged)."""
    left = iter(ends)

    def solve(_start):
        likelihood, flag = next(left)
        return SimpleNamespace(params=likelihood, llf=likelihood, mle_retvals={"converged": flag == 0, "warnflag": flag})

    return solve


@pytest.mark.parametrize(
    ("ends", "best", "has_converged"),
    [
        ([(5.0, 0)], 5.0, True),
        ([(5.0, 2), (5.001, 2)], 5.001, True),  # stuck, and stuck again at the same place
        ([(5.0, 2), (4.0, 2)], 5.0, True),  # the second start led to a worse place
        ([(5.0, 2), (float("nan"), 2)], 5.0, True),
        ([(5.0, 2), (9.0, 2), (11.0, 0)], 11.0, True),
        ([(5.0, 1)], 5.0, False),  # the iterations were used up
        ([(5.0, 2), (9.0, 1)], 9.0, False),
        ([(float(at), 2) for at in range(6)], 5.0, False),  # each start gains, and the starts are used up
    ],
)
def test_a_solver_that_is_stuck_has_converged_once_another_start_gains_nothing(ends, best, has_converged):
    solution, is_settled = settled(solver(*ends), lambda _: False)
    assert (solution.llf, is_settled) == (best, has_converged)


@pytest.mark.parametrize("flag", [1, 2])
def test_an_exact_fit_has_converged_wherever_the_solver_stopped(flag):
    assert settled(solver((900.0, flag)), lambda solution: solution.llf > 800)[1]
    assert not settled(solver((700.0, 1)), lambda solution: solution.llf > 800)[1]
