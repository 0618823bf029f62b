"""What forms look at, read off the run that is asked for and off its series."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.evaluation.planning import planned
from core.evaluation.spec import RunSpec
from core.series.timeseries import Panel
from core.windows.extras import calendar_terms


@dataclass(frozen=True)
class Facts:
    """Training points of the longest series, horizon and season."""

    length: int
    horizon: int
    season: int


def facts_of(spec: RunSpec, panel: Panel) -> Facts:
    """Training points before the first origin, horizon and season.  Raises ConfigError or TooShortError where there is no plan.

    The models count as they come: what they are set to is what a form decides, and shall not decide it.
    """
    bare = replace(spec, models=tuple(replace(model, config={}) for model in spec.models))
    seasonal, found = planned(bare, panel)
    longest = max(plan.train_end for plan in found.plans(panel).values())
    return Facts(longest, spec.horizon, seasonal.series[0].season)


def traits_of(panel: Panel, season: int) -> frozenset[str]:
    """Which of `core.parameters.TRAITS` some series of the panel has."""
    found = {
        "season": season > 1,
        "gaps": not all(series.observed.all() for series in panel),
        "covariates": any(series.inputs is not None for series in panel),
        "dates": any(calendar_terms(series) for series in panel),
    }
    return frozenset(name for name, is_there in found.items() if is_there)
