"""How the open settings of a pooled regression are closed: on the last part of the training slice, which it then learns too.

Every setting forecasts the held-out steps from before them; what has the least mean absolute error, in units of each series'
size and averaged over series, is chosen. Many series hold out up to three horizons each, and of each the first origin: one
horizon alone is one stretch of time, which the series share. Few series hold out more, in up to five parts. Each part is
forecast by a fit on all before it. All windows, penalties and ways ahead are solved from the same normal equations. Absolute
deviations, which take longer, are tried with what is best for squares, and penalties around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from core.models.base import Workload
from core.models.pooled import Shape, learned_ahead, learned_scales
from core.progress import Context
from core.series.timeseries import Panel
from core.windows.lagged import Lens, Rows, after, panel_rows
from core.windows.regression import Normal
from core.windows.rolling import Windows
from core.windows.scale import error_size

SEASONS = (0.5, 1, 1.5, 2, 3, 4, 6, 8)
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 36)  # of a series without a season
LONGEST = 400  # steps of a window that is chosen
PENALTIES = (0.001, 0.1, 1.0, 10.0, 100.0, 1000.0)
FACTORS = (0.1, 1.0, 10.0)  # times the penalty that is best for squares
ROWS = 20_000  # of a fit on trial
ABSOLUTE_ROWS = 10_000
BLOCKS = 60  # horizons that are held out, over all series,
STEPS_HELD = 400  # or so many steps, if that is more
MANY = 10  # series, from which on each holds out horizons, as the steps to come are one,
PERIODS = 3  # of them
SHARE = 0.5  # of a series at most
MOST_HELD = 400  # steps of a series, or four horizons, at most
PARTS = 5
ORIGINS = 200  # in a part, over all series
FIRST = 4  # steps after the first season that are always left to learn from
CLEARLY = 0.05  # relative: what absolute deviations must gain to be preferred where series are few
CHOICE, CHOICE_AHEAD = 0.35, 0.045  # seconds of a choice, and for each step ahead where a series has a season
CHOICE_ROW, ABSOLUTE_ROW = 1e-5, 0.0011  # seconds for each value, by squares and by absolute deviations
GAIN = 1e-9  # relative: what is better by less is a matter of rounding


@dataclass(frozen=True)
class Grid:
    """What may be chosen of each setting; no `lags` for those that suit the season and the length."""

    lags: tuple[int, ...] = ()
    is_direct: tuple[bool, ...] = (True, False)
    is_log: tuple[bool, ...] = (True, False)
    is_absolute: tuple[bool, ...] = (False, True)
    penalty: tuple[float, ...] = PENALTIES
    keeps_mean: tuple[bool, ...] = (False, True)
    covariates: bool = True
    calendar: bool = False


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the choice: what a fit may see, and the steps of each series that are then forecast from, by its id."""

    train: Panel
    origins: dict[str, np.ndarray]


def chosen(grid: Grid, train: Panel, horizon: int, context: Context) -> Shape:
    """The best shape of the grid; where nothing can be held out, one that asks for little.  Raises Cancelled."""
    longest = max(train, key=len)
    grid = replace(grid, lags=grid.lags or _lags(longest.season, len(longest)))
    if not any(series.observed.any() and series.values[series.observed].min() > 0 for series in train):
        grid = replace(grid, is_log=(grid.is_log[-1],))
    parts = _parts(train, horizon)
    if not parts:
        return _least(grid, longest.season)
    trials = {is_log: _Trial(replace(grid, is_log=(is_log,)), train, horizon, parts) for is_log in grid.is_log}
    winners: dict[bool, tuple[Shape, Score]] = {}
    for number, (is_log, trial) in enumerate(trials.items()):
        context.report(0.7 * number / len(trials))
        winners[is_log] = _minimum(trial.squared())
    best, score = min(winners.values(), key=lambda one: one[1].both)
    if True in grid.is_absolute:
        context.report(0.7)
        absolute, other = _minimum(trials[best.is_log].absolute(best))
        needed = CLEARLY if len(train) < MANY else 0.0
        if False not in grid.is_absolute or other.scaled < score.scaled * (1 - needed):
            best = absolute
    context.report(1.0)
    return best


def choice_seconds(load: Workload, *, is_absolute: bool) -> float:
    """What the choice of a shape takes on the machine of the constants, with absolute deviations or without."""
    is_seasonal, is_panel = load.season > 1, load.series >= MANY  # windows of one length more, and three parts instead of five
    squared = CHOICE + (CHOICE_AHEAD * load.horizon if is_seasonal else 0.0)
    row = ABSOLUTE_ROW * (1.0 if is_seasonal else 0.13) * min(load.points, ABSOLUTE_ROWS * 1.5) if is_absolute else 0.0
    return (squared + row) * (PERIODS / PARTS if is_panel else 1.0) + CHOICE_ROW * min(load.points, 1_000_000)


@dataclass(frozen=True)
class Score:
    """Mean over series of their mean absolute error: in units of their sizes, and in percent (sMAPE).

    The first decides between settings that shift and grow with the series; whether to take logarithms, which is a matter of
    percent, both together.
    """

    scaled: float
    percent: float

    @property
    def both(self) -> float:
        """Their geometric mean, but for a factor."""
        return self.scaled * self.percent


def _minimum(scores: dict[Shape, Score]) -> tuple[Shape, Score]:
    """The first of those that are best but for rounding."""
    least = min(score.scaled for score in scores.values())
    return next((shape, score) for shape, score in scores.items() if score.scaled <= least * (1 + GAIN))


def _lags(season: int, length: int) -> tuple[int, ...]:
    most = min(LONGEST, max(4, length // 2))
    wanted = STEPS if season == 1 else [round(season * part) for part in SEASONS]
    return tuple(sorted({lags for lags in wanted if 0 < lags <= most} or {most}))


def _least(grid: Grid, season: int) -> Shape:
    """Without anything to choose by: a fed back window of about a season that is pulled to its level."""
    lags = min(grid.lags, key=lambda one: abs(one - season - 1))
    penalty = min(grid.penalty, key=lambda one: abs(one - 10.0))
    return Shape(lags, grid.is_direct[-1], grid.is_log[-1], grid.is_absolute[0], penalty, grid.keeps_mean[0])


def _parts(train: Panel, horizon: int) -> list[Part]:
    """In order of time; none where no series has room for a horizon after a season and a few steps."""
    room = {one.id: len(one) - one.season - FIRST for one in train}
    roomy = [series for series in train if room[series.id] >= horizon]
    if not roomy:
        return []
    if len(roomy) >= MANY:
        periods = min(PERIODS, max(room.values()) // horizon)
        return [_last(train, period * horizon, room) for period in range(periods, 0, -1)]
    blocks, each = max(1, round(BLOCKS / len(roomy)), round(STEPS_HELD / horizon / len(roomy))), max(1, ORIGINS // len(roomy))
    number = PARTS if blocks > 1 else 1
    ends: dict[str, list[int]] = {}  # where the parts of a series begin, and where the origins of the last one end
    for series in roomy:
        most = min(blocks * horizon, int(SHARE * len(series)), max(MOST_HELD, 4 * horizon), room[series.id])
        start, last = len(series) - max(most, horizon), len(series) - horizon
        ends[series.id] = [*np.linspace(start, last, number).round().astype(int), len(series) if number > 1 else last + 1]
    return [_part(train, ends, place, each) for place in range(number)]


def _last(train: Panel, steps: int, room: Mapping[str, int]) -> Part:
    """One origin in each series that has room for it, so many steps before the end; what is shorter is learned as it is."""
    origins = {one.id: np.array([len(one) - steps - 1]) for one in train if room[one.id] >= steps}
    cut = (one[: len(one) - steps] if one.id in origins else one for one in train)
    return Part(Panel(tuple(cut)), origins)


def _part(train: Panel, ends: dict[str, list[int]], place: int, each: int) -> Part:
    cut = tuple(series[: ends[series.id][place]] if series.id in ends else series for series in train)
    origins = {}
    for name, own in ends.items():
        steps = np.arange(own[place] - 1, max(own[place], own[place + 1] - 1))
        origins[name] = steps[:: -(-len(steps) // each)]
    return Part(Panel(cut), origins)


class _Trial:
    """All shapes of a grid with one kind of scale, fitted to every part but what it holds out, and scored there."""

    def __init__(self, grid: Grid, train: Panel, horizon: int, parts: Sequence[Part]) -> None:
        self.grid, self.horizon = grid, horizon
        self.folds = [_Fold.of(part, train, grid, way, horizon) for part in parts for way in grid.is_direct]

    def squared(self) -> dict[Shape, Score]:
        """The scores of all shapes, fitted by least squares."""
        grid = self.grid
        ways = grid.is_direct if self.horizon > 1 else grid.is_direct[:1]  # one step ahead both are the same
        return self._scores([
            Shape(lags, way, grid.is_log[0], False, penalty, mean)
            for lags, way, penalty, mean in product(grid.lags, ways, grid.penalty, grid.keeps_mean)
        ])  # fmt: skip

    def absolute(self, best: Shape) -> dict[Shape, Score]:
        """The scores of the shape that is best for squares, fitted by least absolute deviations, and of its neighbours."""
        penalties = sorted({best.penalty * factor for factor in FACTORS}) if len(self.grid.penalty) > 1 else self.grid.penalty
        return self._scores([replace(best, is_absolute=True, penalty=one) for one in penalties])

    def _scores(self, shapes: Sequence[Shape]) -> dict[Shape, Score]:
        """Over all parts and series."""
        found = {}
        for shape in shapes:
            sums = sum(fold.errors(shape) for fold in self.folds if fold.is_direct == shape.is_direct)  # (S, 3)
            *missed, count = sums[sums[:, -1] > 0].T
            found[shape] = Score(*(float(np.mean(one / count)) if count.size else 0.0 for one in missed))
        return found


@dataclass(frozen=True, eq=False)
class _Fold:
    """One part, read one way: rows and normal equations of what is before it, and the windows held out, of all series.

    whose (N,) the place of a window's series;  actual, seen (N, H);  unit (S,) what the errors of a series are divided by
    """

    is_direct: bool
    rows: Rows
    normal: Normal
    windows: Windows
    whose: np.ndarray
    actual: np.ndarray
    seen: np.ndarray
    unit: np.ndarray

    @classmethod
    def of(cls, part: Part, train: Panel, grid: Grid, is_direct: bool, horizon: int) -> _Fold:
        lags, is_log = max(grid.lags), grid.is_log[0]
        scales = learned_scales(part.train.series, is_log=is_log)
        ahead = learned_ahead(part.train, horizon, is_direct=is_direct, covariates=grid.covariates, calendar=grid.calendar)
        rows = panel_rows(part.train.series, scales, ahead, lags, horizon if is_direct else 1, most=ROWS)
        held, place = [one for one in train if one.id in part.origins], {one.id: at for at, one in enumerate(train)}
        windows = Windows.stacked([
            Windows.of(Lens(lags, scales[one.id], ahead), one, part.origins[one.id], horizon) for one in held
        ])  # fmt: skip
        actual, seen = zip(*(after(one, part.origins[one.id], horizon) for one in held), strict=True)
        whose = np.repeat([place[one.id] for one in held], [len(part.origins[one.id]) for one in held])
        unit = np.array([error_size(one) for one in train])
        return cls(is_direct, rows, Normal.of(rows), windows, whose, np.concatenate(actual), np.concatenate(seen), unit)

    def errors(self, shape: Shape) -> np.ndarray:
        """(S, 3) of each series: the sum of absolute errors in its unit, that in percent (sMAPE), and how many there are."""
        rows = self.rows.every(-(-len(self.rows) // ABSOLUTE_ROWS)) if shape.is_absolute else self.rows
        found = self.windows.values(shape.solve(rows, self.normal), is_direct=shape.is_direct)
        missed = np.where(self.seen, np.abs(found - self.actual), 0.0)
        percent = 200 * missed / np.maximum(np.abs(found) + np.abs(self.actual), 1e-300)
        count = len(self.unit)
        sums = [np.bincount(self.whose, one.sum(axis=1), count) for one in (missed, percent, self.seen)]
        return np.column_stack([sums[0] / self.unit, *sums[1:]])
