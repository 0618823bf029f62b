"""What is learned from and what is held out: the border between, what a filled gap may not teach, and weights of series."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.nets.examples import LEAST, VALIDATED, WARM, Examples, HeldOut, held_out_from
from core.nets.strip import Strip
from core.series.timeseries import Panel, TimeSeries
from tests.bench.known import ar1, plain
from tests.nets.small import CHEAP, FROM_LINEAR, every, series_of, walk

lengths_of = st.lists(st.integers(1, 400), min_size=1, max_size=6)


def strip_of(settings, *series: TimeSeries, horizon: int) -> Strip:
    sight = FROM_LINEAR.sight(settings, Panel(series), horizon)
    return Strip.of(sight, series, [max(0, len(one) - settings.ahead(horizon)) for one in series])


def rising(length: int, name: str = "y") -> TimeSeries:
    """t²: one step ahead of t it rises by 2 t + 1, which tells the step."""
    return plain(np.arange(length) ** 2, name=name)


@pytest.mark.parametrize(
    ("lengths", "horizon", "ahead", "expected"),
    [
        ([100], 1, 1, [75]),  # a quarter
        ([100], 30, 30, [70]),  # a horizon is more
        ([1000], 10, 10, [750]),
        ([1000] * 10, 10, 10, [940] * 10),  # 60 horizons over all of them
        ([1000] * 200, 10, 10, [990] * 200),  # one of each
        ([24], 6, 6, [18]),
        ([21], 6, 6, [15]),
        ([15], 6, 6, [15]),  # 6 to hold out, 2 to learn at and 8 before: 16 would do
        ([16], 6, 6, [10]),
        ([100, 9], 6, 6, [75, 9]),  # what is too short is learned from as a whole
        ([5, 8], 6, 6, [5, 8]),  # nothing can be held out
    ],
)
def test_the_borders_are_these(lengths, horizon, ahead, expected):
    found = held_out_from(np.array(lengths), horizon, ahead)
    assert found.tolist() == expected


@given(lengths_of, st.integers(1, 60), st.booleans())
def test_who_holds_out_holds_out_a_horizon_and_somebody_has_something_left_to_learn(lengths, horizon, is_direct):
    lengths, ahead = np.array(lengths), horizon if is_direct else 1
    found = held_out_from(lengths, horizon, ahead)
    held = found < lengths
    assert (found <= lengths).all()
    assert (lengths - found)[held].min(initial=horizon) >= horizon
    if held.any():
        assert (found[held] - ahead).max() >= LEAST
        assert (found[held] >= WARM + LEAST).all(), "there is something to forecast from"


@settings(max_examples=60, deadline=None)
@given(
    lengths=lengths_of, horizon=st.integers(1, 6), lookback=st.integers(4, 20),
    name=st.sampled_from(["gru many_to_many_direct", "gru many_to_one", "gru many_to_many_synced", "feedforward"]),
)  # fmt: skip
def test_no_target_that_is_learned_from_is_held_out(lengths, horizon, lookback, name):
    series = [rising(length, str(number)) for number, length in enumerate(lengths)]
    closed = replace(every(name), lookback=lookback)
    ahead, borders = closed.ahead(horizon), held_out_from(np.array(lengths), horizon, every(name).ahead(horizon))
    strip = strip_of(closed, *series, horizon=horizon)
    examples = Examples.of(strip, ahead, borders)
    if examples.count:
        last, first = examples.drawn(np.random.default_rng(1), 300)
        rows = last[:, None] - (np.arange(lookback) if closed.answers_at_every_step else np.zeros(1, int))
        rows, which = rows[rows >= first[:, None]], np.searchsorted(strip.first, last, side="right") - 1
        places = rows - strip.first[np.searchsorted(strip.first, rows, side="right") - 1]
        owners = np.searchsorted(strip.first, rows, side="right") - 1
        assert set(owners) <= set(which.tolist())
        assert (places >= 0).all()
        assert (places + ahead < borders[owners]).all(), "the last of its targets lies before the border"
        assert np.isin(last, rows).all(), "every window teaches at its end"
    if (borders < strip.length).any():
        held = HeldOut.of(strip, horizon, borders)
        owner = np.searchsorted(strip.first, held.rows.numpy(), side="right") - 1
        places = held.rows.numpy() - strip.first[owner]
        assert (places + 1 >= borders[owner]).all()
        assert (places + horizon < strip.length[owner]).all()
        for which in set(owner):
            assert places[owner == which].min() + 1 == borders[which], "the first starts at the border"
            assert places[owner == which].max() + 1 + horizon == strip.length[which] or len(lengths) > VALIDATED


def test_each_series_counts_alike_however_many_windows_it_has():
    series = [plain(ar1(length, 0.5), name=str(length)) for length in (400, 60, 50, 12)]
    strip = strip_of(CHEAP, *series, horizon=3)
    borders = held_out_from(strip.length, 3, 3)
    held = HeldOut.of(strip, 3, borders)
    owner = np.searchsorted(strip.first, held.rows.numpy(), side="right") - 1
    able = np.flatnonzero(borders < strip.length)
    counts = np.bincount(owner)
    assert counts[0] > 2 * counts[2]
    sums = np.bincount(owner, held.weights.numpy())
    np.testing.assert_allclose(sums[able], 1 / len(able), rtol=1e-6)
    # by hand: errors of 1 in the long one and of 5 in the next one
    losses = torch.zeros(len(owner), 3)
    losses[owner == 0], losses[owner == 1] = 1.0, 5.0
    assert held.mean(losses) == pytest.approx(6 / len(able))


def test_what_was_not_observed_is_not_judged_and_a_window_without_anything_drops_out():
    observed = np.ones(60, bool)
    observed[50:54] = False
    series = TimeSeries("y", plain(np.zeros(60)).index, ar1(60, 0.5, mean=9), observed)
    strip = strip_of(CHEAP, series, horizon=3)
    held = HeldOut.of(strip, 3, np.array([48]))
    assert held.seen.tolist()[1:5] == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
    losses = torch.arange(len(held.rows)).float()[:, None].expand(-1, 3) * held.seen + 1e6 * (1 - held.seen)
    expected = np.delete(np.arange(len(held.rows)), [2, 3]).mean()
    assert held.mean(losses) == pytest.approx(expected)
    assert held.mean(losses * torch.inf) == np.inf


def test_held_out_windows_of_a_long_series_are_thinned_evenly():
    strip = strip_of(CHEAP, plain(ar1(6000, 0.5)), horizon=12)
    held = HeldOut.of(strip, 12, held_out_from(strip.length, 12, 12))
    assert len(held.rows) == VALIDATED
    assert held.rows[0] + 1 - strip.first[0] == 6000 - 12 * 60
    assert held.rows[-1] - strip.first[0] == 6000 - 12 - 1
    assert set(np.diff(held.rows.numpy())) == {2, 3}  # 709 windows


def test_a_series_is_drawn_as_its_steps_to_the_power_three_quarters():
    strip = strip_of(CHEAP, rising(83, "a"), rising(19, "b"), rising(4, "c"), horizon=3)
    examples = Examples.of(strip, 3, strip.length)
    assert examples.steps.tolist() == [80, 16, 1]
    np.testing.assert_allclose(examples.chance, np.array([80**0.75, 8, 0]) / (80**0.75 + 8))  # one step teaches nothing
    assert examples.count == 96
    last, _ = examples.drawn(np.random.default_rng(0), 4000)
    assert (last >= strip.first[1]).mean() == pytest.approx(8 / (80**0.75 + 8), abs=0.03)
    assert not (last >= strip.first[2]).any()


def test_all_steps_but_the_first_are_learned_at():
    strip = strip_of(CHEAP, rising(60), horizon=3)
    examples = Examples.of(strip, 3, strip.length)
    last, first = examples.drawn(np.random.default_rng(0), 3000)
    rows = last[:, None] - np.arange(CHEAP.lookback)
    assert sorted(set(rows[rows >= first[:, None]] - strip.first[0])) == list(range(WARM, 57))


def test_no_window_crosses_from_one_series_into_the_next():
    strip = strip_of(CHEAP, series_of(walk(40), name="a"), series_of(1000 * walk(30), name="b"), horizon=3)
    for which, length in ((0, 37), (1, 27)):
        alone = strip_of(CHEAP, (series_of(walk(40), name="a"), series_of(1000 * walk(30), name="b"))[which], horizon=3)
        steps = torch.arange(length)
        for part in ("windows", "linear", "goal"):
            more = {"windows": (CHEAP.lookback,), "linear": (), "goal": (3,)}[part]
            found, expected = (getattr(one, part)(steps + one.first[at], *more) for one, at in ((strip, which), (alone, 0)))
            for one, other in zip(found, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


def test_a_filled_gap_is_no_target_wherever_it_is():
    observed = np.ones(40, bool)
    observed[[10, 11]] = False
    series = TimeSeries("y", plain(np.zeros(40)).index, ar1(40, 0.5, mean=9), observed)
    strip = strip_of(CHEAP, series, horizon=3)
    _, seen = strip.goal(torch.arange(37) + strip.first[0], 3)
    for step in range(37):
        assert seen[step].tolist() == [step + ahead not in (10, 11) for ahead in (1, 2, 3)]


def test_targets_are_changes_in_sizes():
    series = plain([2.0, 5.0, 4.0, 4.5, 7.0])
    strip = strip_of(CHEAP, series, horizon=2)
    size = (3 + 1 + 0.5 + 2.5) / 4
    goal, seen = strip.goal(torch.arange(3) + strip.first[0], 2)
    np.testing.assert_allclose(goal * size, [[3, 2], [-1, -0.5], [0.5, 3]], rtol=1e-6)
    assert seen.all()


def test_a_segment_is_so_many_steps_of_the_series_in_one_of_the_cell():
    closed = replace(CHEAP, lookback=12, segment=4)
    strip, plain_strip = (strip_of(one, series_of(walk(60)), horizon=3) for one in (closed, replace(closed, segment=1)))
    end = torch.tensor([[40, 33], [20, 50]]) + strip.first[0]
    found, steps = strip.windows(end, 12), plain_strip.windows(end, 12)
    assert found.shape == (2, 2, 3, 4)
    z = walk(60)
    change = np.diff(z, prepend=z[3]) / np.abs(z[4:] - z[:-4]).mean()  # before its start it went on as its first season
    for row in range(2):
        for column in range(2):
            place = int(end[row, column]) - strip.first[0]
            for step in range(3):  # the cell's step k reads the values up to (2 − k) segments before the end
                last = place - (2 - step) * 4
                np.testing.assert_allclose(found[row, column, step], change[last - 3 : last + 1], rtol=1e-5)
    assert steps.shape == (2, 2, 12, 1)
    assert torch.equal(found.flatten(2), steps.flatten(2))
