"""What a person is told of each metric: label, unit, formula, how to read it. It describes them and computes none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from core.errors import ConfigError

SERIES_UNIT = "in the series' unit"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric, described.

    unit   "" for a plain number, "%", "fraction", or "in the series' unit"
    aim    "lowest": smaller is better; "highest": larger; "zero": the nearer to 0; "nominal": the nearer to what is asked
    needs  what of a forecast it scores
    """

    name: str
    label: str
    unit: Literal["", "%", "fraction", "in the series' unit"]
    aim: Literal["lowest", "highest", "zero", "nominal"]
    needs: Literal["point", "quantiles", "interval"]
    formula: str
    help: str

    def distance(self, value: float, coverage: float | None = None) -> float:
        """How far a value is from the best one: what a ranking sorts by, smallest first.

        coverage: the one asked for, needed where the aim is "nominal", and None elsewhere.
        """
        if self.aim == "nominal":
            assert coverage is not None, f"{self.name} is judged against the coverage asked for"
            return abs(value - coverage)
        return abs(value) if self.aim == "zero" else -value if self.aim == "highest" else value


def score_key(name: str, coverage: float) -> str:
    """The name of an interval's metric among a run's scores: ("winkler", 0.8) -> "winkler_80"."""
    assert METRICS[name].needs == "interval"
    return f"{name}_{100 * coverage:.10g}"


def described(key: str) -> tuple[Metric, float | None]:
    """The metric behind a score's name, and its coverage, None if it has none: "winkler_80" -> (Winkler score, 0.8).

    Raises ConfigError where there is no such metric.
    """
    name, _, percent = key.partition("_")
    metric = METRICS.get(name, SKILL if name == SKILL.name else None)
    if metric and key == name and metric.needs != "interval":
        return metric, None
    if metric and metric.needs == "interval" and re.fullmatch(r"[0-9]{1,2}(\.[0-9]+)?", percent):
        return metric, float(f"{percent}e-2")  # read as a decimal: 99.9 / 100 is 0.9990000000000001
    raise ConfigError(f"there is no metric {key!r}; choose among {', '.join(METRICS)}, intervals as in coverage_80")


SKILL = Metric(  # of two forecasts, so it is no score of one
    name="skill",
    label="Skill",
    unit="fraction",
    aim="highest",
    needs="point",
    formula="1 − MASE / MASE of the seasonal naive forecast",
    help="The share of the error of repeating the last season that is saved (of repeating the last value, where there is no "
    "season); below 0 that does better. Over series both are averaged first: the ratio of means, not the mean of ratios.",
)
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="mae",
            label="MAE",
            unit=SERIES_UNIT,
            aim="lowest",
            needs="point",
            formula="1/n · Σ |y − f|",
            help="Mean absolute error: how far off a forecast is on average.",
        ),
        Metric(
            name="rmse",
            label="RMSE",
            unit=SERIES_UNIT,
            aim="lowest",
            needs="point",
            formula="√(1/n · Σ (y − f)²)",
            help="Root mean squared error: like MAE, but a few large errors weigh more than many small ones.",
        ),
        Metric(
            name="mase",
            label="MASE",
            unit="",
            aim="lowest",
            needs="point",
            formula="MAE / mean |y_t − y_{t−season}| of the history",
            help="Below 1 beats repeating the last season within the history. Comparable between series.",
        ),
        Metric(
            name="rmsse",
            label="RMSSE",
            unit="",
            aim="lowest",
            needs="point",
            formula="RMSE / √ mean (y_t − y_{t−season})² of the history",
            help="The squared sister of MASE: large errors weigh more. Comparable between series.",
        ),
        Metric(
            name="mape",
            label="MAPE",
            unit="%",
            aim="lowest",
            needs="point",
            formula="100/n · Σ |y − f| / |y|",
            help="Mean absolute percentage error. Undefined where an actual is 0; harder on high forecasts.",
        ),
        Metric(
            name="smape",
            label="sMAPE",
            unit="%",
            aim="lowest",
            needs="point",
            formula="200/n · Σ |y − f| / (|y| + |f|)",
            help="Percentage error against the mean size of actual and forecast, from 0 to 200. Unsteady near 0.",
        ),
        Metric(
            name="wape",
            label="WAPE",
            unit="%",
            aim="lowest",
            needs="point",
            formula="100 · Σ |y − f| / Σ |y|",
            help="Total absolute error as a share of the total of the actuals; single zeros do no harm.",
        ),
        Metric(
            name="bias",
            label="Bias",
            unit=SERIES_UNIT,
            aim="zero",
            needs="point",
            formula="1/n · Σ (f − y)",
            help="Above 0 the forecasts are too high on average, below 0 too low. Near 0 is no proof of small errors.",
        ),
        Metric(
            name="pinball",
            label="Pinball loss",
            unit=SERIES_UNIT,
            aim="lowest",
            needs="quantiles",
            formula="mean over τ of max(τ·(y − q), (τ − 1)·(y − q))",
            help="How well the quantiles sit. Compare only between forecasts with the same levels.",
        ),
        Metric(
            name="crps",
            label="CRPS",
            unit=SERIES_UNIT,
            aim="lowest",
            needs="quantiles",
            formula="2 · mean pinball loss over the levels",
            help="Error of the whole forecast distribution, approximated from its quantiles. Compare at equal levels.",
        ),
        Metric(
            name="coverage",
            label="Coverage",
            unit="fraction",
            aim="nominal",
            needs="interval",
            formula="1/n · #{l ≤ y ≤ u}",
            help="The fraction of actuals inside the interval. An 80 % interval should hold about 0.8 of them.",
        ),
        Metric(
            name="width",
            label="Interval width",
            unit=SERIES_UNIT,
            aim="lowest",
            needs="interval",
            formula="1/n · Σ (u − l)",
            help="Narrower is better only between intervals that cover what they claim.",
        ),
        Metric(
            name="winkler",
            label="Winkler score",
            unit=SERIES_UNIT,
            aim="lowest",
            needs="interval",
            formula="1/n · Σ (u − l) + 2/α·max(0, l − y) + 2/α·max(0, y − u), α = 1 − coverage",
            help="Width and misses in one number: an interval costs its width, a missed actual its distance times 2/α.",
        ),
    )
}
