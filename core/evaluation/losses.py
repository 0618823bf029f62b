"""The losses of models at the run's origins, and when two of them are equal. Whether a difference is chance it does not ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import DataError
from core.evaluation.backtest import Backtest
from core.evaluation.design import Experiment
from core.evaluation.results import TaskResult
from core.evaluation.scores import SAME
from core.evaluation.verdict import rank_key
from core.metrics.point import mase_scale


def losses_of(experiment: Experiment, backtests: Mapping[str, Backtest], score: str) -> np.ndarray:
    """(S, R) the loss of each series of the run at each of its origins: the mean over the steps that were observed.

    NaN where nothing was observed, where a series has no such origin, and all along one that has no backtest. With score "mase"
    in units of MASE's scale, and NaN for a series that has none.
    """
    plans = list(experiment.plans.items())
    table = np.full((len(plans), max(plan.places[-1] + 1 for _, plan in plans if plan.places)), np.nan)
    for row, (name, plan) in enumerate(plans):
        if name not in backtests:
            continue
        one = backtests[name]
        errors = np.abs(one.scorable - one.point)  # (O, H)
        if score == "mase":
            history = experiment.panel[name][: int(one.origins[0])]
            try:
                errors = errors / mase_scale(history.values, history.observed, history.season)
            except DataError:  # such a series is in no model's score
                continue
        table[row, list(plan.places)] = over_series(errors.T)
    return table


def over_series(table: np.ndarray) -> np.ndarray:
    """(S, R) -> (R,), the mean of each column without its NaN; NaN where it holds nothing else."""
    seen = ~np.isnan(table)
    count = seen.sum(axis=0)
    return np.divide(np.where(seen, table, 0).sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)


def without_rounding(own: np.ndarray, theirs: np.ndarray, nothing: float) -> np.ndarray:
    """The losses `own`, those of `theirs` where both agree to five digits or differ by no more than `nothing`."""
    return np.where(np.abs(own - theirs) <= np.maximum(SAME * (own + theirs), nothing), theirs, own)


def alike(losses: np.ndarray, nothing: float) -> np.ndarray:
    """The losses (O, M), where those of a model that differ by rounding alone are those of the first such model."""
    found = losses.copy()
    for column in range(1, losses.shape[1]):
        gaps = np.abs(found[:, :column] - losses[:, [column]])
        same = (gaps <= np.maximum(SAME * (found[:, :column] + losses[:, [column]]), nothing)).all(axis=0)
        if same.any():
            found[:, column] = found[:, int(np.argmax(same))]
    return found


def in_order(tasks: Sequence[TaskResult], score: str) -> list[TaskResult]:
    """The lowest score first; those that agree to five digits, or are exact, in the order in which they came."""
    keys = [rank_key(task, score) for task in tasks]
    rows, lowest = [], None
    for place in sorted(range(len(tasks)), key=keys.__getitem__):
        if lowest is None or keys[place] - lowest > SAME * lowest:
            lowest = keys[place]
        rows.append((lowest, place))
    return [tasks[place] for _, place in sorted(rows)]
