"""Many series scored at once give each what the metrics give it alone, and numbers worked by other means."""

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.evaluation.conformal import interval_ends
from core.evaluation.scores import score, score_each
from core.metrics import point, quantile
from core.series.timeseries import TimeSeries


def drawn(seed):
    """A backtest of a shape of its own, with gaps, zeros, exact forecasts, repeated histories or huge values."""
    noise = np.random.default_rng(seed)
    origins, horizon, length = int(noise.integers(1, 4)), int(noise.integers(1, 4)), 30
    values = noise.normal(5, 3, length).round(seed % 2)
    values = np.tile([1.0, 2.0], 15) if seed % 7 == 0 else 0 * values if seed % 11 == 0 else values
    values[-5:] *= 1e155 if seed % 13 == 0 else 1
    observed = noise.random(length) > 0.25 * (seed % 3)
    observed[-6:] &= seed % 5 > 0
    one = TimeSeries(f"s{seed}", pd.RangeIndex(length), values, observed, season=1 + seed % 3)
    first = np.arange(length - horizon - origins + 1, length - horizon + 1)
    windows = np.lib.stride_tricks.sliding_window_view
    actual, seen = windows(values, horizon)[first], windows(observed, horizon)[first]
    points = actual + noise.normal(1, 2, actual.shape) * (seed % 4 > 0)
    coverages = ((0.8,), (0.5, 0.9), ())[seed % 3]
    levels = tuple(sorted((0.5, *interval_ends(coverages))))
    spread = np.sort(noise.normal(0, 2, (origins, len(levels), horizon)), axis=1)
    own = np.delete(np.sort(points[:, None] + 2 * spread, axis=1), levels.index(0.5), axis=1) if seed % 2 else None
    own = own if own is None or ((own[:, : len(levels) // 2] <= points[:, None]).all()) else None
    quantiles = np.sort(points[:, None] + spread, axis=1)
    return Backtest(first, actual, points, levels, quantiles, seen, own), one, coverages


def by_hand(backtest, one, coverages, step=slice(None)):
    """Each score of the steps in a slice, from the metric of a single array; None where it is not defined."""
    actual, points, seen = backtest.scorable[:, step], backtest.point[:, step], backtest.observed[:, step]
    known = int(backtest.origins[0])
    history = one.values[:known], one.observed[:known], one.season
    found = {
        name: lambda name=name: getattr(point, name)(actual, points)
        for name in ("mae", "rmse", "smape", "wape", "mape", "bias")
    }
    found["mase"] = lambda: point.mase(actual, points, point.mase_scale(*history))
    found["rmsse"] = lambda: point.rmsse(actual, points, point.rmsse_scale(*history))
    for coverage in coverages:
        low, high = (backtest.quantiles[:, backtest.levels.index(end), step] for end in interval_ends((coverage,)))
        name = f"{100 * coverage:g}"
        found[f"coverage_{name}"] = lambda low=low, high=high: quantile.coverage(actual, low, high)
        found[f"width_{name}"] = lambda low=low, high=high: quantile.width(low[seen], high[seen])
        found[f"winkler_{name}"] = lambda low=low, high=high, one=coverage: quantile.winkler(actual, low, high, one)
    if coverages:
        whole = np.moveaxis(backtest.quantiles[:, :, step], 1, 0)
        found["crps"] = lambda: quantile.crps(actual, whole, backtest.levels)
    return {name: _or_none(of) for name, of in found.items()}


def _numbers(scores):
    return {name: np.nan if value is None else value for name, value in scores.items()}


def _or_none(of):
    try:
        return of()
    except DataError:
        return None


def test_each_series_has_the_scores_that_it_has_alone_whatever_stands_beside_it():
    drawings = [drawn(seed) for seed in range(1, 120)]
    together = score_each(*zip(*drawings, strict=True))
    for found, (backtest, one, coverages) in zip(together, drawings, strict=True):
        expected = by_hand(backtest, one, coverages)
        conformal = {name: value for name, value in found.values.items() if not name.startswith("own_")}
        assert conformal == pytest.approx({name: value for name, value in expected.items() if value is not None}, rel=1e-12)
        assert {name for name in found.absent if not name.startswith("own_")} == {
            name for name, value in expected.items() if value is None
        }
        for step in range(backtest.point.shape[1]):
            alone = by_hand(backtest, one, coverages, slice(step, step + 1))
            here = {name: found.by_step[name][step] for name in alone}
            assert _numbers(here) == pytest.approx(_numbers(alone), rel=1e-12, nan_ok=True), (one.id, step)
        assert score(backtest, one, coverages) == found


def test_the_reason_is_that_of_the_series():
    (first, one, _), (second, other, _) = drawn(11), drawn(4)
    zeros, plain = score_each([first, second], [one, other], [(), ()])
    assert zeros.absent["mase"].startswith("MASE is undefined: the history of ")
    assert "actuals are 0" in zeros.absent["wape"] or "none of the" in zeros.absent["wape"]
    assert "wape" in plain.values


def test_a_large_panel_is_scored_in_parts(monkeypatch):
    drawings = [drawn(seed) for seed in range(1, 60)]
    whole = score_each(*zip(*drawings, strict=True))
    monkeypatch.setattr("core.evaluation.scores.AT_ONCE", 20)
    assert score_each(*zip(*drawings, strict=True)) == whole
