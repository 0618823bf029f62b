"""Season and origins of a run, closed before anything is fitted, and refusals that name what is too short for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import TooShortError
from core.evaluation.backtest import past_errors
from core.evaluation.spec import RunSpec
from core.models.base import Model
from core.series.splits import CALIBRATION, Plan, plan
from core.series.timeseries import Panel, TimeSeries
from core.stats.season import propose_season

LEAST_SHARE = 4  # a training slice below a fourth of its series is worth a warning


def planned(spec: RunSpec, panel: Panel) -> tuple[Panel, dict[str, Plan]]:
    """The panel with the run's season, and the plan of each series.

    An open season comes from what is known before the first origin, and from the frequency.
    """
    if spec.season is not None:
        return _seasonal(panel, spec.season), plans_of(spec, panel, spec.season)
    plans = plans_of(spec, panel, 1)
    season = usual_season(panel, {name: one.train_end for name, one in plans.items()})
    try:
        again = plans_of(spec, panel, season)
    except TooShortError:  # too short for a season: then it has none
        season, again = 1, plans
    return _seasonal(panel, season), again


def usual_season(panel: Panel, lengths: Mapping[str, int]) -> int:
    """The season that most of the series have, judged by their first values: as many as `lengths` says."""
    found = (propose_season(one.values[: lengths[one.id]], one.freq).length for one in panel)
    return Counter(found).most_common(1)[0][0]


def _seasonal(panel: Panel, season: int) -> Panel:
    return Panel(tuple(replace(series, season=season) for series in panel))


def plans_of(spec: RunSpec, panel: Panel, season: int) -> dict[str, Plan]:
    """Each series' plan, with room for the training of every model.  Raises TooShortError, ConfigError.

    A model that learns from the whole panel needs only one series that is long enough.
    """
    models = [one.build() for one in spec.models]
    longest = max(panel, key=len)
    origins, plans = spec.origins, {}
    for series in sorted(panel, key=len, reverse=True):
        demands = [model for model in models if series is longest or model.scope == "series"]
        shortest = max((model.needs(spec.horizon, season) for model in demands), default=2)
        try:
            plans[series.id] = _plan_of(series, replace(spec, origins=origins), shortest)
        except TooShortError:
            _refuse(spec, series, season, demands)
            raise
        if origins is None:  # what the longest series leaves open to choice, the others follow as far as they can
            origins = len(plans[series.id].scored)
            plans[series.id] = _plan_of(series, replace(spec, origins=origins), shortest)
    return plans


def _plan_of(series: TimeSeries, spec: RunSpec, shortest: int) -> Plan:
    """The plan of one series; where gaps hide past errors, with more calibration origins in their place."""
    calibration = CALIBRATION
    while True:
        found = plan(len(series), spec.horizon, shortest, origins=spec.origins, stride=spec.stride, calibration=calibration)
        lacking = CALIBRATION - past_errors(series, found)
        if lacking <= 0 or len(found.calibration) < calibration:
            return found
        calibration += lacking


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


def remarks(spec: RunSpec, panel: Panel, plans: Mapping[str, Plan], season: int) -> list[str]:
    """What a person should know of the plans: what had to be given up, and what is thin."""
    return [
        *_fewer_origins(spec, plans),
        *_demanding(spec, panel, plans, season),
        *_thin_training(plans),
        *_other_season(spec, panel, season),
        *_later_ends(panel),
    ]


def _fewer_origins(spec: RunSpec, plans: Mapping[str, Plan]) -> list[str]:
    if spec.origins == 0:
        return [_untested(plans)]
    wanted = spec.origins or max(len(plan.scored) for plan in plans.values())
    short = {name: len(plan.scored) for name, plan in plans.items() if len(plan.scored) < wanted}
    bare = {name: len(plan.calibration) for name, plan in plans.items() if len(plan.calibration) < CALIBRATION}
    said = []
    if short:
        said.append(f"{_series(list(short))} too short for {wanted} scored origins; {_as_few(short)}")
    if bare:
        said.append(f"{_series(list(bare))} too short for {CALIBRATION} calibration origins; {_as_few(bare)}")
    return said


def _untested(plans: Mapping[str, Plan]) -> str:
    """What there is without scored origins."""
    bare = [name for name, plan in plans.items() if not plan.calibration]
    if not bare:
        return "without origins nothing is scored; intervals come from forecasts of the last values, held out for them once"
    return f"without origins nothing is scored; {_series(bare)} too short to hold values out for intervals"


def _demanding(spec: RunSpec, panel: Panel, plans: Mapping[str, Plan], season: int) -> list[str]:
    """A warning where it is what the models were set to that leaves fewer past forecasts than they come with."""
    if spec.origins is not None:
        return []
    longest = max(panel, key=len)
    here, needy = len(plans[longest.id].scored), max(spec.models, key=lambda one: one.build().needs(spec.horizon, season))
    bare = replace(spec, models=tuple(replace(one, config={}) for one in spec.models))
    usual = len(plans_of(bare, Panel((longest,)), season)[longest.id].scored)
    if here >= usual:
        return []
    needed = needy.build().needs(spec.horizon, season)
    return [
        f"{needy.label} needs {needed} training points as it is set, which leaves {here} past forecasts; there could be {usual}"
    ]


def _as_few(counts: Mapping[str, int]) -> str:
    fewest = min(counts.values())
    return f"there {'is' if fewest == 1 else 'are'} {fewest or 'none'}" + (" at the least" if len(counts) > 1 else "")


def _series(names: list[str]) -> str:
    return f"series {names[0]!r} is" if len(names) == 1 else f"{len(names)} series ({names[0]!r}, …) are"


def _thin_training(plans: Mapping[str, Plan]) -> list[str]:
    thin = [name for name, plan in plans.items() if LEAST_SHARE * plan.train_end < plan.length]
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


def _later_ends(panel: Panel) -> list[str]:
    """A warning where the series end at different dates, so that one fit on all of them mixes times."""
    if panel.series[0].freq is None or len({series.index[-1] for series in panel}) == 1:
        return []
    return ["the series end at different dates: a network that learns from all sees dates of some beyond origins of others"]
