"""What a run found, as the comparison and the report show it."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import altair as alt
import pandas as pd
import streamlit as st

from core.charts.drawing import Drawing
from core.charts.fan import MOST_LABELS, FanLine, fan_chart
from core.charts.labels import date_label, number_label, plain
from core.charts.losses import losses_chart
from core.charts.steps import steps_chart
from core.charts.theme import styles
from core.evaluation.verdict import narrow
from core.metrics.registry import METRICS
from core.models.registry import MODELS
from core.report.outcome import Outcome, actual_at, fan_lines, last_fit
from core.store.records import RunRecord
from pages.parts import board, certificate, frame, state
from pages.parts.scope import Scope
from pages.parts.text import count, percent, safe, series_of_run

NEXT = "next"
MORE = 1.2  # times as many past forecasts, from which on it is worth to ask for them
WHOSE = ("calibrated on past errors", "claimed by the model")
FITS = {"selection": "While the number of epochs was chosen", "backtest": "Backtest", "final": "Final fit"}
CURVES = {  # by whether they are of the selection fit
    True: "The networks learn from all but the last part of each series, and forecast that part. The number of epochs that "
    "does best there, all seeds together, is kept; the fits that forecast then train that long on all that they may see.",
    False: "The loss on held-out windows decided how many epochs were trained.",
}
UNMEASURED = "The number of epochs was given, so no windows were held out, and there is no curve."
BY_STEP = ("mae", "rmse", "mase", "rmsse", "smape")


def heading_of(record: RunRecord) -> str:
    """Which run this is, for the series at hand may be others."""
    return f"**{safe(record.title)}** · {series_of_run(record)} · {count(record.spec.horizon, 'step')} ahead"


def verdict(outcome: Outcome) -> None:
    """The sentences before the table: the answer, the size of the errors, and who is as good as the best."""
    if outcome.comparison is not None:
        said = safe(outcome.comparison.verdict, 1000)
    elif outcome.done:
        said = f"{len(outcome.done)} of {count(len(outcome.models), 'model')} finished; what compares them is not there yet."
    else:
        said = "No model has finished yet."
    st.subheader(said, anchor=False)
    if outcome.comparison is not None:
        for sentence in outcome.comparison.sentences[1:]:
            st.markdown(safe(sentence, 1000))
        if outcome.comparison.combined:
            st.caption(safe(outcome.comparison.combined, 1000))
    best = next((one for one in outcome.done if outcome.comparison and one.model.label == outcome.comparison.best), None)
    if best is not None and (said := narrow(best, sorted(outcome.spec.coverages or ()))):
        st.caption(safe(said, 400))
    certificate.badge(outcome)


def more_origins(outcome: Outcome) -> int | None:
    """Where nothing is shown, what could be: in words, and how many past forecasts to replay for it, if more are possible."""
    comparison = outcome.comparison
    if comparison is None or comparison.reach is None or outcome.panel is None:
        return None
    spec, now = outcome.spec, comparison.pairs[0].n
    seen = f"These {now:,} past forecasts show differences of about {100 * comparison.reach:.0f} % and more"
    span = now * (spec.stride or 1)
    most = (max(len(series) for series in outcome.panel) - spec.horizon) // 2
    if most < MORE * span:
        st.caption(f"{seen}; the series is too short for many more.")
        return None
    share = 100 * comparison.reach * (span / most) ** 0.5  # an interval shrinks with the root of the time that is tested
    st.caption(f"{seen}; {most:,}, which leave half of the series to train on, would show about {share:.0f} %.")
    return most


def ask_origin(outcome: Outcome, series_id: str, page: str) -> int | None:
    """From when the forecasts are shown: a scored origin, or None for the future."""
    origins = outcome.origins(series_id)
    if not origins:
        return None
    names = _beginnings((outcome.key, series_id), outcome)
    options = tuple(names)
    state.among(f"{page}.origin", options, NEXT)
    chosen = st.select_slider(
        "Replay forecasts that begin in", options, key=f"{page}.origin", persist_state="session", format_func=names.get,
        help="Each place is a time in the past from which every model forecast without knowing what came after.",
    )  # fmt: skip
    return None if chosen == NEXT else int(chosen)


@st.cache_data(show_spinner=False, max_entries=128)
def _beginnings(key: tuple[str, str], _outcome: Outcome) -> dict[str, str]:
    """What each place of the slider is called, the future last."""
    series_id = key[1]
    any_result = next(one for one in _outcome.of_series(series_id).values() if one.backtest is not None)
    future = any_result.forecast.index
    names = {
        str(origin): date_label(any_result.index_at(origin)[:1], as_in=future)[0] for origin in _outcome.origins(series_id)
    }
    return names | {NEXT: f"the future ({date_label(future[:1], as_in=future)[0]})"}


def ask_band(outcome: Outcome, page: str) -> float | None:
    """The coverage of the bands; None for no bands."""
    coverages = {percent(one): one for one in sorted(outcome.spec.coverages or ())}
    if not coverages:
        return None
    options = (0, *coverages)
    state.among(f"{page}.band", options, options[1])
    chosen = st.segmented_control(
        "Bands", options, key=f"{page}.band", required=True, persist_state="session",
        format_func=lambda one: f"{one} %" if one else "none", help="How often the truth should lie inside.",
    )  # fmt: skip
    return coverages.get(chosen)


def ask_whose(outcome: Outcome, series_id: str, page: str) -> bool:
    """Whether the bands are those that models claim themselves; not asked where none does."""
    if not outcome.claiming(series_id):
        return False
    state.among(f"{page}.whose", WHOSE, WHOSE[0])
    chosen = st.segmented_control(
        "Intervals", WHOSE, key=f"{page}.whose", required=True, persist_state="session",
        help="Calibrated: as wide as past errors were, whatever the model believes. Claimed: what the model itself computes "
        "from its assumptions; “Coverage, own” in the leaderboard says how often that was true.",
    )  # fmt: skip
    return chosen == WHOSE[1]


def ask_combined(outcome: Outcome, page: str) -> bool:
    """Whether combinations are drawn; not asked where there are none."""
    if not outcome.combinations:
        return False
    names = ", ".join(one.model.label for one in outcome.combinations)
    return st.toggle("Draw combinations", key=f"{page}.combined", persist_state="session", help=f"{safe(names, 200)}.")


@dataclass(frozen=True)
class Selection:
    """What is looked at. origin: None for the future; coverage: of the bands, None for none."""

    series_id: str
    origin: int | None
    coverage: float | None
    is_own: bool
    is_combined: bool

    def lines(self, outcome: Outcome) -> list[FanLine]:
        """The forecasts, best model first."""
        return fan_lines(outcome, self.series_id, self.origin, is_own=self.is_own, is_combined=self.is_combined)


def fan(outcome: Outcome, chosen: Selection) -> Drawing:
    """History, what happened, and every model's forecast; the chart that was shown."""
    series_id, origin = chosen.series_id, chosen.origin
    history = outcome.panel[series_id] if outcome.panel is not None else None
    horizon = outcome.spec.horizon
    title = f"{safe_title(series_id)}: " + (
        f"the next {count(horizon, 'step')}" if origin is None else f"{count(horizon, 'step')} replayed"
    )
    lines = chosen.lines(outcome)
    best = lines[0]
    words = f"{title}. {best.label} ends at {number_label(float(best.point[-1]))}, {_whole(outcome, lines)} in all."

    def build() -> alt.TopLevelMixin:
        return fan_chart(
            lines,
            history=history,
            origin=origin,
            actual=None if origin is None else actual_at(outcome, series_id, origin),
            coverage=chosen.coverage,
            is_claimed=chosen.is_own,
            styles=styles(outcome.drawn, frame.theme()),
            theme=frame.theme(),
            unit=outcome.unit(series_id) or plain(series_id, 40),
            title=title,
        )

    st.space(16)  # the tools of a chart rise above it while it is pointed at, and would cover what stands there
    drawing = frame.chart(("fan", outcome.key, *astuple(chosen)), build, words)
    if len(lines) > MOST_LABELS:
        st.caption("A click on a name in the legend singles that model out, one more brings all of them back.")
    _bandless(outcome, chosen, lines)
    return drawing


def _whole(outcome: Outcome, lines: list[FanLine]) -> str:
    """ "4 models", "4 models and 3 combinations"."""
    combined = len({line.label for line in lines} & {one.model.label for one in outcome.combinations})
    models = count(len(lines) - combined, "model")
    return f"{models} and {count(combined, 'combination')}" if combined else models


def _bandless(outcome: Outcome, chosen: Selection, lines: list[FanLine]) -> None:
    """Who has no band, where the bands are the models' own."""
    if not chosen.is_own or chosen.coverage is None:
        return
    claiming = outcome.claiming(chosen.series_id)
    bare = [f"**{safe(one.label, 40)}**" for one in lines if one.label not in claiming]
    if bare:
        st.caption(f"{', '.join(bare)}: no band, for {'it claims' if len(bare) == 1 else 'they claim'} no interval.")


def safe_title(name: str) -> str:
    """A name for the title of a chart, which is plain text."""
    return name if len(name) <= 60 else f"{name[:59]}…"


def steps(outcome: Outcome, scope: Scope) -> None:
    """How the error grows with the step ahead, with the spread of the seeds: of one series, or the mean over all."""
    found = outcome.of_series(scope.series_id)
    if scope.is_whole:
        found = {one.model.label: one for one in outcome.done}
    metric = st.segmented_control(
        "Score", BY_STEP, default="mase" if scope.is_whole else "mae", required=True,
        key="results.metric_of_all" if scope.is_whole else "results.metric", format_func=lambda one: METRICS[one].label,
        label_visibility="collapsed",
    )  # fmt: skip
    by_step = {label: one.scores.by_step[metric] for label, one in found.items() if one.scores and metric in one.scores.by_step}
    seeds = {label: [each.by_step[metric] for each in found[label].seed_scores] for label in by_step}
    spread = {label: _spread(rows) for label, rows in seeds.items() if len(rows) > 1}
    unit = outcome.unit(scope.series_id) if METRICS[metric].unit == "in the series' unit" else METRICS[metric].unit

    def build() -> alt.TopLevelMixin:
        looks = styles(outcome.models, frame.theme())
        label = METRICS[metric].label
        return steps_chart(by_step, spread=spread, styles=looks, theme=frame.theme(), metric=label, unit=unit)

    words = f"{METRICS[metric].label} by step ahead of {count(len(by_step), 'model')}"
    words += f", mean over {len(outcome.series_ids):,} series" if scope.is_whole else ""
    frame.chart(("steps", outcome.key, scope.scored, metric), build, words)
    whole = f" It is the mean over {len(outcome.series_ids):,} series." if scope.is_whole else ""
    st.caption(f"The line is the score of the median of all seeds' forecasts.{whole}")


def _spread(rows: list[list[float | None]]) -> tuple[list[float | None], list[float | None]]:
    kept = [[value for value in column if value is not None] for column in zip(*rows, strict=True)]
    return [min(column, default=None) for column in kept], [max(column, default=None) for column in kept]


def training(outcome: Outcome) -> None:
    """The losses of every network, fit by fit, and what was chosen by them."""
    fits = {}
    for task in outcome.done:
        for entry in task.log:
            fits.setdefault((entry.fit, entry.seed), {}).setdefault(task.model.label, []).append(entry.epoch)
    if not fits:
        trained = any(MODELS[one.model.name].epochs is not None for one in outcome.done if one.model.name in MODELS)
        st.caption(UNMEASURED if trained else "No model of this run was trained in epochs.")
        return
    key = st.selectbox(
        "Fit", list(fits), format_func=lambda one: f"{FITS[one[0]]}, seed {one[1]}", key="results.fit", width=420
    )
    curves = {label: last_fit(epochs) for label, epochs in fits[key].items()}
    frame.chart(
        ("losses", outcome.key, key),
        lambda: losses_chart(curves, styles=styles(outcome.models, frame.theme()), theme=frame.theme()),
        f"Losses by epoch of {count(len(curves), 'network')}",
    )
    older = " Epoch 0 is before training." if any(one.epoch == 0 for some in curves.values() for one in some) else ""
    st.caption(CURVES[key[0] == "selection"] + older)
    board.chosen(outcome, curves, is_whole=True)


def table(outcome: Outcome, chosen: Selection) -> None:
    """The forecasts that the chart shows, as numbers."""
    lines = chosen.lines(outcome)
    is_whole = _counts(outcome, chosen.series_id) and st.toggle(
        "Whole numbers", key="results.whole", help="All values of this series are whole: forecasts are rounded in this table."
    )
    digits = "%.0f" if is_whole else "%.5g"
    shown = pd.DataFrame({"time": date_label(lines[0].index)})
    if chosen.origin is not None:
        shown["actual"] = actual_at(outcome, chosen.series_id, chosen.origin)[1]
    for place, line in enumerate(lines):
        shown[f"m{place}"] = line.point
    config = {
        f"m{place}": st.column_config.NumberColumn(plain(line.label, 40), format=digits) for place, line in enumerate(lines)
    }
    config |= {"time": "Time", "actual": st.column_config.NumberColumn("Actual", format=digits)}
    st.dataframe(shown, hide_index=True, column_config=config, alt="The forecasts that the chart shows")


def _counts(outcome: Outcome, series_id: str) -> bool:
    """Whether all that was observed of a series is whole; False where a link does not share it."""
    if outcome.panel is None:
        return False
    series = outcome.panel[series_id]
    return bool((series.values[series.observed] % 1 == 0).all())
