"""A home of an earlier program is upgraded, and every row of it is found again.

`revision_0001.db.gz` is the database of a real home: `older_home.py` made it with the last commit before the second migration,
and tells what is in it. Nothing in it may change but its place: what is compared is read from the file without our program.
"""

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
import zlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.errors import ConfigError, DamagedError, NotFoundError, PassphraseError
from core.report.outcome import of_snapshot
from core.series.timeseries import Panel
from core.store.sqlite.database import FILE
from core.store.store import Store
from core.workbench import Workbench
from pages.parts.learned import restored
from tests.faults.home import ended, launched, plain
from tests.store.sqlite.older_home import OWNER, PASSPHRASE, STRANGER, sales, visits
from tests.store.sqlite.test_schema import read, schema_of

FIXTURE = Path(__file__).with_name("revision_0001.db.gz")
OPEN, GUARDED = "vKShLgsmXXjONTxphysHjB2SBUa7yISPOsOiHUzox6E", "ZQHyZ-JFKypcxBnYXyTRwtdopjN9e78FmkBehS4l0x8"
ROWS = {  # of each table of revision 0001
    "identity": 1, "series": 5, "runs": 3, "run_series": 3, "tasks": 9, "epochs": 8, "results": 6, "shares": 3, "snapshots": 3,
    "audit": 19,
}  # fmt: skip


def old_home(folder):
    """A home with the old database in it, and a copy of that beside it."""
    home = folder / "home"
    home.mkdir()
    (home / FILE).write_bytes(gzip.decompress(FIXTURE.read_bytes()))
    shutil.copy(home / FILE, folder / "before.db")
    return home


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """The home of before, opened and closed once by the program of today."""
    home = old_home(tmp_path_factory.mktemp("upgrade"))
    Store.open(home, now=lambda: datetime(2031, 5, 17, 12, tzinfo=UTC)).close()
    return home


@pytest.fixture(scope="module")
def bench(upgraded, tmp_path_factory):
    """A workbench on a copy of it."""
    home = shutil.copytree(upgraded, tmp_path_factory.mktemp("lively") / "home")
    with Workbench(home) as opened:
        yield opened


def rows(path, table, order="1, 2"):
    """The rows of a table, as they stand in the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()
    return [dict(row) for row in found]


def arrays_of(content):
    return safetensors.numpy.load(zlib.decompress(content)) if content else {}


def run_id_of(path, title):
    return read(path, f"SELECT id FROM runs WHERE title = '{title}'")[0][0]


@pytest.mark.parametrize("table", ROWS)
def test_every_row_is_found_again(upgraded, table):
    order = "1" if table == "identity" else "1, 2, 3" if table == "epochs" else "1, 2"
    before, after = rows(upgraded.parent / "before.db", table, order), rows(upgraded / FILE, table, order)
    assert len(before) == ROWS[table]
    if table == "results":  # the arrays of which are looked at below
        for row in (*before, *after):
            del row["arrays"], row["arrays_sha256"]
    assert after == before


def test_no_table_of_before_is_left_out_here(upgraded):
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    assert {name for (name,) in read(upgraded.parent / "before.db", tables)} == {*ROWS, "alembic_version"}


def test_the_fitted_arrays_move_to_weights_and_no_other_does(upgraded):
    before = {row["task_id"]: row for row in rows(upgraded.parent / "before.db", "results", "1")}
    after = {row["task_id"]: row for row in rows(upgraded / FILE, "results", "1")}
    weights = {row["task_id"]: row for row in rows(upgraded / FILE, "weights", "1")}
    labels = dict(read(upgraded / FILE, "SELECT id, label FROM tasks"))
    assert sorted(labels[task_id] for task_id in weights) == ["AR", "LSTM"]  # a naive fit and a comparison have none
    for task_id, row in before.items():
        rest = arrays_of(after[task_id]["arrays"])
        moved = arrays_of(weights[task_id]["content"]) if task_id in weights else {}
        assert not [name for name in rest if name.startswith("fitted/")]
        together = rest | {f"fitted/{name}": array for name, array in moved.items()}
        whole = arrays_of(row["arrays"])
        assert together.keys() == whole.keys()
        for name, array in whole.items():
            assert (together[name].dtype, together[name].tobytes()) == (array.dtype, array.tobytes()), name


def test_every_hash_is_that_of_its_bytes(upgraded):
    for table, parts in (("series", [("content", "sha256")]), ("weights", [("content", "sha256")]),
                         ("results", [("summary", "summary_sha256"), ("arrays", "arrays_sha256")])):  # fmt: skip
        for row in rows(upgraded / FILE, table):
            assert [row[name] for _, name in parts] == [hashlib.sha256(row[part]).hexdigest() for part, _ in parts]


def test_series_of_one_name_and_source_become_versions_in_their_order(upgraded):
    found = read(
        upgraded / FILE,
        "SELECT s.workspace, s.name, s.source, v.number, series.length, s.created = series.created FROM versions v "
        "JOIN subjects s ON s.id = v.subject JOIN series USING (workspace, key) ORDER BY s.workspace, s.name, v.number",
    )
    assert found == [
        (OWNER, "bubble", "sales.csv", 1, 360, 1),
        (OWNER, "sales", "shop.csv", 1, 48, 1),
        (OWNER, "sales", "shop.csv", 2, 54, 0),
        (OWNER, "visits", "web.csv", 1, 60, 1),
        (STRANGER, "sales", "shop.csv", 1, 48, 1),
    ]
    assert read(upgraded / FILE, "SELECT count(*) FROM subjects") == [(4,)]


def test_the_upgraded_tables_are_those_of_a_new_home(upgraded, empty):
    after, new = schema_of(upgraded / FILE), schema_of(empty / FILE)
    assert after.pop("alembic_version")
    assert new.pop("alembic_version")
    assert after == new
    assert read(upgraded / FILE, "PRAGMA foreign_key_check") == []
    assert read(upgraded / FILE, "PRAGMA integrity_check") == [("ok",)]


def test_the_database_of_before_is_kept_as_a_backup_and_no_second_one_is_made(upgraded):
    Store.open(upgraded).close()
    (backup,) = (upgraded / "backups").iterdir()
    assert re.fullmatch(r"unroll-0001-20310517T120000\.db", backup.name)
    for table in ROWS:
        assert rows(backup, table, "1") == rows(upgraded.parent / "before.db", table, "1")


def test_series_keep_their_values(bench):
    found = {(one.id, one.version): one for one in bench.series(OWNER)}
    expected = {("sales", 1): sales(48), ("sales", 2): sales(54, 40, 41), ("visits", 1): visits()}
    assert {name: one.key for name, one in found.items() if name[0] != "bubble"} == {
        name: one.key for name, one in expected.items()
    }
    for one in expected.values():
        (again,) = bench.panel(OWNER, (one.key,))
        assert again.key == one.key
        assert (again.values.tolist(), again.observed.tolist()) == (one.values.tolist(), one.observed.tolist())


def test_a_run_opens_as_before(bench):
    run_id = run_id_of(bench.store.database.path, "sales, next 3")
    record, outcome = bench.run(OWNER, run_id).record, bench.outcome(OWNER, run_id)
    assert [(task.label, task.state) for task in record.tasks] == [
        ("Naive", "done"), ("AR", "done"), ("LSTM", "done"), ("Comparison", "done"),
    ]  # fmt: skip
    assert [(one.id, one.length, one.version, one.newest) for one in record.series] == [("sales", 54, 2, 2)]
    assert [one.model.label for one in outcome.done] == ["Naive", "AR", "LSTM"]
    assert outcome.comparison.ranking[0] == record.best
    naive = outcome.done[0].series[0]
    last = sales(54, 40, 41).values[-1]
    assert naive.forecast.point.tolist() == [last, last, last]
    assert [result.arrays for result in outcome.done] == [{}, {}, {}]
    assert [len(epochs) for epochs in bench.run(OWNER, run_id).epochs.values()] == [8]


def test_results_are_equal_to_those_of_before(bench, upgraded):
    before = {row["task_id"]: arrays_of(row["arrays"]) for row in rows(upgraded.parent / "before.db", "results", "1")}
    run_id = run_id_of(bench.store.database.path, "sales, next 3")
    models = [task for task in bench.run(OWNER, run_id).record.tasks if task.kind == "model"]
    for task, result in zip(models, bench.results(OWNER, run_id), strict=True):
        (one,), old = result.series, before[task.id]
        assert one.forecast.point.tobytes() == old["series/0/point"].tobytes()
        assert one.forecast.quantiles.tobytes() == old["series/0/quantiles"].tobytes()
        assert one.backtest.point.tobytes() == old["series/0/backtest/point"].tobytes()
        assert one.backtest.actual.tobytes() == old["series/0/backtest/actual"].tobytes()
        assert len(result.log) == len(old.get("log", ()))


def weights_of(bench, label):
    """The result of a model of an old run, and the arrays of its only seed."""
    run_id = run_id_of(bench.store.database.path, "sales, next 3")
    task = next(task for task in bench.run(OWNER, run_id).record.tasks if task.label == label)
    result = next(one for one in bench.results(OWNER, run_id) if one.model.label == label)
    return result, {name.removeprefix("0/"): array for name, array in bench.weights(OWNER, run_id, task.id).items()}


def test_moved_weights_forecast_what_was_forecast(bench):
    result, arrays = weights_of(bench, "AR")
    again = result.model.build().restore(arrays).forecast(sales(54, 40, 41), 3, ())
    np.testing.assert_allclose(again.point, result.series[0].forecast.point, rtol=1e-6)


def test_the_weights_of_a_network_that_is_no_longer_built_are_refused(bench):
    result, arrays = weights_of(bench, "LSTM")
    with pytest.raises(ConfigError, match="LSTM was trained by an earlier version of Unroll; run it again to look inside"):
        result.model.build().restore(arrays)


def test_the_settings_of_a_network_show_in_those_of_today_and_run_again(bench):
    run_id = run_id_of(bench.store.database.path, "sales, next 3")
    record = bench.run(OWNER, run_id).record
    spec = json.loads(read(bench.store.database.path, f"SELECT spec FROM runs WHERE id = '{run_id}'")[0][0])
    stored = spec["models"][2]["config"]
    assert (stored["topology"], stored["skip"], stored["seasonal_lag"]) == ("one_to_many", 6, False)
    in_spec, in_task = record.spec.models[2], record.tasks[2].model
    shared = bench.links.copy(OPEN).spec.models[2]
    in_result = weights_of(bench, "LSTM")[0].model
    for one in (in_spec, in_task, shared, in_result):
        found = [one.config[name] for name in ("topology", "skip", "lags", "seasonal_lag", "loss", "patience")]
        assert found == ["many_to_many_direct", "on", 6, "no", "huber", 40]
    again = bench.launch(OWNER, record.spec, title="again").run_id
    assert ended(bench, again, 120, OWNER).state == "done"
    assert [one.model.label for one in bench.results(OWNER, again)] == ["Naive", "AR", "LSTM"]
    bench.delete(OWNER, again)


def test_what_ar_learned_is_still_told(bench):
    run_id = run_id_of(bench.store.database.path, "sales, next 3")
    task = bench.run(OWNER, run_id).record.tasks[1]
    summary = restored(task.model, bench.weights(OWNER, run_id, task.id)).summary("sales")
    (result,) = [one for one in bench.results(OWNER, run_id) if one.model.label == "AR"]
    assert len(summary.coefficients) == result.parameters > 1


def test_runs_that_did_not_end_well_are_still_there(bench):
    burst = bench.run(OWNER, run_id_of(bench.store.database.path, "It bursts")).record
    assert [(task.label, task.state) for task in burst.tasks] == [("AR", "failed"), ("Naive", "done"), ("Comparison", "done")]
    assert burst.tasks[0].error == "AR(1) explodes within 330 steps; choose a shorter order or horizon"
    assert sorted(run.state for run in bench.runs(OWNER)) == ["cancelled", "done", "done"]
    assert bench.runs(STRANGER) == ()


def test_links_open_with_their_tokens(bench):
    link = bench.links.find(OPEN)
    snapshot = bench.links.copy(OPEN)
    assert (snapshot.title, len(snapshot.results)) == ("sales, next 3", 3)
    assert snapshot.panel.series[0].key == sales(54, 40, 41).key
    assert [one.model.label for one in of_snapshot(snapshot, link.digest).done] == ["Naive", "AR", "LSTM"]
    with pytest.raises(PassphraseError, match="asks for a passphrase"):
        bench.links.admit(GUARDED)
    bench.links.admit(GUARDED, PASSPHRASE)
    assert bench.links.copy(GUARDED).panel is None
    run_id = run_id_of(bench.store.database.path, "sales, next 3")
    revoked = [share.id for share in bench.shares(OWNER, run_id) if share.revoked]
    assert len(revoked) == 1
    with pytest.raises(NotFoundError):
        bench.links.find("x" * 43)


def test_life_goes_on(bench):
    newest = next(one for one in bench.series(OWNER) if (one.id, one.version) == ("sales", 2))
    bench.store.add_series(OWNER, Panel((sales(55, 40, 41),)), "shop.csv", continues={"sales": newest.subject})
    longer = next(one for one in bench.series(OWNER) if one.length == 55)
    assert (longer.version, longer.newest) == (3, 3)
    run_id = launched(bench, *plain("ar"), workspace=OWNER, panel=bench.panel(OWNER, (longer.key,)), horizon=2)
    record = ended(bench, run_id, 120, OWNER)
    assert (record.state, record.series[0].version) == ("done", 3)
    task = record.tasks[0]
    assert restored(task.model, bench.weights(OWNER, run_id, task.id)).summary("sales").coefficients
    assert bench.results(OWNER, run_id)[0].arrays == {}
    bench.delete(OWNER, run_id_of(bench.store.database.path, "It bursts"))
    assert read(bench.store.database.path, "SELECT count(*) FROM weights") == [(3,)]


def test_a_result_that_was_damaged_before_stays_so_and_stops_no_upgrade(tmp_path):
    home = old_home(tmp_path)
    task_id = read(home / FILE, "SELECT id FROM tasks WHERE label = 'LSTM'")[0][0]
    with closing(sqlite3.connect(home / FILE)) as connection:
        connection.execute("UPDATE results SET arrays = x'00' WHERE task_id = ?", (task_id,))
        connection.commit()
    with closing(Store.open(home)) as store:
        run_id = run_id_of(home / FILE, "sales, next 3")
        with pytest.raises(DamagedError, match="the result of 'LSTM' is damaged"):
            store.result(OWNER, run_id, task_id)
        assert store.weights(OWNER, run_id, task_id) == {}
        assert read(home / FILE, "SELECT count(*) FROM weights") == [(1,)]
