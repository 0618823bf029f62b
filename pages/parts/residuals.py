"""Past errors of one model on one series: whether its quantiles are true, errors in time and their lags, the largest misses."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.charts.labels import date_label, number_label
from core.charts.reliability import reliability_chart
from core.charts.residuals import lags_chart, residuals_chart
from core.charts.theme import styles
from core.evaluation.backtest import Backtest
from core.evaluation.diagnosis import Diagnosis
from core.jobs.kinds.diagnostics import Diagnostics
from core.report.outcome import Outcome
from core.series.timeseries import TimeSeries
from core.store.records import RunRecord
from pages.parts import frame, services, state
from pages.parts.text import count, safe

ONE, ALL = "one step ahead", "all steps"
CHANCE = 0.05  # p of Ljung and Box's test, below which errors are no noise


def show(record: RunRecord, outcome: Outcome, series_id: str, *, is_own: bool) -> None:
    """A worker is asked, because this process never loads the libraries of statistics. is_own: of the model's own quantiles."""
    tested = {label: one.backtest for label, one in outcome.of_series(series_id).items() if one.backtest is not None}
    if not tested:
        st.caption("There are no past forecasts of this series, so there are no errors to look at.")
        return
    ranking = outcome.comparison.ranking if outcome.comparison else ()
    labels = tuple(sorted(tested, key=lambda label: ranking.index(label) if label in ranking else len(ranking)))
    state.among("residuals.model", labels, labels[0])
    label = st.selectbox("Model", labels, key="residuals.model", persist_state="session", width=320)
    with st.spinner("Looking at past errors"):
        answer = services.asked(record.id, label, Diagnostics(series=series_id))
    if answer.state in ("waiting", "running"):
        st.info("This is still being computed.", icon=":material/hourglass_top:")
        st.button("Look again")
        return
    if answer.content is None:
        st.error(safe(f"This could not be computed: {answer.error or answer.state}", 600))
        return
    _diagnosis(Diagnostics.read(answer.content), outcome, label, series_id, is_own=is_own, past=tested[label])


def _diagnosis(found: Diagnosis, outcome: Outcome, label: str, series_id: str, *, is_own: bool, past: Backtest) -> None:
    series = outcome.panel[series_id]
    colour = styles(outcome.models, frame.theme())[label].colour
    key = (outcome.key, label, series_id)
    st.markdown(_sentences(found, label, series))
    is_all = _ask_steps(found)
    left, right = st.columns(2, gap="large")
    with left:
        _reliability(found, key, colour, label, is_own=is_own, is_all=is_all)
    with right:
        _lags(found, key, colour, label, outcome.spec.stride or 1)
    if len(found.residuals):
        index = series.index[found.origins]
        largest = [one.place for one in found.checks.largest] if found.checks else []
        frame.chart(
            ("residuals", *key),
            lambda: residuals_chart(
                index, found.residuals, largest, theme=frame.theme(), colour=colour, unit=series.unit
            ),
            f"Errors of {label} one step ahead, over time",
        )  # fmt: skip
    if found.checks is not None:
        table = _misses(found, past, series)
        st.dataframe(table, hide_index=True, row_height=36, alt=f"The largest misses of {label}")


def _sentences(found: Diagnosis, label: str, series: TimeSeries) -> str:
    """Bias in units, what is left in the errors, and what was left out."""
    start = f"**{safe(label, 40)}** on **{safe(series.id, 40)}**, one step ahead"
    if found.checks is None:
        return f"{start}: {safe(found.reason, 300)}."
    checks, unit = found.checks, f" {safe(series.unit, 30)}" if series.unit else ""
    side = "too low" if checks.mean > 0 else "too high"
    low, high = sorted((checks.mean_low, checks.mean_high))
    is_clear = low > 0 or high < 0
    ends = sorted((abs(low), abs(high))) if is_clear else (low, high)
    rest = f"{number_label(ends[0])} to {number_label(ends[1])}{unit}"
    bias = f"{start}: {side} by {number_label(abs(checks.mean))}{unit} on average (95 %: {rest})"
    bias += "." if is_clear else ", which may be chance."
    p = "below 0.001" if checks.p < 0.001 else f"{checks.p:.2g}"
    noise = "Its errors hang together: a pattern is left in them" if checks.p < CHANCE else "Its errors look like noise"
    box = f"{noise} (Ljung and Box over {count(checks.lags, 'lag')}: p {p})."
    gone = f" {count(found.missing, 'origin')} without an observed value left out." if found.missing else ""
    return f"{bias} {box}{gone}"


def _ask_steps(found: Diagnosis) -> bool:
    """Whether reliability is over all steps; not asked where there is one."""
    if not any(one.is_all for one in found.calibrations):
        return False
    state.among("residuals.steps", (ONE, ALL), ONE)
    chosen = st.segmented_control(
        "Reliability of forecasts", (ONE, ALL), key="residuals.steps", required=True, persist_state="session",
        help="How often the truth fell at or below each quantile of the intervals, conformal or the model's own, whichever "
        "the bands above show.",
    )  # fmt: skip
    return chosen == ALL


def _reliability(found: Diagnosis, key: tuple[str, ...], colour: str, label: str, *, is_own: bool, is_all: bool) -> None:
    """Of the quantiles that the bands show; of the conformal ones where the model claims none."""
    is_own = is_own and any(one.is_own for one in found.calibrations)
    calibration = found.calibration(is_own=is_own, is_all=is_all)
    if calibration is None:
        st.caption("This run has no intervals, so there is nothing to say of their reliability.")
    elif calibration.found is None:
        st.caption(safe(f"No reliability: {calibration.reason}.", 400))
    else:
        frame.chart(
            ("reliability", *key, is_own, is_all),
            lambda: reliability_chart(calibration.found, theme=frame.theme(), colour=colour),
            f"How often the truth fell below each quantile of {label}",
        )


def _lags(found: Diagnosis, key: tuple[str, ...], colour: str, label: str, stride: int) -> None:
    if found.checks is None:
        return
    shape = found.checks.correlogram
    frame.chart(
        ("lags", *key),
        lambda: lags_chart(shape.acf, shape.acf_band, theme=frame.theme(), colour=colour, every=stride),
        f"Autocorrelations of the errors of {label}",
    )


def _misses(found: Diagnosis, past: Backtest, series: TimeSeries) -> pd.DataFrame:
    """The largest misses, the largest first."""
    at = [found.origins[one.place] for one in found.checks.largest]
    points = dict(zip(past.origins.tolist(), past.point[:, 0].tolist(), strict=True))
    rows = [
        (
            date_label(series.index[[origin]], series.zone, as_in=series.index)[0],
            number_label(points[int(origin)] + one.residual),
            number_label(points[int(origin)]),
            number_label(one.residual),
            f"{one.deviations:+.1f}".replace("-", "−"),
        )
        for origin, one in zip(at, found.checks.largest, strict=True)
    ]
    unit = f" ({series.unit})" if series.unit else ""
    return pd.DataFrame(
        rows, columns=["Largest misses", f"Actual{unit}", "Forecast", "Actual − forecast", "Standard deviations"]
    )
