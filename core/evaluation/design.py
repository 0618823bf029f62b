"""From what was asked to what will be computed: every open setting closed, every origin planned, every refusal made.

It is cheap and needs neither torch nor statsmodels, so that a run can be refused before it is queued.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.errors import ConfigError, DataError
from core.evaluation import conformal
from core.evaluation.backtest import past_errors
from core.evaluation.planning import planned, remarks
from core.evaluation.pooling import worth
from core.evaluation.spec import RunSpec
from core.models.spec import ModelSpec
from core.models.transform import LOG, NONE
from core.series.splits import Plan
from core.series.timeseries import Panel

COVERAGES = (0.8, 0.95)


@dataclass(frozen=True, eq=False)
class Experiment:
    """A run that is ready to compute: `spec` has nothing open, the panel has the run's season, each series has a plan.

    coverages: for each series by id those that past errors support, its own or those pooled over the panel.
    """

    spec: RunSpec
    panel: Panel
    plans: Mapping[str, Plan]
    coverages: Mapping[str, tuple[float, ...]]
    warnings: tuple[str, ...] = ()

    @property
    def lowest(self) -> float | None:
        """What no forecast is below; None where there is no such bound."""
        return 0.0 if self.spec.floor else None


def design(spec: RunSpec, panel: Panel, *, is_accepted: bool = False) -> Experiment:
    """Close every open setting and plan every origin.  Raises ConfigError or DataError when it cannot be computed.

    The specification of the answer gives the same experiment again; there `is_accepted` says that its coverages are those
    of an earlier design, of which a series may support a part.
    """
    _refuse_constant(panel)
    _refuse_short_covariates(spec, panel)
    _refuse_transform(spec, panel)
    keys = tuple(series.key for series in panel)
    panel, found = planned(spec, panel)
    plans, season = found.plans(panel), panel.series[0].season
    length = max(plan.train_end for plan in plans.values())
    models = tuple(_closed(one, length, spec.horizon, season, is_alone=len(panel) == 1) for one in spec.models)
    warnings = remarks(spec, panel, found, season)
    coverages, refused = _supported(spec, panel, plans, refuses=spec.coverages is not None and not is_accepted)
    closed = replace(
        spec,
        series=keys,
        models=models,
        season=season,
        origins=len(found.origins) if found.is_scored else 0,
        stride=found.stride,
        blocks=len(found.starts) or None,
        timetable=found,
        floor=_is_above(panel, plans) if spec.floor is None else spec.floor,
        coverages=tuple(dict.fromkeys(coverage for some in coverages.values() for coverage in some)),
    )
    return Experiment(closed, panel, plans, coverages, (*warnings, *refused))


def _closed(spec: ModelSpec, length: int, horizon: int, season: int, *, is_alone: bool) -> ModelSpec:
    """With what the training length decides; a model that learns each series of a panel by itself decides it when fitted."""
    model = spec.build()
    resolved = model.resolved(length, horizon, season)
    return spec.closed(resolved if is_alone or model.scope == "panel" else model)


def _refuse_constant(panel: Panel) -> None:
    for series in panel:
        known = series.values[series.observed]
        if known.size and (known == known[0]).all():
            remedy = "choose another target" if len(panel) == 1 else "leave it out"
            raise DataError(
                f"series {series.id!r} is constant: all {known.size} values are {known[0]:g}, so there is nothing to compare; "
                f"{remedy}"
            )


def _refuse_short_covariates(spec: RunSpec, panel: Panel) -> None:
    """Before anything is computed, for a forecast would fail at its very end."""
    if not any(one.build().reads_covariates for one in spec.models):
        return
    for series in panel:
        if series.inputs is not None:
            series.inputs.require_reach(len(series), spec.horizon)


def _refuse_transform(spec: RunSpec, panel: Panel) -> None:
    for series in panel if spec.transform != NONE else ():
        lowest, name = series.values.min(), "logarithm" if spec.transform == LOG else "power"
        if lowest < 0 or (lowest == 0 and spec.transform == LOG):
            remedy = "box_cox, or no transform" if lowest == 0 else "no transform"
            raise DataError(f"series {series.id!r} goes down to {lowest:g}, of which there is no {name}; choose {remedy}")


def _is_above(panel: Panel, plans: Mapping[str, Plan]) -> bool:
    """Whether no value is negative, as far as is known before the first origin."""
    known = (series.values[: plans[series.id].train_end] for series in panel)
    return all(values.min() >= 0 for values in known if len(values))


def _supported(
    spec: RunSpec, panel: Panel, plans: Mapping[str, Plan], *, refuses: bool
) -> tuple[dict[str, tuple[float, ...]], list[str]]:
    """The coverages that past errors support for each series at its end, and words for the rest.

    Raises ConfigError if it `refuses`.
    """
    pooled = int(worth(panel, plans))
    errors = {series.id: max(past_errors(series, plans[series.id]), pooled) for series in panel}
    wanted = COVERAGES if spec.coverages is None else tuple(sorted(spec.coverages))
    found = {name: conformal.supported(count, wanted) for name, count in errors.items()}
    name = min(errors, key=lambda one: errors[one])
    missing = [coverage for coverage in wanted if coverage not in found[name]]
    if not missing:
        return found, []
    needs = (
        f"coverage {100 * missing[-1]:g} % needs {conformal.fewest(missing[-1])} past errors; "
        f"series {name!r} has {errors[name]}{'' if plans[name].is_scored else ' to hold out'}"
    )
    if refuses:
        more = "more origins, " if plans[name].is_scored else ""
        raise ConfigError(f"{needs}: ask for {more}a shorter horizon or a coverage that they support")
    whole = all(missing[-1] not in some for some in found.values())
    return found, [f"{needs}, so that interval is left out{'' if whole else ' for such series'}"]
