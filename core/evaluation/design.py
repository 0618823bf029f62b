"""From what was asked to what will be computed: every open setting closed, every origin planned, every refusal made.

It is cheap and needs neither torch nor statsmodels, so that a run can be refused before it is queued.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import ConfigError, DataError, TooShortError
from core.evaluation import conformal
from core.evaluation.backtest import past_errors
from core.evaluation.spec import RunSpec
from core.models.base import Model
from core.series.splits import CALIBRATION, Plan, plan
from core.series.timeseries import Panel
from core.stats.season import propose_season

COVERAGES = (0.8, 0.95)


@dataclass(frozen=True, eq=False)
class Experiment:
    """A run that is ready to compute: `spec` has nothing open, the panel has the run's season, each series has a plan.

    coverages: for each series by id those that its past errors support.
    """

    spec: RunSpec
    panel: Panel
    plans: Mapping[str, Plan]
    coverages: Mapping[str, tuple[float, ...]]
    warnings: tuple[str, ...] = ()


def design(spec: RunSpec, panel: Panel, *, is_accepted: bool = False) -> Experiment:
    """Close every open setting and plan every origin.  Raises ConfigError or DataError when it cannot be computed.

    The specification of the answer gives the same experiment again; there `is_accepted` says that its coverages are those
    of an earlier design, of which a series may support a part.
    """
    _refuse_constant(panel)
    keys = tuple(series.key for series in panel)
    panel, plans = _planned(spec, panel)
    length = max(plan.train_end for plan in plans.values())
    season = panel.series[0].season
    models = tuple(one.closed(one.build().resolved(length, spec.horizon, season)) for one in spec.models)
    warnings = [*_fewer_origins(spec, plans), *_later_ends(panel)]
    coverages, refused = _supported(spec, panel, plans, refuses=spec.coverages is not None and not is_accepted)
    closed = replace(
        spec,
        series=keys,
        models=models,
        season=season,
        origins=len(plans[max(panel, key=len).id].scored),
        coverages=tuple(dict.fromkeys(coverage for some in coverages.values() for coverage in some)),
    )
    return Experiment(closed, panel, plans, coverages, (*warnings, *refused))


def _refuse_constant(panel: Panel) -> None:
    for series in panel:
        known = series.values[series.observed]
        if known.size and (known == known[0]).all():
            raise DataError(
                f"series {series.id!r} is constant: all {known.size} values are {known[0]:g}, so there is nothing to compare; "
                f"choose another target"
            )


def _planned(spec: RunSpec, panel: Panel) -> tuple[Panel, dict[str, Plan]]:
    """The panel with the run's season, and the plan of each series."""
    if spec.season is not None:
        panel = _seasonal(panel, spec.season)
        return panel, _plans(spec, panel, spec.season)
    plans = _plans(spec, panel, 1)
    known = (propose_season(one.values[: plans[one.id].train_end], one.freq).length for one in panel)
    season = Counter(known).most_common(1)[0][0]
    try:
        again = _plans(spec, panel, season)
    except TooShortError:  # too short for a season: then it has none
        season, again = 1, plans
    return _seasonal(panel, season), again


def _seasonal(panel: Panel, season: int) -> Panel:
    return Panel(tuple(replace(series, season=season) for series in panel))


def _plans(spec: RunSpec, panel: Panel, season: int) -> dict[str, Plan]:
    """Each series' plan, with room for the training of every model.

    A model that learns from the whole panel needs only one series that is long enough.
    """
    built = [one.build() for one in spec.models]
    each = max((model.needs(spec.horizon, season) for model in built if model.scope == "series"), default=2)
    one = max((model.needs(spec.horizon, season) for model in built if model.scope == "panel"), default=2)
    longest = max(panel, key=len)
    origins, plans = spec.origins, {}
    for series in sorted(panel, key=len, reverse=True):
        shortest = max(each, one) if series is longest else each
        try:
            plans[series.id] = plan(len(series), spec.horizon, shortest, origins=origins, stride=spec.stride)
        except TooShortError as error:
            _blame_settings(built, len(series) - spec.horizon, spec.horizon, season)
            raise TooShortError(f"series {series.id!r}: {error}") from None
        if origins is None:  # what the longest series leaves open to choice, the others follow as far as they can
            origins = len(plans[series.id].scored)
            plans[series.id] = plan(len(series), spec.horizon, shortest, origins=origins, stride=spec.stride)
    return plans


def _blame_settings(models: Sequence[Model], length: int, horizon: int, season: int) -> None:
    """Raises ConfigError when a model asks for more than `length` training points by its settings alone."""
    for model in models:
        if type(model)().needs(horizon, season) <= length:
            model.resolved(length, horizon, season)


def _fewer_origins(spec: RunSpec, plans: Mapping[str, Plan]) -> list[str]:
    """Words for what had to be given up, none where everything fits."""
    wanted = 0 if spec.origins == 0 else spec.origins or max(len(plan.scored) for plan in plans.values())
    short = [name for name, plan in plans.items() if len(plan.scored) < wanted]
    bare = [name for name, plan in plans.items() if wanted and len(plan.calibration) < CALIBRATION]
    said = []
    if short:
        fewest = min(len(plans[name].scored) for name in short)
        said.append(f"{_series(short)} too short for {wanted} origins; it is scored on as few as {fewest}")
    if bare:
        fewest = min(len(plans[name].calibration) for name in bare)
        said.append(f"{_series(bare)} too short for {CALIBRATION} calibration origins; there are as few as {fewest}")
    return said


def _series(names: list[str]) -> str:
    return f"series {names[0]!r} is" if len(names) == 1 else f"{len(names)} series ({names[0]!r}, …) are"


def _later_ends(panel: Panel) -> list[str]:
    """A warning where the series end at different dates, so that one fit on all of them mixes times."""
    if panel.series[0].freq is None or len({series.index[-1] for series in panel}) == 1:
        return []
    return [
        "the series end at different dates: a network that learns from all of them sees dates of some beyond origins of others"
    ]


def _supported(
    spec: RunSpec, panel: Panel, plans: Mapping[str, Plan], *, refuses: bool
) -> tuple[dict[str, tuple[float, ...]], list[str]]:
    """The coverages that each series' past errors support, and words for the rest.  Raises ConfigError if it `refuses`."""
    errors = {series.id: past_errors(series, plans[series.id]) for series in panel}
    wanted = COVERAGES if spec.coverages is None else tuple(sorted(spec.coverages))
    found = {name: conformal.supported(count, wanted) for name, count in errors.items()}
    name = min(errors, key=lambda one: errors[one])
    missing = [coverage for coverage in wanted if coverage not in found[name]]
    if not missing:
        return found, []
    needs = (
        f"coverage {100 * missing[-1]:g} % needs {conformal.fewest(missing[-1])} past errors; "
        f"series {name!r} has {errors[name]} before its first scored origin"
    )
    if refuses:
        raise ConfigError(f"{needs}: ask for fewer origins, a shorter horizon or a coverage that they support")
    return found, [f"{needs}, so that interval is left out there"]
