"""The choice of lags against statsmodels, candidate by candidate."""

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.tsatools import lagmat

from core.errors import ConfigError
from core.models.lags import chosen_lags, dies_away, feedback, longest_order, parsed_lags, prefixes


@pytest.mark.parametrize(
    ("length", "season", "longest"),
    [(100, 1, 12), (309, 1, 15), (309, 11, 23), (100, 24, 25), (40, 12, 10), (5, 1, 1), (500, 96, 60), (10_000, 12, 37)],
)
def test_orders_are_tried_up_to_schwerts_rule_or_two_seasons_or_a_quarter_of_the_length(length, season, longest):
    assert longest_order(length, season) == longest  # 12 · (309/100)^¼ = 15.9, 12 · 100^¼ = 37.9


def test_lags_are_read_in_any_order():
    assert parsed_lags("12, 1,2", "ar") == (1, 2, 12)


@pytest.mark.parametrize("text", ["0", "1,1", "1,,2", "one", "1.5", "-3", "1001", "1;2", "², 3", "9" * 5000])
def test_lags_that_are_not_whole_numbers_are_named(text):
    with pytest.raises(ConfigError, match="give whole numbers from 1 to 1000, each once, such as 1,2,12") as caught:
        parsed_lags(text, "ar")
    assert str(caught.value).startswith(f"ar.lags is {text!r}; ")


def regression(values, lags, fixed=None):
    """Columns beside the lags, lagged values and target, of all steps that have every lag."""
    most = max(lags)
    fixed = np.ones((len(values), 1)) if fixed is None else fixed
    lagged = [values[most - lag : len(values) - lag] for lag in lags]
    return np.column_stack([fixed[most:], *lagged, values[most:]])


def best(found):
    return min(found, key=lambda one: one.score)


def test_the_rolling_criterion_compares_one_step_errors_over_steps_not_seen(sunspots):
    values, most = sunspots.values, 10
    table = regression(values, range(1, most + 1))
    found = best(prefixes(table[:240], range(1, most + 1), range(1, most + 1), "rolling", unseen=table[240:]))
    losses = []
    for order in range(1, most + 1):
        start = AutoReg(values[:250], order, hold_back=most).fit()
        errors = [start.append(values[250:end], refit=False).forecast(1)[0] - values[end] for end in range(251, 309)]
        errors.append(start.forecast(1)[0] - values[250])
        losses.append(np.mean(np.square(errors)))
    assert found.lags == tuple(range(1, int(np.argmin(losses)) + 2))
    assert found.score == pytest.approx(np.log(min(losses)))


def test_scores_of_prefixes_are_those_of_statsmodels_per_step(sunspots):
    lags = (11, 1, 2, 5)
    table = regression(sunspots.values, lags)
    found = prefixes(table, lags, (1, 3, 4), "aicc")
    for one in found:
        size = len(one.lags)
        result = OLS(table[:, -1], table[:, : 1 + size]).fit()
        parameters, rows = size + 2, len(table)  # with the constant and the variance
        expected = -2 * result.llf + 2 * parameters + 2 * parameters * (parameters + 1) / (rows - parameters - 1)
        assert rows * one.score == pytest.approx(expected - rows * (np.log(2 * np.pi) + 1))
    assert [one.lags for one in found] == [(11,), (11, 1, 2), (11, 1, 2, 5)]


def test_more_lags_than_the_steps_can_bear_are_left_out():
    table = regression(np.random.default_rng(0).standard_normal(16), range(1, 7))  # 10 steps
    assert len(prefixes(table, range(1, 7), range(1, 7), "aicc")) == 6  # 10 − 7 − 2 = 1 is left
    assert len(prefixes(table[1:], range(1, 7), range(1, 7), "aicc")) == 5


@pytest.mark.parametrize("root", [0.98, 1.02])
def test_an_unstable_regression_is_seen(root):
    values = [1.0]
    for shock in np.random.default_rng(3).standard_normal(300):
        values.append(root * values[-1] + 0.01 * shock)
    (one,) = prefixes(regression(np.array(values), (1,)), (1,), (1,), "aicc")
    assert one.is_unstable == (root > 1)
    assert not one.is_collinear


def test_a_regression_whose_columns_say_the_same_is_seen():
    wave = np.sin(2 * np.pi * np.arange(120) / 7)  # two lags are all there is
    found = prefixes(regression(wave, (1, 2, 3)), (1, 2, 3), (1, 2, 3), "aicc")
    assert [one.is_collinear for one in found] == [False, False, True]
    assert not found[1].is_unstable  # its roots lie on the circle: it goes on for ever


@pytest.mark.parametrize("roots", [(0.9, -0.8, 0.3), (0.99,), (1.01, 0.2), (1.2, 0.9, -0.9, 0.1), (-1.001, 0.5)])
def test_weights_die_away_where_their_roots_lie_inside_the_circle(roots):
    assert dies_away(-np.poly(roots)[1:]) == all(abs(root) < 1 for root in roots)


def test_changes_over_a_season_are_fed_back_as_values():
    # u(t) − u(t−3) = 0.5 (u(t−1) − u(t−4)):  u(t) = 0.5 u(t−1) + u(t−3) − 0.5 u(t−4)
    np.testing.assert_allclose(feedback(np.array([0.5]), 3), [0.5, 0.0, 1.0, -0.5])


@pytest.mark.parametrize("criterion", ["aic", "bic", "hqic"])
def test_elimination_drops_the_smallest_t_ratio_until_the_criterion_is_least(sunspots, criterion):
    values, most = sunspots.values, 15
    lagged, target = lagmat(values, most, trim="both"), values[most:]
    kept, tried = list(range(most)), []
    while kept:
        result = OLS(target, np.column_stack([np.ones(len(target)), lagged[:, kept]])).fit()
        parameters = len(kept) + 1
        cost = {"aic": 2, "bic": np.log(294), "hqic": 2 * np.log(np.log(294))}[criterion]
        tried.append((-2 * result.llf + cost * parameters, [place + 1 for place in kept]))
        kept.pop(int(np.argmin(np.abs(result.tvalues[1:]))))
    found = chosen_lags(values, np.ones((309, 1)), range(1, most + 1), criterion)
    assert list(found) == min(tried)[1]
    assert len(found) < most


def test_sparse_lags_are_found():
    random = np.random.default_rng(4)
    values = list(random.standard_normal(12))
    for _ in range(900):
        values.append(0.35 * values[-1] + 0.5 * values[-12] + random.standard_normal())
    lags = chosen_lags(np.array(values), np.ones((912, 1)), range(1, 21), "bic")
    assert lags == (1, 12)


def test_what_stands_beside_the_lags_is_accounted_for():
    # noise around a steep line is a near random walk without the line, and nothing beside it
    steps = np.arange(300.0)
    values = 0.5 * steps + np.random.default_rng(2).standard_normal(300)
    with_line = np.column_stack([np.ones(300), steps])
    orders = [
        len(best(prefixes(regression(values, range(1, 13), fixed), range(1, 13), range(1, 13), "bic")).lags)
        for fixed in (with_line[:, :1], with_line)
    ]
    assert orders[1] == 1 < orders[0]
