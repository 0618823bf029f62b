"""What a network is told of a series that has not begun."""

import numpy as np
import pandas as pd
import pytest

from core.models.network import FromLinear
from core.models.recurrent import LSTM
from core.series.timeseries import Inputs, Panel, TimeSeries

AHEAD = 3


@pytest.mark.parametrize("inputs", [None, Inputs(("price",), ("known",), np.arange(20.0)[:, None] % 7)])
def test_at_no_step_nothing_is_told_in_as_many_columns(inputs):
    """A series of a panel that begins after the others has no step before the first origin."""
    series = TimeSeries("late", pd.RangeIndex(17), 5.0 + np.arange(17) % 4, np.ones(17, bool), inputs=inputs)
    settings = LSTM(lookback=4, segment=1, hidden=2, lags=2, seasonal_lag="no", mean="no", log="no", penalty=1.0)
    sight = FromLinear(1.0, is_direct=True, is_log=False, keeps_mean=False).sight(settings, Panel((series,)), AHEAD)
    columns = sight.told(series, np.array([5, 6])).shape[1]
    assert (columns > 0) == (inputs is not None)
    assert sight.told(series, np.array([], int)).shape == (0, columns)
