"""Makes a small real home with the program as it stands: `python -m tests.store.sqlite.older_home FILE.db.gz`.

Run it on the last commit before a migration, and keep the file: `test_upgrade.py` upgrades it row by row. It prints the tokens
of the links, which only their maker knows. The home holds, for one owner:

- "sales" of shop.csv: 48 months, and the same with six more, two changed values and the same source, as a second series
- "visits" of web.csv: 60 days with a past covariate and a known one, which has values for 7 days more
- a finished run of naive, AR and LSTM (with its epochs) on the 54 months, with a link for everyone and one with a passphrase;
  a third link is revoked
- a cancelled run, and a run in which AR failed, because it explodes; renamed
- a deleted series and a deleted run, of which the audit tells
- another workspace that holds the same "sales", and nothing else
"""

from __future__ import annotations

import gzip
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from core.models.spec import ModelSpec
from core.series.timeseries import Inputs, Panel, TimeSeries
from core.store.sqlite.database import FILE
from core.workbench import Workbench
from tests.faults.home import LONG, ended, launched, network, plain

OWNER, STRANGER = "owner", "stranger"
PASSPHRASE = "a long walk"


def sales(length: int, *changes: int) -> TimeSeries:
    """Months from January 2015 on; the values at `changes` are 5 larger, every tenth is filled."""
    steps = np.arange(length)
    values = 200 + 1.25 * steps + 30 * np.sin(2 * np.pi * steps / 12) + steps**2 % 7
    values[list(changes)] += 5.0
    index = pd.date_range("2015-01-01", periods=length, freq="MS")
    return TimeSeries("sales", index, values, steps % 10 != 9, season=12, unit="€")


def visits() -> TimeSeries:
    """60 days with a temperature that is known until the end, and a holiday flag that is known a week longer."""
    days = np.arange(67.0)
    inputs = np.column_stack([12 + days % 5, days % 7 == 6])
    inputs[60:, 0] = np.nan
    values = 1000 + 40 * inputs[:60, 1] + days[:60]
    index = pd.date_range("2026-03-01", periods=60, freq="D")
    covariates = Inputs(("temperature", "holiday"), ("past", "known"), inputs)
    return TimeSeries("visits", index, values, np.ones(60, bool), season=7, inputs=covariates)


def bubble() -> TimeSeries:
    """It grows tenfold at each step, and then it does not."""
    values = np.concatenate([10.0 ** np.arange(-20, 10), np.full(330, 1e9) + np.arange(330) % 7])
    return TimeSeries("bubble", pd.RangeIndex(360), values, np.ones(360, bool))


def fill(bench: Workbench) -> tuple[str, str]:
    """Everything that the text above promises; the tokens of the two links that open."""
    bench.add_series(OWNER, Panel((sales(48),)), "shop.csv")
    bench.add_series(STRANGER, Panel((sales(48),)), "shop.csv")
    (newer,) = bench.add_series(OWNER, Panel((sales(54, 40, 41),)), "shop.csv")
    bench.add_series(OWNER, Panel((visits(),)), "web.csv")
    bench.delete_series(OWNER, bench.add_series(OWNER, Panel((sales(13),)), "gone.csv")[0])
    panel = bench.panel(OWNER, (newer,))
    models = *plain("naive", "ar"), network(epochs=3, lookback=6)
    run_id = launched(bench, *models, panel=panel, horizon=3, origins=4, coverages=(0.5,))
    ended(bench, run_id)
    _, token = bench.share(OWNER, run_id, days=None, includes_data=True)
    _, guarded = bench.share(OWNER, run_id, days=None, passphrase=PASSPHRASE)
    bench.revoke(OWNER, bench.share(OWNER, run_id)[0].id)
    bench.links.count_view(token)
    cancelled = launched(bench, network("gru", **LONG), panel=panel, horizon=3)
    bench.cancel(OWNER, cancelled)
    ended(bench, cancelled)
    explosive = ModelSpec("ar", "AR", {"order": 1, "trend": "none"})
    failed = launched(bench, explosive, *plain("naive"), panel=Panel((bubble(),)), horizon=330, origins=1)
    ended(bench, failed)
    bench.rename(OWNER, failed, "It bursts")
    gone = launched(bench, *plain("naive"), panel=panel, horizon=2)
    ended(bench, gone)
    bench.delete(OWNER, gone)
    return token, guarded


def main(place: Path) -> None:
    """Fill a home, put its log into the file, and pack the file."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with Workbench(home) as bench:
            print(fill(bench))
        with closing(sqlite3.connect(home / FILE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        place.write_bytes(gzip.compress((home / FILE).read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
