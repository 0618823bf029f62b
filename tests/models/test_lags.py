"""The choice of lags against statsmodels, candidate by candidate."""

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.tsatools import lagmat

from core.errors import ConfigError
from core.models.lags import chosen_lags, longest_order, parsed_lags


@pytest.mark.parametrize(
    ("length", "season", "longest"),
    [(100, 1, 12), (309, 1, 15), (309, 11, 23), (100, 24, 49), (500, 96, 60), (10_000, 12, 37)],
)
def test_orders_are_tried_up_to_schwerts_rule_or_two_seasons(length, season, longest):
    assert longest_order(length, season) == longest  # 12 · (309/100)^¼ = 15.9, 12 · 100^¼ = 37.9


def test_lags_are_read_in_any_order():
    assert parsed_lags("12, 1,2", "ar") == (1, 2, 12)


@pytest.mark.parametrize("text", ["0", "1,1", "1,,2", "one", "1.5", "-3", "1001", "1;2", "², 3", "9" * 5000])
def test_lags_that_are_not_whole_numbers_are_named(text):
    with pytest.raises(ConfigError, match="give whole numbers from 1 to 1000, each once, such as 1,2,12") as caught:
        parsed_lags(text, "ar")
    assert str(caught.value).startswith(f"ar.lags is {text!r}; ")


def test_the_rolling_criterion_compares_one_step_errors_over_the_last_fifth(sunspots):
    values, most = sunspots.values, 10
    found = chosen_lags(values, np.ones((309, 1)), range(1, most + 1), "rolling", is_nested=True, is_sparse=False)
    kept = most + (309 - most) - (309 - most) // 5  # 299 steps have all lags; the last 59 are forecast
    losses = []
    for order in range(1, most + 1):
        start = AutoReg(values[:kept], order, hold_back=most).fit()
        errors = [start.append(values[kept:end], refit=False).forecast(1)[0] - values[end] for end in range(kept + 1, 309)]
        errors.append(start.forecast(1)[0] - values[kept])
        losses.append(np.mean(np.square(errors)))
    assert found == tuple(range(1, int(np.argmin(losses)) + 2))


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
    found = chosen_lags(values, np.ones((309, 1)), range(1, most + 1), criterion, is_nested=False, is_sparse=True)
    assert list(found) == min(tried)[1]
    assert len(found) < most


def test_sparse_lags_are_found():
    random = np.random.default_rng(4)
    values = list(random.standard_normal(12))
    for _ in range(900):
        values.append(0.35 * values[-1] + 0.5 * values[-12] + random.standard_normal())
    lags = chosen_lags(np.array(values), np.ones((912, 1)), range(1, 21), "bic", is_nested=True, is_sparse=True)
    assert lags == (1, 12)


def test_what_stands_beside_the_lags_is_accounted_for():
    # noise around a steep line is a near random walk without the line, and nothing beside it
    steps = np.arange(300.0)
    values = 0.5 * steps + np.random.default_rng(2).standard_normal(300)
    with_line = np.column_stack([np.ones(300), steps])
    orders = [
        chosen_lags(values, fixed, range(1, 13), "bic", is_nested=True, is_sparse=False)[-1]
        for fixed in (with_line[:, :1], with_line)
    ]
    assert orders[1] == 1 < orders[0]
