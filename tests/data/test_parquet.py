import contextlib
import datetime as dt
import decimal
import io
import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.errors import AppError
from core.series.timeseries import labels
from tests.data.brought import DAYS, parquet, refusal, understood

VALUES = np.arange(28.0) * 2.5


def from_pandas(frame: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.to_parquet(target)
    return target.getvalue()


def test_dates_and_numbers_are_read():
    result = understood(parquet(ds=DAYS, y=VALUES), "a.parquet")
    assert result.dialect.kind == "parquet"
    assert result.panel.series[0].values.tolist() == VALUES.tolist()
    assert result.warnings == ()


@pytest.mark.parametrize("name", ["when", None])
def test_the_index_of_pandas_is_the_time(name):
    result = understood(from_pandas(pd.DataFrame({"y": VALUES}, pd.DatetimeIndex(DAYS, name=name))), "a.parquet")
    assert [(column.name, column.role) for column in result.columns] == [(name or "index", "time"), ("y", "target")]


def test_hours_in_a_zone_lose_and_gain_none_at_the_change_of_clocks():
    index = pd.date_range("2024-03-30 20:00", periods=12, freq="h", tz="Europe/Berlin", name="ds")
    result = understood(from_pandas(pd.DataFrame({"y": VALUES[:12]}, index)), "a.parquet")
    (series,) = result.panel
    assert (len(series), series.freq, series.zone, series.observed.all()) == (12, "h", "Europe/Berlin", True)
    assert labels(series.index)[0] == "2024-03-30T19:00:00+00:00"
    assert result.repairs == ("times with the zone Europe/Berlin were brought to UTC",)


def test_days_in_a_zone_stay_days():
    index = pd.date_range("2024-03-28", periods=8, tz="Europe/Berlin", name="ds")
    (series,) = understood(from_pandas(pd.DataFrame({"y": VALUES[:8]}, index)), "a.parquet").panel
    assert (series.freq, labels(series.index)[-1]) == ("D", "2024-04-04")


def test_small_decimal_and_categorical_types_are_read():
    content = parquet(
        ds=pa.array([dt.date(2024, 1, day) for day in (1, 2, 3, 4)] * 2),
        unique_id=pa.array(["007"] * 4 + ["NA"] * 4).dictionary_encode(),
        y=pa.array([decimal.Decimal("1.5"), None] + [decimal.Decimal("2.25")] * 6, pa.decimal128(5, 2)),
        heat=pa.array([100, 120, 127, 126, 1, 2, 3, 4], pa.int8()),
    )
    panel = understood(content, "a.parquet", past=("heat",)).panel
    assert [series.id for series in panel] == ["007", "NA"]
    assert panel["007"].inputs.values[:, 0].tolist() == [100, 120, 127, 126]


def test_columns_of_bytes_are_left_out_with_a_warning():
    result = understood(parquet(ds=DAYS, y=VALUES, raw=pa.array([b"x"] * 28)), "a.parquet")
    assert result.warnings == ('columns of types that are neither numbers, dates nor text were left out: "raw" (binary)',)


def test_nested_columns_are_refused_by_name_and_type():
    text = refusal(parquet(ds=DAYS[:3], y=[[1.0], [2.0], [3.0]]), "a.parquet")
    assert text.startswith('columns with several values in a cell cannot be read: "y" ("list<element: double>")')


def test_an_infinite_number_is_refused_with_its_row():
    assert 'row 2, column B "y": "inf" is not a finite number' in refusal(
        parquet(ds=DAYS[:3], y=[1.0, np.inf, 2.0]), "a.parquet"
    )


def test_a_file_without_rows_is_refused():
    assert "columns but no rows" in refusal(parquet(ds=pa.array([], pa.string()), y=pa.array([], pa.float64())), "a.parquet")


def test_few_bytes_with_many_rows_are_refused_by_the_footer():
    content = parquet(y=pa.array(np.zeros(20_000_000, np.int8)))
    assert len(content) < 100_000
    assert refusal(content, "a.parquet").startswith("the table has 20,000,000 rows, the limit is 1,000,000;")


def test_few_bytes_with_much_in_them_are_refused():
    content = parquet(**{f"c{i}": np.zeros(900_000) for i in range(30)})
    assert len(content) < 500_000
    assert refusal(content, "a.parquet").startswith("the file expands to")


@pytest.mark.parametrize("content", [b"PAR1PAR1", b"PAR1" + b"\x00" * 100, parquet(ds=DAYS, y=VALUES)[:-20]])
def test_damaged_files_are_refused(content):
    assert "damaged or incomplete" in refusal(content, "a.parquet")


def test_a_flipped_bit_is_refused_or_read_and_never_a_defect():
    content, chance = parquet(ds=DAYS, y=VALUES), random.Random(7)
    for _ in range(60):
        flipped = bytearray(content)
        flipped[chance.randrange(4, len(content) - 8)] ^= 1 << chance.randrange(8)
        with contextlib.suppress(AppError):
            understood(bytes(flipped), "a.parquet")
