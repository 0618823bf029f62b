"""What a person takes away from a run: forecasts and scores as CSV that is safe to open, the whole result as JSON."""

from __future__ import annotations

import json

import pandas as pd

from core.data.understanding import end_labels, frequency_name
from core.report import forecasts
from core.report.leaderboard import leaderboard, references
from core.report.outcome import Outcome, as_result
from core.report.summary import as_json
from core.series.timeseries import TimeSeries, labels

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_csv(table: pd.DataFrame) -> bytes:
    """The table as CSV in UTF-8 with a mark that spreadsheets know; no cell of text can start a formula.

    Source: OWASP, CSV Injection.
    """
    texts = [name for name in table if pd.api.types.is_string_dtype(table[name]) or table[name].dtype == object]
    safe = table.assign(**{name: table[name].map(_harmless) for name in texts})
    return b"\xef\xbb\xbf" + safe.rename(columns=_harmless).to_csv(index=False).encode()


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    line = cell.replace("\r\n", "\n").replace("\r", "\n")  # a lone \r is not quoted, and would start a row
    return f"'{line}" if line.lstrip(" ").startswith(FORMULA) else line


def forecasts_csv(outcome: Outcome) -> bytes:
    """Every forecast of every model and combination, final and past; the columns are those of `core.report.forecasts`."""
    table = forecasts.table((*outcome.done, *outcome.combinations))
    if pd.api.types.is_datetime64_any_dtype(table["ds"]):
        table = table.assign(ds=labels(pd.DatetimeIndex(table["ds"])))
    return safe_csv(table)


def scores_csv(outcome: Outcome) -> bytes:
    """The leaderboard, and after it the benchmarks for reference."""
    others = references(outcome).assign(best=False, kind="reference").drop(columns="saved")
    table = leaderboard(outcome).drop(columns="exact")
    return safe_csv(pd.concat([table, others.astype({"best": bool})], ignore_index=True) if len(others) else table)


def run_json(outcome: Outcome) -> bytes:
    """What `python -m core compare` prints for the same run."""
    document = as_json(as_result(outcome), [_described(one) for one in outcome.panel])
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _described(series: TimeSeries) -> dict[str, object]:
    """The fields of `inspect` that a kept series still knows."""
    start, end = end_labels(series)[0], end_labels(series)[-1]
    missing = int((~series.observed).sum())
    return {
        "id": series.id,
        "n": len(series),
        "start": start,
        "end": end,
        "freq": frequency_name(series.freq),
        "season": series.season,
        "missing": missing,
        "duplicates": None,
    }
