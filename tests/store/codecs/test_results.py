"""Series and results survive being bytes, to the last bit; what was changed on the way is refused."""

import json
import math
import zlib
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.codec import Encoded, decode, decode_arrays, encode, pack, unpack
from core.errors import DamagedError, StoreError
from core.evaluation.backtest import Backtest
from core.evaluation.certificate import Certificate
from core.evaluation.design import design
from core.evaluation.scores import Scores
from core.experiment import LogEntry, SeriesResult, TaskResult, run_task
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.series.codec import decode_series, encode_series
from core.series.forecast import Forecast
from core.series.timeseries import Inputs, Panel, TimeSeries
from core.store.codecs.results import decode_result, encode_result
from tests.store.building import months, spec_of

FREQUENCIES = ["D", "B", "h", "15min", "90s", "2D", "W-WED", "MS", "ME", "QS-NOV", "QE-JAN", "YS", "YE-MAR", "3MS", "BMS"]


@st.composite
def all_series(draw):
    length = draw(st.integers(1, 40))
    if draw(st.booleans()):
        start, step = draw(st.integers(-5, 10_000)), draw(st.sampled_from([1, 7, 60]))
        index = pd.RangeIndex(start, start + step * length, step)
        zone = None
    else:
        start = pd.Timestamp(draw(st.sampled_from(["1969-12-30", "2021-03-27T22:15", "2024-02-29T01:02:03.000004"])))
        zone = draw(st.sampled_from([None, "Europe/Berlin"]))
        unit = draw(st.sampled_from(["us", "ns"]))
        freq = draw(st.sampled_from(FREQUENCIES))
        index = pd.date_range(start, periods=length, freq=freq, tz="UTC" if zone else None, unit=unit)
    values = draw(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=length, max_size=length))
    observed = np.array(draw(st.lists(st.booleans(), min_size=length, max_size=length)))
    inputs = None
    if draw(st.booleans()):
        rows = np.arange(2.0 * (length + 3)).reshape(-1, 2) / 7
        rows[length:, 0] = np.nan
        inputs = Inputs(("wärme", "</script>"), ("past", "known"), rows)
    name, unit = draw(st.text(st.characters(codec="utf-8"), max_size=12)), draw(st.sampled_from(["", "°C", "€"]))
    season = draw(st.sampled_from([1, 12, 168]))
    return TimeSeries(name, index, values, observed, season=season, unit=unit, zone=zone, inputs=inputs)


@settings(max_examples=150, deadline=None)
@given(all_series())
def test_a_series_keeps_its_key_and_its_index(series):
    again = decode_series(encode_series(series))
    assert again.key == series.key
    assert again.index.equals(series.index)
    assert again.freq == series.freq
    assert again.index.dtype == series.index.dtype
    assert again.zone == series.zone
    assert again.values.tobytes() == series.values.tobytes()  # −0.0 too
    if series.inputs is not None:
        np.testing.assert_array_equal(again.inputs.values, series.inputs.values)


def by_hand():
    """A result that has everything, and odd arrays."""
    index = pd.date_range("2024-01-31", periods=2, freq="ME")
    forecast = Forecast("a/b", "LSTM", index, [1.5, 2.5], (0.1, 0.5, 0.9), [[1.0, 2.0], [1.5, 2.5], [9.0, 1e300]])
    past = Backtest(
        np.array([7, 9]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.1, 0.2], [0.3, 0.4]]), (0.5,),
        np.array([[[0.1, 0.2]], [[0.3, 0.4]]]), np.array([[True, False], [True, True]]),
    )  # fmt: skip
    scores = Scores({"mae": 0.1 + 0.2, "rmse": 5e-324}, {"mae": [0.25, None]}, {"mape": "actual is 0 at 1 of 4 steps"})
    bare = SeriesResult("b", Forecast("b", "LSTM", pd.RangeIndex(40, 46, 3), [4.0, 5.0]), None, None)
    log = (
        LogEntry(3, "backtest", EpochLog(1, 0.7, math.nan, math.inf, 0.0, 0.01, 0.2)),
        LogEntry(4, "final", EpochLog(250, 1e30, 0.5, 2.0, 1.0, 0.003, 0.1)),
    )
    arrays = {
        "3/network.size": np.array([1.0, 2.0], np.float32),
        "3/hidden": np.array(16),
        "3/empty": np.empty((0, 4)),
        "4/weights": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "4/every other": np.arange(10)[::2],
        "4/ids": np.frombuffer(b'["\xc3\xa4"]', dtype=np.uint8),
        "4/keeps_level": np.array([True, False]),
    }
    whole = SeriesResult("a/b", forecast, past, scores, (scores, scores))
    model = ModelSpec("lstm", "LSTM ü", {"hidden": 16, "dropout": 0.1, "lags": None, "loss": "mae", "mask": False})
    absent = {"store 7": "AR(9) explodes within 12 steps"}
    same = Certificate(41, "2023-05", 12, False, "series 'b': 1.5 became 2.5", "0f" * 32, "2031-05-17T12:00:00+00:00")
    notes = ("one note",)
    return TaskResult(model, "done", 1.25, None, 1234, (whole, bare), scores, (scores,), notes, log, arrays, absent, same)


def test_a_result_loses_nothing():
    result = by_hand()
    again = decode_result(encode_result(result))
    for name in {one.name for one in fields(TaskResult)} - {"series", "log", "arrays"}:
        assert getattr(again, name) == getattr(result, name), name
    assert again.certificate.date == result.certificate.date  # which equality leaves out
    assert repr(again.log) == repr(result.log)  # NaN is not equal to itself
    assert isinstance(again.log[1].epoch.epoch, int)
    first, second = again.series
    assert (first.scores, first.seed_scores) == (result.scores, (result.scores,) * 2)
    assert first.forecast.index.equals(result.series[0].forecast.index)
    assert first.forecast.index.freqstr == "ME"
    assert (first.forecast.levels, first.forecast.label) == ((0.1, 0.5, 0.9), "LSTM")
    np.testing.assert_array_equal(first.forecast.quantiles, [[1.0, 2.0], [1.5, 2.5], [9.0, 1e300]])
    assert list(second.forecast.index) == [40, 43]
    assert (second.backtest, second.scores, second.forecast.levels) == (None, None, ())
    for name, array in vars(result.series[0].backtest).items():
        np.testing.assert_array_equal(getattr(first.backtest, name), array)
    assert first.backtest.observed.dtype == bool
    assert first.backtest.levels == (0.5,)


def test_arrays_of_a_fit_keep_type_and_shape():
    result = by_hand()
    again = decode_result(encode_result(result)).arrays
    assert set(again) == set(result.arrays)
    for name, array in result.arrays.items():
        np.testing.assert_array_equal(again[name], array)
        assert (again[name].dtype, again[name].shape) == (array.dtype, array.shape), name


def test_a_result_without_what_is_aside_has_no_arrays_of_its_fits():
    encoded = encode_result(by_hand())
    assert decode_arrays(encoded.aside).keys() == by_hand().arrays.keys()
    bare = decode_result(replace(encoded, aside=b""))
    assert bare.arrays == {}
    assert bare.scores == by_hand().scores
    assert not [name for name in decode(encoded)[1] if name in by_hand().arrays]


def test_a_failed_task_keeps_its_reason():
    result = TaskResult(ModelSpec("ar", "AR"), "failed", 0.1, error="needs 40 points; bring more \ud800")
    assert vars(decode_result(encode_result(result))) == vars(result)


def test_a_real_result_can_be_computed_on():
    panel = Panel((months(length=60),))
    experiment = design(spec_of((), "Naive"), panel)
    result = run_task(experiment, experiment.spec.models[0])
    again = decode_result(encode_result(result))
    assert again.scores == result.scores
    assert (
        again.model.build().restore({}).forecast(panel.series[0], 3).point.tolist() == result.series[0].forecast.point.tolist()
    )


def test_a_metric_that_is_no_number_is_absent_with_a_reason():
    scores = Scores({"mae": math.nan, "rmse": math.inf, "mase": 1.5}, {"mae": [math.nan, 2.0]}, {"mape": "actual is 0"})
    encoded = encode_result(TaskResult(ModelSpec("lstm", "LSTM"), "done", 1.0, scores=scores))
    assert "NaN" not in zlib.decompress(encoded.summary).decode()
    again = decode_result(encoded).scores
    assert again.values == {"mase": 1.5}
    assert again.by_step == {"mae": [None, 2.0]}
    assert again.absent == {
        "mape": "actual is 0", "mae": "it is not a finite number (nan)", "rmse": "it is not a finite number (inf)",
    }  # fmt: skip


def test_what_was_cut_or_changed_is_damaged():
    content = encode_series(months())
    for broken in (b"", b"12", content[:20], content[:8] + b"\x00" * 30 + content[38:]):
        with pytest.raises(DamagedError, match=r"cut off|cannot be read"):
            decode_series(broken)


def test_a_format_of_the_future_is_refused():
    future = Encoded(zlib.compress(json.dumps({"format": 2}).encode()))
    with pytest.raises(StoreError, match="has format 2, this program reads format 1; update the program"):
        decode(future)


def test_two_parts_travel_in_one_piece():
    encoded = encode({"x": 1.5}, {"a": np.array([2.5])})
    assert unpack(pack(encoded)) == encoded
    assert pack(Encoded(b"abc", b"de")) == b"\x03\x00\x00\x00\x00\x00\x00\x00abcde"


def test_three_parts_travel_in_one_piece():
    packed = pack(Encoded(b"abc", b"de", b"fghi"))
    assert packed == b"\xff" * 8 + b"\x03" + b"\x00" * 7 + b"\x02" + b"\x00" * 7 + b"abcdefghi"
    assert unpack(packed) == Encoded(b"abc", b"de", b"fghi")
    assert unpack(pack(Encoded(b"abc", b"", b"fghi"))) == Encoded(b"abc", b"", b"fghi")
    with pytest.raises(DamagedError, match="cut off: 28 of 29 bytes"):
        unpack(packed[:28])
