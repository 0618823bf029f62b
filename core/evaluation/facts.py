"""What a preset looks at, read off the run that is asked for."""

from __future__ import annotations

from dataclasses import replace

from core.evaluation.planning import planned
from core.evaluation.spec import RunSpec
from core.models.presets import Facts
from core.series.timeseries import Panel


def facts_of(spec: RunSpec, panel: Panel) -> Facts:
    """Training points before the first origin, horizon and season.  Raises ConfigError or TooShortError where there is no plan.

    The models count as they come: what they are set to is what a preset decides, and shall not decide it.
    """
    bare = replace(spec, models=tuple(replace(model, config={}) for model in spec.models))
    seasonal, plans = planned(bare, panel)
    return Facts(max(plan.train_end for plan in plans.values()), spec.horizon, seasonal.series[0].season)
