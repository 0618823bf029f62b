"""The benchmarks, by hand."""

import numpy as np
import pandas as pd
import pytest

from core.errors import TooShortError
from core.models.naive import Drift, Mean, Naive, SeasonalNaive
from core.progress import Context
from core.series.timeseries import Panel, TimeSeries
from tests.bench.known import plain

STEPS = plain([3.0, 5.0, 10.0])


def forecast(model, history: TimeSeries, horizon: int, *, train: TimeSeries | None = None) -> list[float]:
    fitted = model.fit(Panel((train or history,)), horizon, Context())
    return fitted.forecast(history, horizon).point.tolist()


def test_naive_repeats_the_last_value():
    assert forecast(Naive(), STEPS, 3) == [10.0, 10.0, 10.0]


def test_mean_repeats_the_mean():
    assert forecast(Mean(), STEPS, 2) == [6.0, 6.0]  # (3 + 5 + 10) / 3


def test_drift_goes_on_along_the_line_from_first_to_last():
    assert forecast(Drift(), STEPS, 3) == [13.5, 17.0, 20.5]  # slope (10 − 3) / 2


def test_seasonal_naive_repeats_the_last_season_beyond_one_season():
    history = plain([9.0, 8.0, 7.0, 1.0, 2.0, 4.0], season=3)
    assert forecast(SeasonalNaive(), history, 7) == [1.0, 2.0, 4.0, 1.0, 2.0, 4.0, 1.0]


def test_seasonal_naive_is_in_phase_when_the_history_ends_inside_a_season():
    history = plain([9.0, 8.0, 7.0, 1.0, 2.0], season=3)  # the next step is the third of its season
    assert forecast(SeasonalNaive(), history, 4) == [7.0, 1.0, 2.0, 7.0]


def test_seasonal_naive_without_a_season_is_naive():
    assert forecast(SeasonalNaive(), STEPS, 2) == [10.0, 10.0]


def test_a_rule_sees_all_of_a_history_longer_than_its_training():
    longer = plain([3.0, 5.0, 10.0, 0.0])
    assert forecast(Naive(), longer, 1, train=STEPS) == [0.0]
    assert forecast(Mean(), longer, 1, train=STEPS) == [4.5]
    assert forecast(Drift(), longer, 2, train=STEPS) == [-1.0, -2.0]  # slope (0 − 3) / 3


def test_a_history_shorter_than_a_season_is_refused():
    with pytest.raises(
        TooShortError,
        match=r"Seasonal naive needs at least 4 training points for horizon 2; series 'y' gives it 3: "
        r"choose a shorter horizon or bring a longer series",
    ):
        forecast(SeasonalNaive(), plain([3.0, 5.0, 10.0], season=4), 2)


def test_forecasts_carry_the_dates_after_the_history():
    index = pd.date_range("2024-01-31", periods=3, freq="ME")
    history = TimeSeries("m", index, np.array([3.0, 5.0, 10.0]), np.ones(3, bool))
    found = Drift().fit(Panel((history,)), 2, Context()).forecast(history, 2)
    assert list(found.index) == [pd.Timestamp("2024-04-30"), pd.Timestamp("2024-05-31")]
    assert found.label == "Drift"
