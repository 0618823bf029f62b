"""What a run computes, asked: horizon, origins, intervals, seeds, and what is folded away."""

from __future__ import annotations

import streamlit as st

from core.errors import AppError
from core.evaluation.design import COVERAGES, Experiment
from core.evaluation.planning import chosen_season
from core.evaluation.spec import RunSpec
from core.jobs.kinds.planned import Planned
from core.models.presets import BLOCKS, CERTIFIED, SEEDS
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.models.transform import NONE, TRANSFORMS
from core.series.timeseries import Panel, TimeSeries
from pages.parts import chooser, presets, services, state
from pages.parts.text import count, percent, safe

OFFERED = (50, 80, 90, 95, 99)
USUAL = tuple(map(percent, COVERAGES))
LONGEST_START = 48
SCALES = {"none": "None", "log": "Logarithm", "box_cox": "Box-Cox"}
FLOORS = {"Automatic": None, "Never": True, "Allowed": False}
ASKED = "train.power"  # the last question what a plan can show
SEASON_OF = "train.season.of"  # the series for which the season was started


def ask(panel: Panel) -> None:
    """The settings that all models share."""
    _start_season(panel)
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
            placeholder="Automatic",
            help="Origins: times in the past from which every model forecasts, to be scored. Automatic: over the last third of "
            "the series, 40 % of a short one. 0 scores nothing.",
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


def _start_season(panel: Panel) -> None:
    """The season that was chosen with the data, for series that the form has not seen yet."""
    keys = tuple(one.key for one in panel)
    if state.get(SEASON_OF) != keys:
        state.put(SEASON_OF, keys)
        state.put("train.season", _chosen_season(keys, panel))


@st.cache_data(show_spinner=False, max_entries=64)
def _chosen_season(keys: tuple[str, ...], _panel: Panel) -> int | None:  # noqa: ARG001
    return chosen_season(_panel)


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
        two.number_input(
            "Stride (steps)", 1, 10_000, None, key="train.stride", persist_state="session", placeholder="Automatic",
            help="How far the replayed origins lie apart. As far as the horizon, their outcomes do not overlap. Automatic: 1, "
            "or as far as 200 origins over the test need.",
        )  # fmt: skip
        state.start("train.blocks", BLOCKS[presets.name()])
        three.number_input(
            "Fits over the test", 1, 50, key="train.blocks", persist_state="session", disabled=bool(state.get("train.refit")),
            help="The test is cut into so many parts. Every model is fitted at the start of each, on all that was known then.",
        )  # fmt: skip
        state.start("train.seed", 0)
        four.number_input(
            "First seed", 0, 2**31, key="train.seed", persist_state="session", help="The same seed gives the same numbers."
        )
        _rarer()


def _rarer() -> None:
    """The second row: what is seldom changed."""
    five, six, seven, eight = st.columns(4, gap="medium", vertical_alignment="bottom")
    state.start("train.transform", NONE)
    five.selectbox(
        "Transform", TRANSFORMS, key="train.transform", persist_state="session", format_func=SCALES.get,
        help="What every model learns the series under; forecasts are turned back. For growth in percent, and for swings "
        "that grow with the level.",
    )  # fmt: skip
    state.start("train.floor", "Automatic")
    six.selectbox(
        "Below zero", tuple(FLOORS), key="train.floor", persist_state="session",
        help="Whether forecasts and intervals may be negative. Automatic: if a value before the first origin is.",
    )  # fmt: skip
    seven.toggle(
        "Fit anew at every origin", key="train.refit", persist_state="session",
        help="Slower by the number of origins.",
    )  # fmt: skip
    state.start("train.certify", presets.name() in CERTIFIED)
    seven.toggle(
        "Check for look-ahead", key="train.certify", persist_state="session",
        help="Every model is computed once more, with noise in place of all that followed a random moment. Its forecasts "
        "up to that moment must stay the same, bit for bit. It takes about twice as long.",
    )  # fmt: skip
    eight.number_input(
        "Time budget (seconds)", value=None, step=10, key="train.budget", persist_state="session", placeholder="None",
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
        stride=state.get("train.stride"),
        blocks=state.get("train.blocks"),
        refit=bool(state.get("train.refit")),
        transform=state.get("train.transform", NONE),
        floor=FLOORS.get(state.get("train.floor")),
        coverages=None if coverages == USUAL else tuple(round(one / 100, 10) for one in coverages),
        seeds=state.get("train.seeds", 3),
        seed=state.get("train.seed", 0),
        certify=bool(state.get("train.certify")),
    )


def divided(experiment: Experiment, series: TimeSeries) -> str:
    """What the settings left open came to."""
    plan, spec = experiment.plans[series.id], experiment.spec
    if not plan.scored:
        return "Nothing is scored."
    apart = f", {count(spec.stride, 'step')} apart" if len(plan.scored) > 1 else ""
    fits = len(set(plan.fits))
    anew = f"fitted {count(fits, 'time')}, the last on {plan.ends[-1]:,} values" if fits > 1 else "fitted once"
    whose = f" of {safe(series.id, 60)}" if len(experiment.panel) > 1 else ""
    return (
        f"{plan.train_end:,} values{whose} train, then {count(len(plan.scored), 'past forecast')}{apart}; "
        f"every model is {anew}, and once more on everything for the forecast."
    )


@st.fragment(run_every=1.0)
def can_show(experiment: Experiment, series: TimeSeries) -> None:
    """What difference the run could show between a network and AR, once a worker has found out; nothing until then."""
    plan, spec = experiment.plans[series.id], experiment.spec
    networks = sum(MODELS[one.name].is_random for one in spec.models if one.name in MODELS)
    if len(experiment.panel) > 1 or not networks or len(plan.scored) < 2:
        return
    question = Planned(spec.horizon, plan.origins[0], len(plan.origins), spec.stride or 1, series.season, networks)
    bench, workspace = services.own()
    digest = question.digest(spec.series[0])
    if (before := state.get(ASKED)) not in (None, digest):
        bench.questions.dismiss(workspace, str(before))
    state.put(ASKED, digest)
    try:
        answer = bench.questions.of_series(workspace, question, spec.series[0])
    except AppError:  # too many questions are open, or the series is gone: the run can be started all the same
        return
    if answer.state == "done":
        share, correlation = Planned.read(answer.content)
        st.caption(
            f"This plan can show a difference of about {100 * share:.0f} % between a network and AR, if their errors go "
            f"together as those of AR and Linear do in the training part (correlation {correlation:.2f})."
        )
    elif answer.state in ("waiting", "running"):
        st.caption("Finding out what difference this plan can show …")


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
    for name in ("horizon", "season", "origins", "stride", "refit", "seeds", "seed", "transform", "certify"):
        state.put(f"train.{name}", getattr(spec, name))
    state.put("train.blocks", spec.blocks or (1 if spec.timetable is None else BLOCKS[presets.USUAL]))
    state.put("train.floor", next(name for name, value in FLOORS.items() if value == spec.floor))
    state.put(SEASON_OF, spec.series)
    coverages = list(map(percent, COVERAGES if spec.coverages is None else spec.coverages))
    state.put("train.coverages", coverages)
    state.put("train.offered", coverages)
