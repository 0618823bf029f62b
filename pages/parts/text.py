"""Words and numbers as pages show them. Names are untrusted: whatever becomes Markdown goes through `safe`."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from core.charts.labels import date_label, plain
from core.models.registry import MODELS
from core.parameters import parameters
from core.series.timeseries import TimeSeries
from core.store.records import RunRecord, SeriesRecord

PACE = {
    "YS": "yearly", "YE": "yearly", "QS": "quarterly", "QE": "quarterly", "MS": "monthly", "ME": "monthly",
    "W": "weekly", "D": "daily", "B": "business-daily", "h": "hourly", "min": "by the minute", "s": "by the second",
}  # fmt: skip
STEPS = {
    "yearly": "years", "quarterly": "quarters", "monthly": "months", "weekly": "weeks", "daily": "days",
    "business-daily": "business days", "hourly": "hours", "by the minute": "minutes", "by the second": "seconds",
}  # fmt: skip
STATES = {
    "queued": "waiting", "running": "running", "done": "done", "failed": "failed",
    "cancelled": "cancelled", "interrupted": "interrupted",
}  # fmt: skip


def safe(name: str, longest: int = 80) -> str:
    """A name as Markdown that shows just these characters: no link, no image, no formula, no colour, no emoji."""
    line = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", plain(name, longest))
    # ":smile:", "http://a.b", "www.a.b" and "a@b.c" are looked for after escapes are read; a word joiner parts them
    return re.sub(r"(\\:(?=\w|\\/)|\\@|www(?=\\\.))", "\\1\u2060", line, flags=re.IGNORECASE)


def of_settings(text: str) -> str:
    """The same with the settings of models as forms call them: "Lookback of LSTM" for "lstm.lookback"."""
    return re.sub(r"\b([a-z_]+)\.([a-z_0-9]+)\b", lambda found: _setting(*found.groups()) or found[0], text)


def _setting(model: str, field: str) -> str | None:
    labels = {one.name: one.label for one in parameters(MODELS[model])} if model in MODELS else {}
    return f"{labels[field]} of {MODELS[model].label}" if field in labels else None


def pace(freq: str | None) -> str:
    """A frequency as an adjective: "monthly", "" for plain steps."""
    if freq is None:
        return ""
    count, unit = re.fullmatch(r"(\d*)([A-Za-z]+)(?:-.*)?", freq).groups()
    word = PACE.get(unit, freq)
    return word if not count else f"every-{count}-{unit}"


def length_of(series: TimeSeries) -> str:
    """ "309 yearly values, 1700 to 2008"."""
    first, last = date_label(series.index[:1], series.zone, as_in=series.index) + date_label(
        series.index[-1:], series.zone, as_in=series.index
    )
    return f"{len(series):,} {pace(series.freq)} values".replace("  ", " ") + f", {first} to {last}"


def length_of_record(record: SeriesRecord) -> str:
    """The same of a series whose values are not loaded."""
    return f"{record.length:,} {pace(record.freq)} values".replace("  ", " ")


def version_of(record: SeriesRecord) -> str:
    """ "version 2 of 3"; "" for a series that has one version."""
    return f"version {record.version} of {record.newest}" if record.newest > 1 else ""


def steps(number: int, freq: str | None, kind: str = "") -> str:
    """ "12 new months", "1 step"."""
    many = STEPS.get(pace(freq), "steps")
    return count(number, f"{kind} {many[:-1]}".strip(), f"{kind} {many}".strip())


def series_of_run(record: RunRecord) -> str:
    """What a run forecasts, as Markdown: "sales, version 2 of 3", "12 series"."""
    if len(record.series) != 1:
        return f"{len(record.series):,} series"
    return ", ".join(filter(None, (safe(record.series[0].id, 40), version_of(record.series[0]))))


def duration(seconds: float | None) -> str:
    """ "0.4 s", "12 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def age(then: datetime, now: datetime | None = None) -> str:
    """ "just now", "5 minutes ago", "3 days ago"."""
    seconds = ((now or datetime.now(UTC)) - then.astimezone(UTC)).total_seconds()
    if seconds < 60:
        return "just now"
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def day(moment: datetime) -> str:
    """ "3 Nov 2026"."""
    return f"{moment.day} {moment:%b %Y}"


def percent(share: float) -> float:
    """A coverage in percent, an int where it is whole: 80 for 0.8, 97.5 for 0.975."""
    value = round(100 * share, 8)
    return int(value) if value == int(value) else value


def megabytes(size: float) -> str:
    """Bytes in MB, in GB from 1,000 MB on."""
    return f"{size / 2**20:,.0f} MB" if size < 1000 * 2**20 else f"{size / 2**30:,.1f} GB"


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 model", "3 models"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
