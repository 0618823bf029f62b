"""Words and numbers as pages show them, and names that want to be more than names."""

import string
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from core.series.timeseries import TimeSeries
from pages.parts.text import age, count, day, duration, length_of, megabytes, of_settings, pace, safe

JOINER = "\u2060"


def test_settings_are_called_what_forms_call_them():
    said = "lstm.lookback is 90; bridge.order of sales.csv and lstm.nothing at 1.5 stay"
    assert of_settings(said) == "Lookback of LSTM is 90; Order p of AR → RNN of sales.csv and lstm.nothing at 1.5 stay"


@pytest.mark.parametrize("sign", string.punctuation)
def test_every_ascii_punctuation_is_escaped(sign):
    assert safe(f"a{sign} b").startswith(f"a\\{sign}")
    assert safe(sign).rstrip(JOINER) == f"\\{sign}"


@pytest.mark.parametrize(
    ("name", "markdown"),
    [
        ("Sales 2024", "Sales 2024"),
        ("<script>alert(1)</script>", "\\<script\\>alert\\(1\\)\\<\\/script\\>"),
        ("![x](a.png)", "\\!\\[x\\]\\(a\\.png\\)"),
        ("[a](javascript:alert(1))", "\\[a\\]\\(javascript\\:\u2060alert\\(1\\)\\)"),
        (":smile:", "\\:\u2060smile\\:"),
        (":red[x]", "\\:\u2060red\\[x\\]"),
        (":material/home:", "\\:\u2060material\\/home\\:"),
        ("$x^2$", "\\$x\\^2\\$"),
        ("*bold* __too__ ~~no~~ `code`", "\\*bold\\* \\_\\_too\\_\\_ \\~\\~no\\~\\~ \\`code\\`"),
        ("# head", "\\# head"),
        ("1. one", "1\\. one"),
        ("- item", "\\- item"),
        ("&lt;b&gt;", "\\&lt\\;b\\&gt\\;"),
        ("a|b", "a\\|b"),
        ("back\\slash", "back\\\\slash"),
        ("two\nlines\r\nand\ttabs", "two lines and tabs"),
        ("    code by its indent", "code by its indent"),
        ("\u202eright to left\u200f", "right to left"),
        ("\x00\x07bell", "bell"),
        ("Größe – 数量", "Größe – 数量"),
        ("", ""),
    ],
)
def test_a_name_becomes_markdown_that_shows_just_its_characters(name, markdown):
    assert safe(name) == markdown


@pytest.mark.parametrize(
    ("name", "markdown"),
    [
        ("http://evil.example", "http\\:\u2060\\/\\/evil\\.example"),
        ("HTTPS://evil.example", "HTTPS\\:\u2060\\/\\/evil\\.example"),
        ("see www.evil.example", "see www\u2060\\.evil\\.example"),
        ("WWW.evil.example", "WWW\u2060\\.evil\\.example"),
        ("me@evil.example", "me\\@\u2060evil\\.example"),
    ],
)
def test_an_address_in_a_name_is_parted_for_links_are_looked_for_after_escapes_are_read(name, markdown):
    assert safe(name) == markdown


def test_a_long_name_is_cut_before_it_is_escaped_so_no_escape_is_halved():
    assert safe("!" * 500, 5) == "\\!\\!\\!\\!…"
    assert safe("a" * 80) == "a" * 80
    assert safe("a" * 81) == "a" * 79 + "…"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"), (float("nan"), "–"), (float("inf"), "–"), (-3, "0.0 s"), (0, "0.0 s"), (0.44, "0.4 s"), (9.94, "9.9 s"),
        (9.96, "10 s"), (59.6, "60 s"), (89.4, "89 s"), (90, "1 min 30 s"), (119.7, "2 min"), (200, "3 min 20 s"),
        (3599, "59 min 59 s"), (3599.9, "1 h 0 min"), (7500, "2 h 5 min"), (360_000, "100 h 0 min"),
    ],
)  # fmt: skip
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-5), "just now"), (timedelta(seconds=59), "just now"), (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"), (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"), (timedelta(days=1), "1 day ago"),
        (timedelta(days=400), "400 days ago"),
    ],
)  # fmt: skip
def test_ages(ago, words):
    now = datetime(2031, 5, 17, 12, tzinfo=UTC)
    assert age(now - ago, now) == words
    assert age((now - ago).astimezone(timezone(timedelta(hours=-7))), now) == words


@pytest.mark.parametrize(
    ("freq", "word"),
    [
        (None, ""), ("YS-JAN", "yearly"), ("YE-DEC", "yearly"), ("QS-OCT", "quarterly"), ("MS", "monthly"), ("ME", "monthly"),
        ("W-SUN", "weekly"), ("D", "daily"), ("B", "business-daily"), ("h", "hourly"), ("15min", "every-15-min"),
        ("2W-MON", "every-2-W"), ("min", "by the minute"), ("s", "by the second"), ("ms", "ms"),
    ],
)  # fmt: skip
def test_paces(freq, word):
    assert pace(freq) == word


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (pd.date_range("1700", periods=309, freq="YS"), "309 yearly values, 1700 to 2008"),
        (pd.date_range("2020-03-31", periods=3, freq="QE"), "3 quarterly values, 2020 Q1 to 2020 Q3"),
        (pd.date_range("2010-01-01", periods=1200, freq="MS"), "1,200 monthly values, Jan 2010 to Dec 2109"),
        (pd.date_range("2024-01-07", periods=2, freq="W-SUN"), "2 weekly values, 7 Jan 2024 to 14 Jan 2024"),
        (pd.RangeIndex(5, 1005), "1,000 values, 5 to 1,004"),
        (
            pd.date_range("2024-01-01 23:00", periods=2, freq="h", tz="UTC"),
            "2 hourly values, 2 Jan 2024 00:00 to 2 Jan 2024 01:00",
        ),
    ],
)
def test_the_length_of_a_series(index, words):
    zone = "Europe/Berlin" if getattr(index, "tz", None) else None
    series = TimeSeries("s", index, np.arange(float(len(index))), np.ones(len(index), bool), zone=zone)
    assert length_of(series) == words


def test_days_sizes_and_counts():
    assert day(datetime(2026, 11, 3, tzinfo=UTC)) == "3 Nov 2026"
    assert [megabytes(size * 2**20) for size in (0.2, 64, 999.4, 1000, 2048)] == ["0 MB", "64 MB", "999 MB", "1.0 GB", "2.0 GB"]
    assert [count(n, "model") for n in (0, 1, 2, 1000)] == ["0 models", "1 model", "2 models", "1,000 models"]
    assert count(2, "entry", "entries") == "2 entries"
