"""Season and origins of a run, closed before anything is fitted, and refusals that name what is too short for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import TooShortError
from core.evaluation.spec import RunSpec
from core.models.base import Model
from core.series.splits import Plan, Timetable, timetable
from core.series.timeseries import Panel, TimeSeries
from core.stats.season import propose_season

LEAST_SHARE = 4  # a training slice below a fourth of its series is worth a warning


def planned(spec: RunSpec, panel: Panel) -> tuple[Panel, Timetable]:
    """The panel with the run's season, and its origins.

    An open season comes from what is known before the first origin, and from the frequency.
    """
    if spec.timetable is not None:
        return seasonal(panel, spec.season), spec.timetable
    if spec.season is not None:
        return seasonal(panel, spec.season), timetable_of(spec, panel, spec.season)
    found = timetable_of(spec, panel, 1)
    season = usual_season(panel, {name: one.train_end for name, one in found.plans(panel).items()})
    try:
        again = timetable_of(spec, panel, season)
    except TooShortError:  # too short for a season: then it has none
        season, again = 1, found
    return seasonal(panel, season), again


def usual_season(panel: Panel, lengths: Mapping[str, int]) -> int:
    """The season that most of the series have, judged by their first values: as many as `lengths` says."""
    known = [one for one in panel if lengths[one.id] > 1]
    found = (propose_season(one.values[: lengths[one.id]], one.freq).length for one in known)
    return Counter(found).most_common(1)[0][0]


def chosen_season(panel: Panel) -> int | None:
    """The season that a person gave all of these series; None where it is what the values suggest anyway."""
    given = {series.season for series in panel}
    is_proposed = all(series.season == propose_season(series.values, series.freq).length for series in panel)
    return given.pop() if len(given) == 1 and not is_proposed else None


def seasonal(panel: Panel, season: int) -> Panel:
    """The same series, all with this season."""
    return Panel(tuple(replace(series, season=season) for series in panel))


def timetable_of(spec: RunSpec, panel: Panel, season: int) -> Timetable:
    """Origins that leave room for the training of every model.  Raises TooShortError, ConfigError.

    A model that learns from the whole panel needs only one series that is long enough.
    """
    models = [one.build() for one in spec.models]
    needs = {scope: [one.needs(spec.horizon, season) for one in models if one.scope == scope] for scope in ("series", "panel")}
    shared = max(needs["panel"], default=1)
    needed = max([*needs["series"], min(shared, season + 2) if len(panel) > 1 else shared])
    wishes = {"origins": spec.origins, "stride": spec.stride, "blocks": spec.blocks, "is_refit": spec.refit}
    try:
        return timetable(panel, spec.horizon, needed, shared, **wishes)
    except TooShortError:
        _refuse(spec, max(panel, key=len), season, models)
        raise


def _refuse(spec: RunSpec, series: TimeSeries, season: int, models: Sequence[Model]) -> None:
    """Raises with the model that asks for most: ConfigError where its settings are the cause, else TooShortError."""
    tested = 0 if spec.origins == 0 else spec.horizon
    for model in models:
        if type(model)().needs(spec.horizon, season) <= len(series) - tested:
            model.resolved(len(series) - tested, spec.horizon, season)
    needy = max(models, key=lambda model: model.needs(spec.horizon, season))
    needed = needy.needs(spec.horizon, season)
    of_season = f" and season {season}" if needed != needy.needs(spec.horizon, 1) else ""
    of_test = f", and {tested} more test it" if tested else ""
    raise TooShortError(
        f"series {series.id!r} has {len(series)} points, too few: {needy.label} needs {needed} to train on with horizon "
        f"{spec.horizon}{of_season}{of_test}; bring at least {needed + tested} points, leave {needy.label} "
        f"out, or choose a shorter {'season' if of_season else 'horizon'}"
    )


def remarks(spec: RunSpec, panel: Panel, found: Timetable, season: int) -> list[str]:
    """What a person should know of the origins: what had to be given up, and what is thin."""
    plans = found.plans(panel)
    return [
        *(_fewer_origins(spec, found, plans) if found.is_scored else [_untested(plans)]),
        *_unscored(found, plans),
        *_demanding(spec, panel, found, season),
        *_thin_training(plans),
        *_other_season(spec, panel, season),
    ]


def _fewer_origins(spec: RunSpec, found: Timetable, plans: Mapping[str, Plan]) -> list[str]:
    if spec.origins is None or len(found.origins) >= spec.origins:
        return []
    names = [name for name, plan in plans.items() if plan.origins]
    return [f"{_series(names)} too short for {spec.origins} scored origins; {_as_few(len(found.origins))}"]


def _untested(plans: Mapping[str, Plan]) -> str:
    """What there is without scored origins."""
    bare = [name for name, plan in plans.items() if not plan.origins]
    if not bare:
        return "without origins nothing is scored; intervals come from forecasts of the last values, held out for them once"
    return f"without origins nothing is scored; {_series(bare)} too short to hold values out for intervals"


def _unscored(found: Timetable, plans: Mapping[str, Plan]) -> list[str]:
    """A warning where series are in no score."""
    bare = [name for name, plan in plans.items() if not plan.origins]
    if not bare or not found.is_scored:
        return []
    short = [name for name in bare if plans[name].train_end < found.shortest]
    ended = [name for name in bare if name not in short]
    said = []
    if short:
        said.append(f"{_series(short)} too short at the first origin to be scored")
    if ended:
        said.append(f"{_series(ended)} not long enough after the first origin to be scored")
    return [f"{one}, and only forecast" for one in said]


def _demanding(spec: RunSpec, panel: Panel, found: Timetable, season: int) -> list[str]:
    """A warning where it is what the models were set to that leaves fewer past forecasts than they come with."""
    if spec.origins is not None or spec.timetable is not None:
        return []
    bare = replace(spec, models=tuple(replace(one, config={}) for one in spec.models))
    here, usual = len(found.origins), len(timetable_of(bare, panel, season).origins)
    if here >= usual:
        return []
    needy = max(spec.models, key=lambda one: one.build().needs(spec.horizon, season))
    needed = needy.build().needs(spec.horizon, season)
    return [
        f"{needy.label} needs {needed} training points as it is set, which leaves {here} past forecasts; there could be {usual}"
    ]


def _as_few(count: int) -> str:
    return f"there {'is' if count == 1 else 'are'} {count}"


def _series(names: list[str]) -> str:
    return f"series {names[0]!r} is" if len(names) == 1 else f"{len(names)} series ({names[0]!r}, …) are"


def _thin_training(plans: Mapping[str, Plan]) -> list[str]:
    thin = [name for name, plan in plans.items() if plan.origins and LEAST_SHARE * plan.train_end < plan.length]
    if not thin:
        return []
    one = plans[thin[0]]
    left = f"only {one.train_end} of the {one.length} points of series {thin[0]!r} are left for training in the backtest"
    return [f"{left}; fewer origins, a shorter stride or a shorter horizon leave more"]


def _other_season(spec: RunSpec, panel: Panel, season: int) -> list[str]:
    """A warning only: what the whole series suggests may not choose the season of a backtest."""
    whole = usual_season(panel, {series.id: len(series) for series in panel})
    if spec.season is not None or whole == season:
        return []
    used = f"season {season} is used, from what is known before the first origin"
    return [f"{used}; the whole series suggests {whole}: set it if you know it"]
