"""A forecast that breaks its promises cannot be built."""

import numpy as np
import pandas as pd
import pytest

from core.series.forecast import Forecast

INDEX = pd.RangeIndex(7, 10)
POINT = [4.0, 5.5, 3.0]
BAND = [[3.0, 3.5, 1.0], [4.0, 6.0, 3.0], [4.0, 8.0, 6.5]]


def test_without_levels_the_quantiles_are_empty():
    forecast = Forecast("a", "Naive", INDEX, POINT)
    assert forecast.levels == ()
    assert forecast.quantiles.shape == (0, 3)
    assert forecast.point.dtype == np.float64


def test_quantiles_may_touch():
    assert Forecast("a", "Naive", INDEX, POINT, (0.1, 0.5, 0.9), BAND).quantiles[2, 0] == 4.0


def test_arrays_are_copied_and_read_only():
    mine = np.array(POINT)
    forecast = Forecast("a", "Naive", INDEX, mine, (0.1, 0.5, 0.9), BAND)
    mine[0] = -1
    assert forecast.point[0] == 4.0
    for array in (forecast.point, forecast.quantiles):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("point", "levels", "quantiles"),
    [
        (POINT[:2], (), None),
        ([4.0, np.nan, 3.0], (), None),
        ([4.0, np.inf, 3.0], (), None),
        (POINT, (0.5,), None),
        (POINT, (0.5,), BAND),
        (POINT, (0.1, 0.5, 0.9), np.transpose(BAND)[:2]),
        (POINT, (0.1, 0.9, 0.5), BAND),
        (POINT, (0.1, 0.1, 0.9), BAND),
        (POINT, (0.0, 0.5, 0.9), BAND),
        (POINT, (0.1, 0.5, 1.0), BAND),
        (POINT, (10, 50, 90), BAND),
        (POINT, (0.1, 0.5, 0.9), BAND[::-1]),
        (POINT, (0.1, 0.5, 0.9), [[np.nan] * 3, *BAND[1:]]),
    ],
    ids=[
        "too few points", "a point is no number", "a point is infinite", "levels without quantiles", "too many quantiles",
        "wrong shape", "levels fall", "a level twice", "level 0", "level 1", "levels in percent", "quantiles cross",
        "a quantile is no number",
    ],
)  # fmt: skip
def test_what_breaks_a_promise_cannot_be_built(point, levels, quantiles):
    with pytest.raises(AssertionError):
        Forecast("a", "Naive", INDEX, point, levels, quantiles)
