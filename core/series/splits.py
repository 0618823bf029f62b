"""Which origins a backtest forecasts from. Integers only: no data is looked at, so none can leak.

An origin n is the forecast made when n values are known: of values[n : n + H] from values[:n].

    |------- training -------|c c c ... c|-- H --|o o o ... o|-- H --|
                             calibration  gap     scored      last actuals
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import TooShortError

CALIBRATION = 19  # the fewest past errors that support 95 %
SCORED = 20
FEWEST_SCORED = 5  # calibration origins are given up only below this


@dataclass(frozen=True)
class Plan:
    """The origins of one series of `length` values, ascending. Calibration origins come before the scored ones."""

    length: int
    horizon: int
    calibration: tuple[int, ...]
    scored: tuple[int, ...]

    @property
    def origins(self) -> tuple[int, ...]:
        """All origins, ascending."""
        return self.calibration + self.scored

    @property
    def train_end(self) -> int:
        """How many values are known at the first origin of all; everything, if there is none."""
        return self.origins[0] if self.origins else self.length


def plan(
    length: int, horizon: int, shortest: int, *, origins: int | None = None, stride: int = 1, calibration: int = CALIBRATION
) -> Plan:
    """The plan that leaves at least `shortest` values before the first origin.

    The last scored origin is length − horizon, the others `stride` apart before it; the last calibration origin lies one
    horizon before the first scored one, so that its actuals are all known there, and the others one step apart.
    With `origins` None there are as many as leave half of the series for training, 20 at most; a number that is asked for
    is kept as long as `shortest` allows.  A series too short for that gets fewer scored origins, down to five, then
    fewer calibration origins, then fewer of both. `calibration` is how many there are where everything fits: more than
    usual where gaps leave some of their errors unknown.

    With 0 origins nothing is scored, and the calibration origins come last: the last one at length − horizon. There are as many
    as leave half of the series for training, or four if that leaves `shortest`, or as few as fit; none where none does.

    Raises TooShortError when not even one origin fits; with 0 origins, when fewer than `shortest` values are there.
    """
    if origins == 0:
        if length < shortest:
            raise TooShortError(
                f"{length} points are too few: a forecast needs {shortest} to train on; bring at least {shortest} points"
            )
        return Plan(length, horizon, _held_out(length, horizon, shortest, calibration), ())
    if length < shortest + horizon:
        raise TooShortError(
            f"{length} points are too few: horizon {horizon} needs {shortest} to train on and {horizon} to test on; "
            f"bring at least {shortest + horizon} points or choose a shorter horizon"
        )
    room = max(shortest, length // 2) if origins is None else shortest
    for scored, before in _sizes(origins or SCORED, calibration):
        first = length - horizon - stride * (scored - 1)
        start = first - (horizon + before - 1 if before else 0)
        if start >= room or (scored == 1 and before == 0):
            before = tuple(range(start, start + before))
            return Plan(length, horizon, before, tuple(range(first, length - horizon + 1, stride)))
    raise AssertionError("one scored origin without calibration always fits")


def _held_out(length: int, horizon: int, shortest: int, calibration: int) -> tuple[int, ...]:
    """The calibration origins where nothing is scored."""
    end = length - horizon + 1
    for count in range(calibration, 0, -1):
        room = max(shortest, length // 2) if count > 4 else shortest
        if end - count >= room:
            return tuple(range(end - count, end))
    return ()


def _sizes(wanted: int, calibration: int) -> list[tuple[int, int]]:
    """(scored, calibration) pairs from what is wanted down to (1, 0)."""
    kept = min(wanted, FEWEST_SCORED)
    return (
        [(scored, calibration) for scored in range(wanted, kept, -1)]
        + [(kept, fewer) for fewer in range(calibration, 3, -1)]
        + [(scored, 4) for scored in range(kept - 1, 1, -1)]
        + [(1, fewer) for fewer in range(4, -1, -1)]
    )
