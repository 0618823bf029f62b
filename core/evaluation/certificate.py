"""The no-look-ahead certificate: a model computed once more on a past that is the same and a future that is noise.

One origin of the run is drawn. Everything after it is replaced by noise, in all series. The model is settled, fitted and rolled
again, and every forecast from that origin or an earlier one must be the same, bit for bit: one that is not has seen what was to
come. It proves nothing of what a person chose with the whole series in view, nor of what a model knew before the run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from core.errors import DataError, FitError, TooShortError
from core.evaluation.backtest import Rolled, Rolling, learned_from, roll
from core.evaluation.design import Experiment
from core.models.base import Model
from core.progress import Context
from core.series.splits import Plan, moments_of, ticks_of
from core.series.timeseries import Inputs, Panel, TimeSeries, labels

SETTLING = 0.5  # of the work of a network, about, that settles its epochs
GAPS = 0.1  # of the values after the origin that are said to be unobserved
UNTESTED = "look-ahead was not checked: there is no past forecast to compare"
UNSTEADY = "look-ahead was not checked: on {device} the same computation does not give the same numbers; choose cpu"


@dataclass(frozen=True)
class Certificate:
    """Whether the forecasts of one model stayed the same.

    origin   how many moments of the panel are known at the drawn origin;  moment  the last of them, as text
    checked  forecasts compared, over seeds, series and origins, each of all steps and with the model's own quantiles
    first_difference  in words, None where there is none
    digest   SHA-256 of the compared bytes, as the run gave them
    date     when it was made: UTC, ISO 8601. No part of what two computations must agree on
    """

    origin: int
    moment: str
    checked: int
    is_same: bool
    first_difference: str | None
    digest: str
    date: str = field(compare=False)


@dataclass(frozen=True, eq=False)
class Computation:
    """What a run computed of one model: as it was asked for, and as it was settled; its roll for each seed, by series id."""

    asked: Model
    settled: Model
    rolling: Rolling
    rolled: Sequence[Mapping[str, Rolled]]


@dataclass(frozen=True)
class _Draw:
    """place: of the drawn origin among those of the run;  known: values of each series at it, by id."""

    place: int
    known: Mapping[str, int]


def certify(experiment: Experiment, first: Computation, context: Context, *, date: str) -> Certificate:
    """The certificate of a model.  context: that of its first computation.

    Raises DataError with the reason where nothing can be compared, and Cancelled.
    """
    if not experiment.spec.timetable.origins:
        raise DataError(UNTESTED)
    noise = _generator(experiment)
    draw = _drawn(experiment, noise)
    changed = Panel(tuple(_changed(series, draw.known[series.id], noise) for series in experiment.panel))
    checked, digest = _counted(first, draw)
    if not checked:
        raise DataError(UNTESTED)
    found = _difference(experiment, first, changed, draw, context)
    if found is not None and context.device != "cpu" and _difference(experiment, first, experiment.panel, draw, context):
        raise DataError(UNSTEADY.format(device=context.device))
    origin = experiment.spec.timetable.origins[draw.place]
    return Certificate(origin, _moment(experiment.panel, origin), checked, found is None, found, digest, date)


def _generator(experiment: Experiment) -> np.random.Generator:
    """Randomness that the content of the run decides, so that a certificate can be made again, and that no model is told."""
    content = json.dumps(experiment.spec.as_json(), sort_keys=True).encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(content).digest()[:16], "little"))


def _drawn(experiment: Experiment, noise: np.random.Generator) -> _Draw:
    """Any origin of the run, also in the middle of a block."""
    origins, moments = experiment.spec.timetable.origins, moments_of(experiment.panel)
    place = int(noise.integers(len(origins)))
    last = moments[origins[place] - 1]
    return _Draw(place, {one.id: int(np.searchsorted(ticks_of(one), last, side="right")) for one in experiment.panel})


def _changed(series: TimeSeries, known: int, noise: np.random.Generator) -> TimeSeries:
    """The series with noise in place of all but its first `known` values, of its covariates all but what is known ahead."""
    count = len(series) - known
    values, observed = series.values.copy(), series.observed.copy()
    values[known:] = _noise(series.values[: known or None], count, noise)
    observed[known:] = noise.random(count) >= GAPS
    return replace(series, values=values, observed=observed, inputs=series.inputs and _beside(series.inputs, known, noise))


def _beside(inputs: Inputs, known: int, noise: np.random.Generator) -> Inputs:
    rows = inputs.values.copy()
    for column in (place for place, role in enumerate(inputs.roles) if role == "past"):
        later = np.arange(len(rows)) >= known
        later &= np.isfinite(rows[:, column])  # beyond the end of the series nothing is known of it
        rows[later, column] = _noise(rows[: known or None, column], int(later.sum()), noise)
    return replace(inputs, values=rows)


def _noise(values: np.ndarray, count: int, noise: np.random.Generator) -> np.ndarray:
    """(count,) numbers between the lowest and the highest of the values: what is positive stays so, as some models need."""
    low, high = np.nanmin(values), np.nanmax(values)
    if low == high:
        low, high = (low / 2, low) if low else (0.0, 1.0)
    share = noise.random(count)
    return (1 - share) * low + share * high


def _difference(experiment: Experiment, first: Computation, panel: Panel, draw: _Draw, context: Context) -> str | None:
    """How the computation on this panel departs from the first one up to the drawn origin, in words; None where it does not."""
    border = SETTLING if first.asked.is_random else 0.0
    choosing, testing = context.part(0.0, border), context.part(border, 1.0)
    train, seeds = learned_from(panel, first.rolling, 0), len(first.rolled)
    try:
        model = first.asked.settled(train, first.rolling.horizon, choosing, seeds)
        if model != first.settled:
            return _settings(first.settled, model)
        again, absent = _again(first, panel, draw, testing)
    except (FitError, TooShortError) as error:
        return f"it could not be computed any more: {error}"
    for number, each in enumerate(first.rolled):
        of_seed = f"with seed {experiment.spec.seed + number}, " if seeds > 1 else ""
        for name, one in each.items():
            rows = _rows(first.rolling.plans[name], draw.place)
            if rows and name not in again[number]:
                return f"series {name!r} could not be forecast any more: {absent[name]}"
            if rows and (words := _departs(experiment.panel[name], first.rolling.plans[name], rows, one, again[number][name])):
                return of_seed + words
    return None


def _again(
    first: Computation, panel: Panel, draw: _Draw, context: Context
) -> tuple[list[dict[str, Rolled]], Mapping[str, str]]:  # fmt: skip
    """Forecasts from all origins of the blocks up to the drawn one, as `roll` gives them.

    Later origins of its block are rolled too, because some models say all of them at once; but an equation may refuse a history
    of noise, and then they are left out.  Raises FitError, TooShortError.
    """
    seeds = len(first.rolled)
    try:
        again, absent = roll(first.settled, panel, _until(first.rolling, draw, is_whole=True), context, seeds)
        if not absent.keys() & first.rolled[0].keys():
            return again, absent
    except (FitError, TooShortError):
        pass
    return roll(first.settled, panel, _until(first.rolling, draw, is_whole=False), context, seeds)


def _until(rolling: Rolling, draw: _Draw, *, is_whole: bool) -> Rolling:
    """The plans up to the drawn origin, or if `is_whole` up to the end of its block."""
    last = max(plan.fits[rows - 1] for plan in rolling.plans.values() if (rows := _rows(plan, draw.place)))
    plans = {}
    for name, plan in rolling.plans.items():
        rows = sum(fit <= last for fit in plan.fits) if is_whole else _rows(plan, draw.place)
        plans[name] = replace(
            plan, origins=plan.origins[:rows], places=plan.places[:rows], fits=plan.fits[:rows], ends=plan.ends[: last + 1]
        )
    return replace(rolling, plans=plans)


def _rows(plan: Plan, place: int) -> int:
    """How many origins of a series are no later than the one at `place` of the run."""
    return int(np.searchsorted(plan.places, place, side="right"))


def _counted(first: Computation, draw: _Draw) -> tuple[int, str]:
    """How many forecasts there are up to the drawn origin, and the SHA-256 of their bytes."""
    count, digest = 0, hashlib.sha256()
    for number, each in enumerate(first.rolled):
        for name, one in each.items():
            plan = first.rolling.plans[name]
            rows = _rows(plan, draw.place)
            count += rows
            digest.update(json.dumps([number, name, plan.origins[:rows]]).encode())
            for array in (one.point, one.own):
                digest.update(b"" if array is None else np.ascontiguousarray(array[:rows]).tobytes())
    return count, digest.hexdigest()


def _departs(series: TimeSeries, plan: Plan, rows: int, before: Rolled, after: Rolled) -> str | None:
    """The first of so many forecasts of a series that is another one, in words."""
    for what, one, other in (("forecast", before.point, after.point), ("own quantile", before.own, after.own)):
        if one is None:
            continue
        if other is None:
            return f"series {series.id!r} has no intervals of the model's own any more"
        if (place := _place(one[:rows], other[:rows])) is not None:
            known = plan.origins[place[0]]
            moment, numbers = labels(series.index[known - 1 : known])[0], (float(one[place]), float(other[place]))
            return f"series {series.id!r}, {what} after {moment}, step {place[-1] + 1}: {numbers[0]!r} became {numbers[1]!r}"
    return None


def _place(before: np.ndarray, after: np.ndarray) -> tuple[int, ...] | None:
    """Where two arrays of float64 first differ in a bit."""
    bits = [np.ascontiguousarray(one, dtype=np.float64).view(np.int64) for one in (before, after)]
    found = np.argwhere(bits[0] != bits[1])
    return tuple(found[0].tolist()) if len(found) else None


def _settings(before: Model, after: Model) -> str:
    """What a model chose otherwise."""
    one, other = before.config(), after.config()
    name = next((name for name in one if one[name] != other.get(name)), "")
    return f"its setting {name!r} was chosen otherwise: {one.get(name)!r} became {other.get(name)!r}"


def _moment(panel: Panel, origin: int) -> str:
    """The last known moment: a date, a step of a series that is alone, or how far a step lies before the ends of all."""
    first = panel.series[0]
    if len(panel) == 1:
        return str(labels(first.index[origin - 1 : origin])[0])
    tick = int(moments_of(panel)[origin - 1])
    if isinstance(first.index, pd.RangeIndex):
        return f"{-tick - 1} steps before the end"
    return str(labels(pd.DatetimeIndex([pd.Timestamp(tick, unit="us", tz=first.index.tz)]))[0])
