"""The descriptions hold for the functions they describe."""

import inspect

import numpy as np
import pytest

from core.errors import ConfigError
from core.metrics import point, quantile
from core.metrics.registry import METRICS, described, score_key

ACTUAL = np.array([[5.0, -3.0], [9.0, 2.0]])
NOT_METRICS = {"mase_scale", "rmsse_scale"}


def value_of(name: str, low: np.ndarray, high: np.ndarray, *, unit: float = 1.0) -> float:
    """The metric of ACTUAL in that unit: of a point `low`, of quantiles `low` and `high`, or of the interval."""
    actual, low, high = unit * ACTUAL, unit * low, unit * high
    match METRICS[name].needs:
        case "point":
            return getattr(point, name)(actual, low, *((2.0 * unit,) if name in ("mase", "rmsse") else ()))
        case "quantiles":
            return getattr(quantile, name)(actual, np.stack([low, high]), (0.3, 0.6))
    if name == "width":
        return quantile.width(low, high)
    return getattr(quantile, name)(actual, low, high, *((0.8,) if name == "winkler" else ()))


def test_every_metric_is_described_and_every_description_has_its_metric():
    functions = [pair for module in (point, quantile) for pair in inspect.getmembers(module, inspect.isfunction)]
    computed = {name for name, one in functions if inspect.signature(one).return_annotation == "float"}
    assert {name for name in computed if not name.startswith("_")} - NOT_METRICS == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_description_is_complete(name):
    metric = METRICS[name]
    assert metric.name == name
    assert metric.unit in ("", "%", "fraction", "in the series' unit")
    assert all((metric.label, metric.formula, metric.help.endswith(".")))


@pytest.mark.parametrize("name", [name for name in METRICS if name != "width"])
def test_the_exact_forecast_is_nearest_to_the_best_value(name):
    nominal = 1.0 if METRICS[name].aim == "nominal" else None
    exact = METRICS[name].distance(value_of(name, ACTUAL, ACTUAL), nominal)
    assert exact == 0
    for wrong in (ACTUAL + 1.5, ACTUAL - 0.5, 1.1 * ACTUAL):
        assert METRICS[name].distance(value_of(name, wrong, wrong), nominal) > exact


@pytest.mark.parametrize("name", METRICS)
def test_the_unit_says_whether_a_value_stretches_with_the_series(name):
    low = ACTUAL + np.array([[1.0, -2.0], [-0.5, -3.0]])
    high = low + np.array([[0.5, 4.0], [1.0, 7.0]])  # one actual below, three inside
    once, tenfold = value_of(name, low, high), value_of(name, low, high, unit=10.0)
    assert once != 0
    assert tenfold / once == pytest.approx(10 if METRICS[name].unit == "in the series' unit" else 1)


def test_distance_follows_the_aim():
    assert METRICS["mae"].distance(3.5) == 3.5
    assert METRICS["bias"].distance(-2.0) == METRICS["bias"].distance(2.0) == 2.0
    assert METRICS["coverage"].distance(0.9, 0.8) == pytest.approx(METRICS["coverage"].distance(0.7, 0.8))
    with pytest.raises(AssertionError, match="coverage is judged against"):
        METRICS["coverage"].distance(0.9)


@pytest.mark.parametrize(
    ("coverage", "key"), [(0.8, "winkler_80"), (0.95, "winkler_95"), (0.29, "winkler_29"), (0.999, "winkler_99.9")]
)
def test_an_interval_score_is_named_by_its_percent_and_found_again(coverage, key):
    assert score_key("winkler", coverage) == key
    assert described(key) == (METRICS["winkler"], coverage)


def test_a_plain_score_is_found_by_its_name():
    assert described("rmsse") == (METRICS["rmsse"], None)


@pytest.mark.parametrize("key", ["r2", "mae_80", "mae_", "coverage", "coverage_", "coverage_x", "coverage_100", "width_-5"])
def test_an_unknown_score_is_refused(key):
    with pytest.raises(ConfigError, match=f"there is no metric '{key}'; choose among mae, rmse, .*coverage_80"):
        described(key)
