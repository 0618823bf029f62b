"""What is learned from and what is validated on: the border between them, and what a filled gap may not teach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.nets.examples import Parts, is_trainable, most_validated, prepare
from core.series.timeseries import Panel, TimeSeries
from core.windows.linear import RIDGE
from tests.bench.known import ar1, plain
from tests.nets.small import Closed


def prepared(panel, horizon, lookback, lags):
    return prepare(panel, horizon, Closed(cell="lstm", lookback=lookback, skip=lags), "cpu")


@given(st.integers(1, 2000), st.integers(1, 200))
def test_no_training_target_reaches_into_the_validation_part(length, horizon):
    parts = Parts.of(length, horizon)
    last_training_target = parts.train - 1 + horizon
    first_validated = parts.validation + 1
    if parts.train:
        assert last_training_target < first_validated
        assert length - first_validated >= max(horizon, 0.15 * length)  # and at least one horizon
        assert parts.steps - 1 + horizon == length - 1  # the last validation target is the last value
        assert parts.validation < parts.steps


@pytest.mark.parametrize(
    ("length", "horizon", "train", "validation", "steps"),
    [
        (100, 1, 84, 84, 99),  # 15 held out: values 85 … 99; step 83 predicts 84, step 84 predicts 85
        (100, 12, 73, 84, 88),  # step 72 predicts 73 … 84
        (100, 30, 40, 69, 70),  # a horizon is more than that: values 70 … 99, one window
        (28, 12, 4, 15, 16),
        (24, 12, 0, 11, 12),  # nothing left to train on
    ],
)
def test_the_parts_are_these(length, horizon, train, validation, steps):
    assert Parts.of(length, horizon) == Parts(train, validation, steps)
    assert is_trainable(plain(np.zeros(length)), horizon) == (train > 0)


@settings(max_examples=40, deadline=None)
@given(length=st.integers(14, 90), horizon=st.integers(1, 6), lookback=st.integers(2, 20), lags=st.integers(0, 4))
def test_no_segment_that_may_be_drawn_holds_a_validation_value(length, horizon, lookback, lags):
    # y(t) = t²: the target one step ahead, 2t + 1, tells which step it belongs to
    series = plain(np.arange(length) ** 2)
    found = prepared(Panel((series,)), horizon, lookback, min(lags, lookback))
    examples, scaling = found.examples, found.scalings[0]
    rows = examples.starts[:, None] + np.arange(lookback)
    goals = examples.targets.numpy()[rows] * found.size * scaling.step
    seen = examples.seen.numpy()[rows][..., 0] > 0
    steps = (goals[..., 0][seen] - 1) / 2
    first_validated = length - max(horizon, -(-3 * length // 20))
    assert steps.max() + horizon < first_validated - 0.5
    assert steps.max() == pytest.approx(first_validated - horizon - 1, abs=0.1)  # and none is wasted
    ends = (examples.targets.numpy()[examples.validation, 0] * found.size[0] * scaling.step - 1) / 2
    assert ends.min() + 1 == pytest.approx(first_validated, abs=0.1)


def test_empty_lead_in_steps_teach_nothing():
    panel = Panel((plain(ar1(40, 0.5, mean=9), name="a"), plain(ar1(30, 0.5, mean=4), name="b")))
    examples = prepared(panel, 3, 8, 2).examples
    lead_ins = [*range(7), *range(7 + 37, 7 + 37 + 7)]  # 7 empty steps, 37 with targets, 7 empty, 27
    assert len(examples.inputs) == 7 + 37 + 7 + 27
    for tensor in (examples.inputs, examples.linear, examples.targets, examples.seen):
        assert not tensor[lead_ins].any()
    assert examples.seen.sum() == 3 * (37 + 27)
    assert examples.train_steps == (40 - 6 - 3) + (30 - 5 - 3)


def test_no_segment_crosses_from_one_series_into_the_next():
    panel = Panel((plain(np.full(40, 5.0), name="a"), plain(ar1(30, 0.5, mean=4), name="b")))
    examples = prepared(panel, 3, 8, 2).examples
    second = examples.starts[examples.starts >= 7 + 37]  # the second series' block starts after 44 rows
    assert second.min() == 7 + 37
    first = examples.starts[examples.starts < 7 + 37]
    assert first.max() + 7 < 7 + 37


def test_a_filled_gap_is_marked_unseen_wherever_it_is_a_target():
    observed = np.ones(40, bool)
    observed[[10, 11]] = False
    series = TimeSeries("y", plain(np.zeros(40)).index, ar1(40, 0.5, mean=9), observed)
    seen = prepared(Panel((series,)), 3, 5, 2).examples.seen.numpy()[4:]
    for step in range(37):
        assert seen[step].tolist() == [step + ahead not in (10, 11) for ahead in (1, 2, 3)]


def test_validation_windows_are_thinned_evenly_to_the_last():
    examples = prepared(Panel((plain(ar1(6000, 0.5)),)), 12, 24, 3).examples
    assert len(examples.validation) == most_validated(12) == 85
    assert examples.validation[-1] == 23 + 6000 - 12 - 1
    assert set(np.diff(examples.validation)) == {10, 11}  # 889 windows


def test_the_linear_path_learns_from_training_steps_alone():
    # ridge regression as ordinary least squares with one more row a weight: another way to the same numbers
    horizon, lags = 4, 3
    values = list(15 + ar1(4, 0.5, seed=5))
    for noise in ar1(76, 0.0, seed=6):
        values.append(15 + 0.5 * (values[-1] - 15) - 0.6 * (values[-4] - 15) + noise)  # no order below four will do
    values = np.array(values)
    found = prepared(Panel((plain(values),)), horizon, 10, lags)
    scaling = found.scalings[0]
    steps = np.arange(3, 80 - 12 - 4)  # 12 values validate; the first three steps have made-up lags
    level = (values[steps] - scaling.level) / scaling.spread
    design = np.column_stack([*((values[steps - j] - values[steps]) / scaling.step for j in (1, 2, 3)), level, level**0])
    goal = (values[steps + 1] - values[steps]) / scaling.step
    pull = np.diag(np.sqrt([RIDGE] * 4 + [1e-6]))
    expected = np.linalg.lstsq(np.vstack([design, pull]), np.concatenate([goal, np.zeros(5)]))[0]
    assert found.path.keeps_level
    np.testing.assert_allclose([*found.path.weights[:, 0], found.path.bias[0]], expected, rtol=1e-9)
