"""What a run computes, asked: horizon, origins, intervals, seeds, and what is folded away."""

from __future__ import annotations

import streamlit as st

from core.evaluation.design import COVERAGES
from core.evaluation.spec import RunSpec
from core.models.presets import SEEDS
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from pages.parts import chooser, presets, state
from pages.parts.text import percent

OFFERED = (50, 80, 90, 95, 99)
USUAL = tuple(map(percent, COVERAGES))
LONGEST_START = 48


def ask(panel: Panel) -> None:
    """The settings that all models share."""
    longest = max(len(one) for one in panel)
    state.start("train.horizon", first_horizon(panel))
    state.within("train.horizon", 1, max(1, longest - 1), first_horizon(panel))
    state.start("train.coverages", list(USUAL))
    left, middle, right, last = st.columns([1, 1, 1.4, 1], gap="medium")
    with left:
        st.number_input(
            "Horizon (steps ahead)", 1, max(1, longest - 1), key="train.horizon", persist_state="session",
            help="How far each forecast reaches.",
        )  # fmt: skip
    with middle:
        st.number_input(
            "Past forecasts to replay", 0, 10_000, None, key="train.origins", persist_state="session",
            placeholder="Automatic: up to 20",
            help="Origins: times in the past from which every model forecasts, to be scored. 0 scores nothing.",
        )  # fmt: skip
    with right:
        st.pills(
            "Intervals (% coverage)", _offered(), selection_mode="multi", key="train.coverages", persist_state="session",
            help="An 80 % interval should hold the truth in 8 of 10 forecasts. 99 % needs 99 past errors.",
        )  # fmt: skip
    with last:
        state.start("train.seeds", SEEDS[presets.name()])
        st.number_input(
            "Seeds", 1, 20, key="train.seeds", persist_state="session",
            help="Each network is trained this often from other random weights; the forecast is the median.",
        )  # fmt: skip
    _more()


def _offered() -> tuple[float, ...]:
    """The usual coverages in percent, and those of the run that the settings were taken from."""
    return tuple(sorted({*OFFERED, *state.get("train.offered", ())}))


def _more() -> None:
    with st.expander("More"):
        one, two, three, four = st.columns(4, gap="medium", vertical_alignment="bottom")
        one.number_input(
            "Season (steps)", 1, 10_000, None, key="train.season", persist_state="session", placeholder="Automatic",
            help="Steps after which the pattern repeats; 1 for none. Automatic: from the frequency or the training part.",
        )  # fmt: skip
        state.start("train.stride", 1)
        two.number_input(
            "Stride (steps)", 1, 10_000, key="train.stride", persist_state="session",
            help="How far the replayed origins lie apart. As far as the horizon, their outcomes do not overlap.",
        )  # fmt: skip
        state.start("train.seed", 0)
        three.number_input(
            "First seed", 0, 2**31, key="train.seed", persist_state="session", help="The same seed gives the same numbers."
        )
        four.toggle(
            "Fit anew at every origin", key="train.refit", persist_state="session",
            help="Slower by the number of origins; without it each model is fitted once, before the first origin.",
        )  # fmt: skip
        st.number_input(
            "Time budget (seconds)", value=None, step=10, key="train.budget", persist_state="session", placeholder="None",
            width=260,
            help="Seconds from the start to the last result. Networks train fewer epochs where that is needed to keep it.",
        )  # fmt: skip


def first_horizon(panel: Panel) -> int:
    """A season where there is one, else 12, as far as a tenth of the series allows."""
    series = max(panel, key=len)
    wanted = series.season if 1 < series.season <= LONGEST_START else 12
    return max(1, min(wanted, len(series) // 10))


def spec(keys: tuple[str, ...], models: tuple[ModelSpec, ...]) -> RunSpec:
    """What the page asks for.  Raises ConfigError."""
    coverages = tuple(sorted(state.get("train.coverages") or ()))
    return RunSpec(
        series=keys,
        models=models,
        horizon=state.get("train.horizon"),
        season=state.get("train.season"),
        origins=state.get("train.origins"),
        stride=state.get("train.stride", 1),
        refit=bool(state.get("train.refit")),
        coverages=None if coverages == USUAL else tuple(round(one / 100, 10) for one in coverages),
        seeds=state.get("train.seeds", 3),
        seed=state.get("train.seed", 0),
    )


def budget() -> float | None:
    """Seconds that the run may take, None for as long as it takes."""
    return state.get("train.budget")


def fill(spec: RunSpec) -> None:
    """Set everything as a run had it, to change it a little."""
    chooser.fill(spec.models)
    state.put(presets.CHOSEN, presets.USUAL)
    state.put("train.budget", None)
    state.set_series(spec.series)
    state.put("train.live", "")
    for name in ("horizon", "season", "origins", "stride", "refit", "seeds", "seed"):
        state.put(f"train.{name}", getattr(spec, name))
    coverages = list(map(percent, COVERAGES if spec.coverages is None else spec.coverages))
    state.put("train.coverages", coverages)
    state.put("train.offered", coverages)
