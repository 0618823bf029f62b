"""Point metrics against values worked by hand, and against utilsforecast as an outside oracle."""

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses

from core.errors import DataError, TooShortError
from core.metrics.point import bias, mae, mape, mase, mase_scale, rmse, rmsse, rmsse_scale, smape, wape

ACTUAL = np.array([10.0, -20.0, 4.0, 8.0])
POINT = np.array([12.0, -19.0, 1.0, 8.0])  # errors f − y: 2, 1, −3, 0
HISTORY = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0])
ALL_SEEN = np.ones(6, dtype=bool)

UNSCALED = {"mae": mae, "rmse": rmse, "bias": bias, "mape": mape, "smape": smape, "wape": wape}
POINT_METRICS = UNSCALED | {
    "mase": lambda actual, point: mase(actual, point, 2.0),
    "rmsse": lambda actual, point: rmsse(actual, point, 2.0),
}


def test_mae_is_the_mean_distance():
    assert mae(ACTUAL, POINT) == pytest.approx(1.5)  # (2 + 1 + 3 + 0) / 4


def test_rmse_is_the_root_of_the_mean_square():
    assert rmse(ACTUAL, POINT) == pytest.approx(1.8708286933869707)  # √((4 + 1 + 9 + 0) / 4) = √3.5


def test_bias_is_positive_when_forecasts_are_too_high():
    assert bias(np.array([10.0, -20.0]), np.array([12.0, -19.0])) == pytest.approx(1.5)  # (2 + 1) / 2
    assert bias(np.array([10.0, -20.0]), np.array([7.0, -21.0])) == pytest.approx(-2.0)  # (−3 − 1) / 2


def test_mape_is_in_percent():
    assert mape(np.array([10.0, -20.0]), np.array([12.0, -19.0])) == pytest.approx(12.5)  # (20 % + 5 %) / 2


def test_smape_is_in_percent_of_the_mean_size():
    # 200/2 · (2/(10 + 6) · 2 + 3/(2 + 1)): |10 − 6| / 16 = 0.25, |−2 − 1| / 3 = 1
    assert smape(np.array([10.0, -2.0]), np.array([6.0, 1.0])) == pytest.approx(125.0)


def test_smape_counts_a_step_where_both_are_zero_as_exact():
    # 200/4 · (0 + 5/5 + 2/8 + 0): the second misses a zero, the third is |3 − 5| / 8
    assert smape(np.array([0.0, 0.0, 3.0, 0.0]), np.array([0.0, -5.0, 5.0, 0.0])) == pytest.approx(62.5)


def test_wape_is_a_share_of_the_total():
    assert wape(ACTUAL, POINT) == pytest.approx(100 / 7)  # 100 · 6 / (10 + 20 + 4 + 8)
    assert wape(np.array([0.0, 4.0]), np.array([1.0, 5.0])) == pytest.approx(50.0)  # 2 of 4; a single 0 does no harm


def test_the_scales_are_mean_and_root_mean_square_seasonal_change():
    # season 2: 4 − 3 = 1, 1 + 1 = 2, −5 − 4 = −9, 9 − 1 = 8
    assert mase_scale(HISTORY, ALL_SEEN, 2) == pytest.approx(5.0)  # (1 + 2 + 9 + 8) / 4
    assert rmsse_scale(HISTORY, ALL_SEEN, 2) == pytest.approx(np.sqrt(37.5))  # (1 + 4 + 81 + 64) / 4
    # season 1, that is none: −4, 5, −3, −6, 14
    assert mase_scale(HISTORY, ALL_SEEN, 1) == pytest.approx(6.4)  # 32 / 5
    assert rmsse_scale(HISTORY, ALL_SEEN, 1) == pytest.approx(np.sqrt(56.4))  # (16 + 25 + 9 + 36 + 196) / 5


def test_a_filled_gap_is_in_no_pair_of_a_scale():
    gap = np.array([True, True, True, True, False, True])  # −5 was filled: the pair −9 does not count
    assert mase_scale(HISTORY, gap, 2) == pytest.approx(11 / 3)  # (1 + 2 + 8) / 3
    assert rmsse_scale(HISTORY, gap, 2) == pytest.approx(np.sqrt(23))  # (1 + 4 + 64) / 3


def test_mase_and_rmsse_divide_by_their_scale():
    assert mase(ACTUAL, POINT, 5.0) == pytest.approx(0.3)  # 1.5 / 5
    assert rmsse(ACTUAL, POINT, 0.5) == pytest.approx(2 * np.sqrt(3.5))  # √3.5 / 0.5


@pytest.mark.parametrize("name", POINT_METRICS)
def test_shape_does_not_matter_and_the_answer_is_a_plain_float(name):
    metric = POINT_METRICS[name]
    flat = metric(ACTUAL, POINT)
    assert type(flat) is float
    assert metric(ACTUAL.reshape(2, 2), POINT.reshape(2, 2)) == pytest.approx(flat)


@pytest.mark.parametrize("name", POINT_METRICS)
def test_an_unobserved_actual_is_not_scored(name):
    metric = POINT_METRICS[name]
    actual = np.array([[10.0, np.nan, -20.0], [np.nan, 4.0, 8.0]])
    point = np.array([[12.0, 777.0, -19.0], [-99.0, 1.0, 8.0]])
    assert metric(actual, point) == pytest.approx(metric(ACTUAL, POINT))


@pytest.mark.parametrize("name", POINT_METRICS)
def test_nothing_observed_is_refused(name):
    with pytest.raises(DataError, match="undefined: none of the 3 actuals is observed; choose origins with"):
        POINT_METRICS[name](np.full(3, np.nan), np.array([1.0, 2.0, -3.0]))


@pytest.mark.parametrize("name", POINT_METRICS)
def test_no_steps_at_all_is_refused(name):
    with pytest.raises(DataError, match="none of the 0 actuals is observed"):
        POINT_METRICS[name](np.empty((2, 0)), np.empty((2, 0)))


@pytest.mark.parametrize("name", POINT_METRICS)
def test_a_forecast_that_ran_away_is_refused_not_infinite(name):
    with pytest.raises(DataError, match=r"cannot be computed: values reach 3e\+200, beyond 1e\+150; either the model"):
        POINT_METRICS[name](np.array([1.0, 2.0]), np.array([1.5, -3e200]))


@pytest.mark.parametrize("name", POINT_METRICS)
def test_a_forecast_that_is_no_number_is_a_defect(name):
    with pytest.raises(AssertionError, match="a forecast is finite"):
        POINT_METRICS[name](np.array([1.0, 2.0]), np.array([1.5, np.nan]))


@pytest.mark.parametrize("name", POINT_METRICS)
def test_shapes_are_never_broadcast(name):
    with pytest.raises(AssertionError):
        POINT_METRICS[name](np.array([1.0, 2.0]), np.array([1.5]))


def test_mape_is_refused_at_a_zero():
    with pytest.raises(DataError, match="MAPE is undefined: actual is 0 at 2 of 3 steps; use MASE"):
        mape(np.array([0.0, -4.0, 0.0, np.nan]), np.array([1.0, 2.0, 3.0, 4.0]))


def test_mape_is_refused_so_near_zero_that_it_would_be_infinite():
    with pytest.raises(DataError, match="MAPE is undefined: it divides by 1e-300; use MAE, which divides by nothing"):
        mape(np.array([1e-300, 5.0]), np.array([1e20, 5.0]))


def test_wape_is_refused_where_all_actuals_are_zero():
    with pytest.raises(DataError, match="WAPE is undefined: all 2 actuals are 0; use MAE"):
        wape(np.array([0.0, 0.0]), np.array([0.0, 1.0]))


@pytest.mark.parametrize(("metric", "label"), [(mase, "MASE"), (rmsse, "RMSSE")])
@pytest.mark.parametrize("point", [np.array([1.0, -2.0]), np.array([3.0, 4.0])])
def test_a_scale_of_zero_is_refused_even_for_an_exact_forecast(metric, label, point):
    with pytest.raises(DataError, match=f"^{label} is undefined: it divides by 0; use MAE, which divides by nothing$"):
        metric(np.array([3.0, 4.0]), point, 0.0)


@pytest.mark.parametrize(("scale", "label"), [(mase_scale, "MASE"), (rmsse_scale, "RMSSE")])
class TestScalesThatAreNotDefined:
    def test_a_short_history_names_the_length_needed(self, scale, label):
        text = f"^{label} needs 7 steps of history for a season of 6 and there are 6; choose a shorter season or fewer"
        with pytest.raises(TooShortError, match=text):
            scale(HISTORY, ALL_SEEN, 6)
        assert scale(HISTORY, ALL_SEEN, 5) == pytest.approx(6.0)  # one pair: 9 − 3

    def test_an_exact_repetition_has_no_scale(self, scale, label):
        text = f"^{label} is undefined: the history of 6 steps repeats itself exactly after 2, so its scale is 0; use MAE"
        with pytest.raises(DataError, match=text):
            scale(np.tile([0.1, -7.0], 3), ALL_SEEN, 2)

    def test_rounding_is_no_movement(self, scale, label):
        with pytest.raises(DataError, match="repeats itself exactly after 1"):
            scale(np.array([0.3, 0.1 + 0.2, 0.3]), np.ones(3, dtype=bool), 1)  # 0.1 + 0.2 is 0.30000000000000004

    def test_all_zeros_have_no_scale(self, scale, label):
        with pytest.raises(DataError, match="repeats itself exactly after 1"):
            scale(np.zeros(6), ALL_SEEN, 1)

    def test_no_pair_observed_at_both_ends(self, scale, label):
        text = f"^{label} is undefined: of 5 pairs of steps 1 apart in the history none is observed at both ends; choose"
        with pytest.raises(DataError, match=text):
            scale(HISTORY, np.array([True, False] * 3), 1)

    def test_a_history_out_of_reach(self, scale, label):
        with pytest.raises(DataError, match=f"^{label} cannot be computed: values reach 1e\\+200, beyond 1e\\+150"):
            scale(np.array([1.0, 1e200, -5.0]), np.ones(3, dtype=bool), 1)


@pytest.fixture(scope="module")
def drawn() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A skewed history of 60 steps, and 40 steps of actuals and forecasts off to one side."""
    rng = np.random.default_rng(7)
    values = rng.gamma(2.0, 5.0, 100) - 4 + 3 * np.sin(np.arange(100) * 2 * np.pi / 7)
    frame = pd.DataFrame({"unique_id": "a", "ds": np.arange(100), "y": values})
    ahead = frame[60:].reset_index(drop=True)
    return frame[:60], ahead.assign(model=0.8 * ahead["y"] + rng.normal(1.0, 2.0, 40))


@pytest.mark.parametrize(
    ("name", "oracle", "factor"),
    [
        ("mae", losses.mae, 1),
        ("rmse", losses.rmse, 1),
        ("bias", losses.bias, 1),
        ("mape", losses.mape, 100),  # theirs are fractions
        ("smape", losses.smape, 200),  # and theirs ends at 1, where both definitions of it go to 2 or 200 %
        ("wape", losses.nd, 100),
    ],
)
def test_utilsforecast_agrees(drawn, name, oracle, factor):
    _, ahead = drawn
    expected = factor * oracle(ahead, models=["model"])["model"].item()
    assert UNSCALED[name](ahead["y"].to_numpy(), ahead["model"].to_numpy()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("season", [1, 7, 24])
@pytest.mark.parametrize(("metric", "scale", "oracle"), [(mase, mase_scale, losses.mase), (rmsse, rmsse_scale, losses.rmsse)])
def test_utilsforecast_agrees_on_scaled_errors(drawn, metric, scale, oracle, season):
    past, ahead = drawn
    expected = oracle(ahead, models=["model"], seasonality=season, train_df=past)["model"].item()
    divisor = scale(past["y"].to_numpy(), np.ones(60, dtype=bool), season)
    assert metric(ahead["y"].to_numpy(), ahead["model"].to_numpy(), divisor) == pytest.approx(expected, rel=1e-12)
