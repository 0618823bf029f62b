"""Origins by hand, and properties that no timetable may break."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TooShortError
from core.series.splits import Timetable, moments_of, ticks_of, timetable
from core.series.timeseries import Panel, TimeSeries


def months(length, name="a", start="2000-01-01"):
    index = pd.date_range(start, periods=length, freq="MS")
    return TimeSeries(name, index, np.arange(float(length)), np.ones(length, bool), season=12)


def alone(length, horizon, needed, **wishes):
    return timetable(Panel((months(length),)), horizon, needed, 1, **wishes)


def test_two_thirds_of_a_long_series_train_and_all_origins_after_them_are_scored():
    found = alone(309, 12, 36)
    assert found.origins == tuple(range(206, 298))  # 309 · 2/3 = 206; the last at 309 − 12
    assert found.starts == (0, 31, 61)  # 92 origins in three blocks
    (plan,) = found.plans(Panel((months(309),))).values()
    assert (plan.train_end, plan.ends) == (206, (206, 237, 267))
    assert (plan.fits.count(0), plan.fits.count(1), plan.fits.count(2)) == (31, 30, 31)


def test_sixty_percent_of_a_short_series_train():
    assert alone(96, 12, 20).origins == tuple(range(58, 85))  # 0.6 · 96 = 57.6
    assert alone(60, 12, 20).origins == tuple(range(36, 49))


def test_there_are_five_origins_where_the_models_leave_room_for_them():
    assert alone(36, 12, 18).origins == (20, 21, 22, 23, 24)  # 60 % would be 22
    assert alone(36, 12, 23).origins == (23, 24)


def test_the_stride_is_as_long_as_two_hundred_origins_need():
    found = alone(5000, 24, 48)
    assert found.stride == 9  # 1,667 values are tested, 1,643 origins fit, (4,976 − 3,333) / 199 = 8.3
    assert 150 < len(found.origins) <= 200
    assert found.origins[-1] == 4976


def test_what_is_asked_for_is_kept_as_long_as_the_models_leave_room():
    assert alone(200, 6, 10, origins=4, stride=6).origins == (176, 182, 188, 194)
    assert alone(200, 6, 190, origins=20).origins == (190, 191, 192, 193, 194)
    assert alone(200, 6, 10, origins=8, blocks=2).starts == (0, 4)
    assert alone(200, 6, 10, origins=8, is_refit=True).starts == tuple(range(8))
    assert alone(200, 6, 10, origins=2, blocks=5).starts == (0, 1)


def test_without_origins_the_last_values_are_held_out_for_intervals():
    found = alone(100, 12, 10, origins=0)
    assert (found.origins, found.starts, found.is_scored) == (tuple(range(70, 89)), (0,), False)  # nineteen, half is left
    (plan,) = found.plans(Panel((months(100),))).values()
    assert (plan.scored, plan.train_end) == ((), 70)
    assert alone(50, 12, 10, origins=0).origins == tuple(range(25, 39))  # half of the series is left
    assert alone(28, 12, 10, origins=0).origins == (13, 14, 15, 16)  # four, if 10 are left
    assert alone(23, 12, 10, origins=0).origins == (10, 11)
    assert alone(21, 12, 10, origins=0).origins == ()


def test_too_short_a_series_is_refused_with_the_length_needed():
    with pytest.raises(TooShortError, match=r"30 points are too few: horizon 12 needs 20 to train on and 12 .* at least 32"):
        alone(30, 12, 20)
    assert alone(32, 12, 20).origins == (20,)
    with pytest.raises(TooShortError) as caught:
        alone(19, 12, 20, origins=0)
    assert str(caught.value) == "19 points are too few: a forecast needs 20 to train on; bring at least 20 points"
    found = alone(20, 12, 20, origins=0)  # only the final forecast: nothing is held out
    (plan,) = found.plans(Panel((months(20),))).values()
    assert (plan.origins, plan.ends, plan.train_end) == ((), (), 20)


def test_origins_of_a_panel_are_dates_and_short_series_are_left_out():
    long, new, old = months(120, "long"), months(9, "new", "2009-04-01"), months(60, "old")
    panel = Panel((long, new, old, *(months(120, f"s{n}") for n in range(17))))
    found = timetable(panel, 6, 8, 1)
    assert found.origins == tuple(range(80, 115))
    plans = found.plans(panel)
    assert plans["long"].origins == found.origins
    assert plans["new"].origins == ()
    assert plans["new"].ends == (0, 0, 0)  # it begins after 111 months
    assert plans["old"].origins == ()  # it ended long ago
    assert plans["old"].ends == (60, 60, 60)  # and is learned from


def test_a_fit_may_not_see_dates_after_its_first_origin_in_any_series():
    panel = Panel((months(120, "long"), months(70, "late", "2004-03-01"), months(100, "ended")))
    found = timetable(panel, 3, 10, 1)
    moments = moments_of(panel)
    for series in panel:
        plan = found.plans(panel)[series.id]
        for start, end in zip(found.starts, plan.ends, strict=True):
            now = moments[found.origins[start] - 1]
            assert (ticks_of(series)[:end] <= now).all()
            assert (ticks_of(series)[end:] > now).all()
        for place, origin in zip(plan.places, plan.origins, strict=True):
            assert ticks_of(series)[origin - 1] <= moments[found.origins[place] - 1]


def test_nine_of_ten_series_keep_half_of_themselves():
    panel = Panel(tuple(months(length, f"s{length}", "2000-01-01") for length in range(40, 60)))
    aligned = Panel(tuple(TimeSeries(one.id, pd.RangeIndex(len(one)), one.values, one.observed) for one in panel))
    found = timetable(aligned, 4, 6, 1)
    plans = found.plans(aligned)
    assert sum(2 * plan.train_end >= plan.length - 1 for plan in plans.values()) >= 18
    assert all(plan.scored for plan in plans.values())


def test_a_timetable_survives_json():
    found = alone(309, 12, 36)
    assert Timetable.of_json(json.loads(json.dumps(found.as_json()))) == found


def test_dates_beyond_those_of_nanoseconds_have_a_timetable():
    assert timetable(Panel((months(400, start="2250-01-01"),)), 3, 10, 1).origins[-1] == 397


@given(
    length=st.integers(10, 400), horizon=st.integers(1, 30), shortest=st.integers(1, 60),
    origins=st.one_of(st.none(), st.integers(1, 40)), stride=st.one_of(st.none(), st.integers(1, 15)),
    blocks=st.one_of(st.none(), st.integers(1, 9)),
)  # fmt: skip
def test_every_timetable_keeps_its_promises(length, horizon, shortest, origins, stride, blocks):
    try:
        found = alone(length, horizon, shortest, origins=origins, stride=stride, blocks=blocks)
    except TooShortError:
        assert length < shortest + horizon
        return
    (plan,) = found.plans(Panel((months(length),))).values()
    assert found.origins == plan.origins == tuple(sorted(set(plan.origins)))
    assert plan.origins[-1] == length - horizon
    assert plan.train_end == plan.origins[0] >= shortest
    assert found.starts[0] == 0
    assert len(found.starts) == min(blocks or 3, len(found.origins))
    assert all(plan.ends[fit] <= origin for fit, origin in zip(plan.fits, plan.origins, strict=True))
    if origins is None and len(plan.origins) > 5:
        assert plan.train_end >= 0.59 * length - 1
