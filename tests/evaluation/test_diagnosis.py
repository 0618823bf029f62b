"""What past forecasts say of a model: residuals by hand, their test by statsmodels, reliability by counting."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.diagnostic import acorr_ljungbox

from core.evaluation.backtest import Backtest
from core.evaluation.diagnosis import diagnose

LEVELS = (0.1, 0.5, 0.9)


def past_of(errors, reach=2.0, own=None, observed=None):
    """Forecasts (O, H) that miss the truth by `errors`, quantiles `reach` around them; own: the reach of the model's own."""
    origins, steps = errors.shape
    actual = 50 + np.arange(origins)[:, None] + np.arange(steps)
    point = actual - errors

    def around(width, levels):
        shifts = {0.1: -width, 0.5: 0.0, 0.9: width}
        return np.stack([point + shifts[level] for level in levels], axis=1)

    quantiles = around(reach, LEVELS)
    quantiles[:3] = np.nan  # too few past errors
    claimed = None if own is None else around(own, (0.1, 0.9))
    seen = np.ones((origins, steps), bool) if observed is None else observed
    return Backtest(np.arange(30, 30 + origins), actual, point, LEVELS, quantiles, seen, claimed)


ERRORS = np.random.default_rng(5).normal(0.5, 2, (43, 2))


def test_residuals_are_one_step_ahead_and_their_test_is_that_of_statsmodels():
    found = diagnose(past_of(ERRORS), 1, 4)
    assert found.residuals == pytest.approx(ERRORS[:, 0])
    assert found.origins.tolist() == list(range(30, 73))
    box = acorr_ljungbox(ERRORS[:, 0], lags=[8])  # two seasons, less than a fifth of 43
    assert (found.checks.lags, found.checks.p) == (8, pytest.approx(box["lb_pvalue"].iloc[0]))
    worst = int(np.abs(ERRORS[:, 0]).argmax())
    assert (found.checks.largest[0].place, found.checks.largest[0].residual) == (worst, pytest.approx(ERRORS[worst, 0]))
    assert found.checks.mean == pytest.approx(ERRORS[:, 0].mean())
    assert (found.missing, found.reason) == (0, "")


@pytest.mark.parametrize(("stride", "season", "lags"), [(2, 8, 8), (3, 8, 8), (4, 8, 4), (1, 1, 8)])
def test_a_season_counts_in_origins(stride, season, lags):
    """43 residuals: a season of 4 origins allows 8 lags, one of 2 allows 4; without one it is a fifth of them, 8."""
    assert diagnose(past_of(ERRORS), stride, season).checks.lags == lags


def test_values_that_were_filled_into_gaps_are_left_out_and_counted():
    observed = np.ones(ERRORS.shape, bool)
    observed[[4, 9], 0] = False
    found = diagnose(past_of(ERRORS, observed=observed), 1, 1)
    assert (len(found.residuals), found.missing) == (41, 2)
    assert 34 not in found.origins
    assert found.residuals == pytest.approx(np.delete(ERRORS[:, 0], [4, 9]))


def test_reliability_counts_truths_below_each_quantile_one_step_ahead_and_over_all_steps():
    found = diagnose(past_of(ERRORS), 1, 1)
    first = found.calibration(is_own=False, is_all=False).found
    late = ERRORS[3:]  # the first three origins have no interval
    assert first.observed == pytest.approx([np.mean(late[:, 0] <= edge) for edge in (-2, 0, 2)])
    assert first.blocks == 40
    assert first.low == pytest.approx(binom.ppf(0.025, 40, LEVELS) / 40)
    whole = found.calibration(is_own=False, is_all=True).found
    assert whole.observed == pytest.approx([np.mean(late <= edge) for edge in (-2, 0, 2)])
    assert whole.blocks == 20  # origins one apart share outcomes two by two
    assert diagnose(past_of(ERRORS), 2, 1).calibration(is_own=False, is_all=True).found.blocks == 40
    assert found.calibration(is_own=True, is_all=False) is None


def test_what_a_model_claims_has_its_own_reliability_with_the_point_in_the_middle():
    found = diagnose(past_of(ERRORS, own=0.5), 1, 1).calibration(is_own=True, is_all=False).found
    assert found.observed == pytest.approx([np.mean(ERRORS[:, 0] <= edge) for edge in (-0.5, 0, 0.5)])
    assert found.blocks == 43


def test_few_origins_and_constant_errors_have_a_reason():
    found = diagnose(past_of(ERRORS[:9]), 1, 1)
    assert found.checks is None
    assert found.reason.startswith("checks of residuals need at least 12 of them and there are 9")
    few = found.calibration(is_own=False, is_all=False)
    assert few.found is None
    assert few.reason.startswith("how reliable quantiles are needs at least 8 forecasts")
    assert diagnose(past_of(np.full((20, 1), 1.5)), 1, 1).reason.startswith("the residuals are constant")
    assert [one.is_all for one in diagnose(past_of(np.full((20, 1), 1.5)), 1, 1).calibrations] == [False]


def test_the_widest_interval_is_left_out_where_too_few_origins_have_it():
    past = past_of(ERRORS)
    levels = (0.025, *LEVELS, 0.975)
    wide = np.concatenate([past.quantiles[:, :1] - 9, past.quantiles, past.quantiles[:, -1:] + 9], axis=1)
    for known, expected in ((8, levels), (7, LEVELS)):
        some = wide.copy()
        some[: len(some) - known, [0, -1]] = np.nan
        found = diagnose(replace(past, levels=levels, quantiles=some), 1, 1).calibration(is_own=False, is_all=False).found
        assert tuple(found.levels) == expected
