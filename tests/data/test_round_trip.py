"""Any series, written in any of our dialects, comes back as it was."""

import datetime as dt

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.data.choices import Choices
from core.data.limits import Limits
from core.data.reading import read
from core.errors import AppError
from core.series.timeseries import labels
from tests.data.brought import understood

DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d"]


def written(value: float, mark: str, *, grouped: bool) -> str:
    text = f"{value:,.4f}" if grouped else f"{value:.4f}"
    return text.translate(str.maketrans(".,", ",.")) if mark == "," else text


@settings(max_examples=80, deadline=None)
@given(
    values=st.lists(st.floats(-1e7, 1e7).map(lambda value: round(value, 4)), min_size=32, max_size=60),
    start=st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
    style=st.sampled_from(DATES),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    mark=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    name=st.sampled_from(["sales", "Erlös", "a b", "=x"]),
)
def test_what_was_written_is_read(values, start, style, delimiter, encoding, mark, grouped, end, name):
    assume(len(set(values)) > 1)
    days = [start + dt.timedelta(number) for number in range(len(values))]
    rows = [f"date{delimiter}{name}"]
    rows += [
        f'"{day.strftime(style)}"{delimiter}"{written(v, mark, grouped=grouped)}"' for day, v in zip(days, values, strict=True)
    ]
    (series,) = understood((end.join(rows) + end).encode(encoding)).panel
    assert series.id == name
    assert labels(series.index) == [day.isoformat() for day in days]
    np.testing.assert_array_equal(series.values, np.array(values) + 0.0)


@settings(max_examples=40, deadline=None)
@given(
    freq=st.sampled_from(
        [("MS", "%Y-%m"), ("QS-JAN", "quarter"), ("YS-JAN", "%Y"), ("h", "%Y-%m-%d %H:%M"), ("15min", "%d.%m.%Y %H:%M:%S")]
    ),
    length=st.integers(30, 50),
    holes=st.sets(st.integers(5, 20), max_size=8),
)
def test_frequencies_are_found_through_gaps(freq, length, holes):
    import pandas as pd

    alias, style = freq
    index = pd.date_range("1990-01-01", periods=length, freq=alias)
    texts = [f"{stamp.year}Q{stamp.quarter}" if style == "quarter" else stamp.strftime(style) for stamp in index]
    kept = [f"{text};{place}" for place, text in enumerate(texts) if place not in holes]
    result = understood("\n".join(["date;y", *kept]) + "\n")
    (series,) = result.panel
    assert (series.freq, len(series), result.missing) == (alias, length, (len(holes),))
    assert set(np.flatnonzero(~series.observed)) == holes


CELLS = st.sampled_from(
    ["2024-01-01", "00/00/0000", "01/02/2024", "2024Q1", "1,5", "1e999", "", "NaN", "Total", "x", '"', "\x00", "é"]
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8), delimiter=st.sampled_from([",", ";", "\t"]))
def test_whatever_comes_is_read_or_refused_in_one_line(rows, delimiter):
    content = "\n".join(delimiter.join(row) for row in rows).encode()
    try:
        read(content, "any.csv", Choices(), Limits())
    except AppError as error:
        text = str(error)
    else:
        text = "read"
    assert "\n" not in text
    assert 0 < len(text) < 1000
