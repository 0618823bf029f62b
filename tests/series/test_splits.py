"""Origins by hand, and properties that no plan may break."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TooShortError
from core.series.splits import plan


def test_the_plan_of_the_sunspots_is_as_worked_by_hand():
    found = plan(309, 12, 36, origins=20)
    assert found.scored == tuple(range(278, 298))  # the last at 309 − 12, twenty of them
    assert found.calibration == tuple(range(248, 267))  # nineteen, the last 12 before the first scored
    assert found.train_end == 248


def test_scored_origins_are_a_stride_apart_and_calibration_origins_one_step():
    found = plan(200, 6, 10, origins=4, stride=6)
    assert found.scored == (176, 182, 188, 194)
    assert found.calibration == tuple(range(152, 171))


def test_an_open_number_of_origins_leaves_half_of_the_series_for_training():
    assert plan(309, 12, 36).scored == plan(309, 12, 36, origins=20).scored
    found = plan(100, 12, 10)
    assert found.train_end >= 50
    assert len(found.scored) == 9  # 100 − 12 − 8 − 12 − 18 = 50


def test_a_short_series_gives_up_scored_origins_first_then_calibration():
    found = plan(60, 6, 20, origins=20)
    assert len(found.calibration) == 19
    assert len(found.scored) == 11  # 60 − 6 − 10 − 6 − 18 = 20
    tighter = plan(60, 6, 30, origins=20)
    assert (len(tighter.scored), len(tighter.calibration)) == (5, 15)  # 60 − 6 − 4 − 6 − 14 = 30


def test_without_origins_the_last_values_are_held_out_for_intervals():
    found = plan(100, 12, 10, origins=0)
    assert (found.scored, found.calibration) == ((), tuple(range(70, 89)))  # nineteen, the last at 100 − 12
    assert found.train_end == 70
    assert plan(50, 12, 10, origins=0).calibration == tuple(range(25, 39))  # half of the series is left
    assert plan(28, 12, 10, origins=0).calibration == (13, 14, 15, 16)  # four, if 10 are left
    assert plan(23, 12, 10, origins=0).calibration == (10, 11)
    assert (plan(21, 12, 10, origins=0).origins, plan(21, 12, 10, origins=0).train_end) == ((), 21)


def test_too_short_a_series_is_refused_with_the_length_needed():
    with pytest.raises(TooShortError, match=r"30 points are too few: horizon 12 needs 20 to train on and 12 .* at least 32"):
        plan(30, 12, 20)
    assert plan(32, 12, 20).scored == (20,)
    with pytest.raises(TooShortError) as caught:
        plan(19, 12, 20, origins=0)
    assert str(caught.value) == "19 points are too few: a forecast needs 20 to train on; bring at least 20 points"
    assert plan(20, 12, 20, origins=0).train_end == 20  # only the final forecast: nothing is held out


@given(
    length=st.integers(10, 400), horizon=st.integers(1, 30), shortest=st.integers(1, 60),
    origins=st.one_of(st.none(), st.integers(1, 40)), stride=st.integers(1, 15),
)  # fmt: skip
def test_no_actual_of_a_calibration_origin_lies_beyond_the_first_scored_one(length, horizon, shortest, origins, stride):
    try:
        found = plan(length, horizon, shortest, origins=origins, stride=stride)
    except TooShortError:
        assert length < shortest + horizon
        return
    assert found.scored[-1] == length - horizon
    assert found.train_end >= shortest
    assert list(found.origins) == sorted(set(found.origins))
    assert all(origin + horizon <= found.scored[0] for origin in found.calibration)
