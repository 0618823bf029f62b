"""The one door: what belongs to another workspace is not there, whoever asks for it and in whatever way."""

import importlib
import inspect
import sys
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core.workbench
from core.data.choices import Choices
from core.errors import ConfigError, LimitError, NotFoundError, PassphraseError
from core.evaluation.spec import RunSpec
from core.jobs.planning.limits import Host
from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from core.workbench import Workbench, shared
from tests.faults.home import OWNER, ended, launched, months, network, plain

STRANGER = "stranger"
OPEN_TO_ALL = {"close", "understand", "understand_file", "examples", "example"}  # they know of no workspace
OWN_ONLY = {"add_series", "replace_series", "continuation", "keep_upload", "series", "runs"}  # about nothing that must be there


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with Workbench(tmp_path_factory.mktemp("workbench") / "home", {}, host=Host(2, "forkserver")) as opened:
        yield opened


@pytest.fixture(scope="module")
def finished(bench):
    """A run with a link, which belongs to the owner: the names of its parameters, and their values."""
    run_id = launched(bench, *plain("naive", "mean"))
    record = ended(bench, run_id)
    share, token = bench.share(OWNER, run_id)
    key = record.spec.series[0]
    return {"run_id": run_id, "task_id": record.tasks[0].id, "share_id": share.id, "key": key, "keys": (key,),
            "subjects": (record.series[0].subject,), "spec": record.spec, "title": "taken", "token": token,
            "choices": Choices(),
            "digest": bench.keep_upload(OWNER, b"month,sales\n2020-01,1\n2020-02,2\n2020-03,4\n", "sales.csv")}  # fmt: skip


def calls():
    """Every public method of the workbench, and its parameters."""
    found = inspect.getmembers(Workbench, inspect.isfunction)
    return {name: inspect.signature(call).parameters for name, call in found if not name.startswith("_")}


def asked(bench, name, workspace, values):
    """Call a method with all its parameters that name something, optional ones too."""
    named = {one: values[one] for one in calls()[name] if one in values}
    return getattr(bench, name)(workspace, **named)


ABOUT_IDS = sorted(set(calls()) - OPEN_TO_ALL - OWN_ONLY)


def test_every_call_is_of_a_workspace_or_known_to_be_open(finished):
    for name, parameters in calls().items():
        assert name in OPEN_TO_ALL or list(parameters)[1] == "workspace", name
        free = {"panel", "source", "request", "budget", "days", "passphrase", "includes_data", "content", "name"}
        free |= {"former", "continues"}  # tried by the tests of the store
        known = {"self", "workspace", *finished, *free}
        assert name in OPEN_TO_ALL or set(parameters) <= known, f"{name} has a parameter that is not tried with foreign ids"
    assert all(set(calls()[name]) & set(finished) for name in ABOUT_IDS)


@pytest.mark.parametrize("name", ABOUT_IDS)
def test_what_is_foreign_is_not_found(bench, finished, name):
    with pytest.raises(NotFoundError, match=r"there is no") as caught:
        asked(bench, name, STRANGER, finished)
    assert "naive" not in str(caught.value).lower()
    assert bench.series(STRANGER) == bench.runs(STRANGER) == ()


@pytest.mark.parametrize("name", ABOUT_IDS)
def test_what_belongs_to_another_run_or_to_nobody_is_not_found_either(bench, finished, name):
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=40).filter(lambda text: text not in finished.values()))
    def not_found(text):
        spec = RunSpec((text,), plain("naive"), 6)
        unknown = dict.fromkeys(("run_id", "task_id", "share_id", "key", "digest"), text) | {"subjects": (text,)}
        unknown |= {"keys": (text,), "spec": spec, "title": "t", "choices": Choices()}
        with pytest.raises(NotFoundError):
            asked(bench, name, OWNER, unknown)

    not_found()


def test_a_task_is_found_in_its_own_run_only(bench, finished):
    other = launched(bench, *plain("drift"))
    ended(bench, other)
    for call in (bench.cancel, bench.retry):
        with pytest.raises(NotFoundError, match=r"there is no task .* in this run"):
            call(OWNER, other, finished["task_id"])


def test_a_run_from_launch_to_deletion(bench):
    run_id = launched(bench, network("rnn", epochs=3), *plain("naive"))
    record = ended(bench, run_id)
    assert record.state == "done"
    assert record.title == "sales, next 6"
    assert [one.model.label for one in bench.results(OWNER, run_id)] == ["RNN", "Naive"]
    assert record.best == bench.comparison(OWNER, run_id).best
    assert [one.epoch.epoch for one in next(iter(bench.run(OWNER, run_id).epochs.values()))] == [1, 2, 3]
    bench.rename(OWNER, run_id, "  My\u202e run\n")
    assert bench.run(OWNER, run_id).record.title == "My run"
    with pytest.raises(ConfigError, match="the title is empty"):
        bench.rename(OWNER, run_id, " \n")
    bench.delete(OWNER, run_id)
    with pytest.raises(NotFoundError):
        bench.run(OWNER, run_id)


def test_a_model_that_is_retried_joins_the_combinations(bench):
    run_id = launched(bench, *plain("naive", "drift"), network("rnn", epochs=3))
    task = bench.progress(OWNER, run_id).tasks[2]
    bench.cancel(OWNER, run_id, task.id)
    ended(bench, run_id)
    (first, _) = bench.comparison(OWNER, run_id).combinations
    assert first.members == ("Naive", "Drift")
    assert "without RNN, which has no forecasts" in first.result.notes
    assert bench.retry(OWNER, run_id, task.id)
    ended(bench, run_id)
    found = bench.comparison(OWNER, run_id).combinations
    assert [one.label for one in found] == ["Mean of all", "Median of all", "Inverse-error weighted"]
    assert {one.members for one in found} == {("Naive", "Drift", "RNN")}


def test_what_cannot_be_computed_is_refused_before_it_is_queued(bench):
    many = tuple(ModelSpec("naive", f"Naive {number}", {}) for number in range(25))
    with pytest.raises(LimitError, match="there are 25 models, the limit is 24; choose fewer"):
        launched(bench, *many)
    with pytest.raises(
        LimitError, match=r"LSTM would take about [\d,]+ seconds, the limit is 3,600 \(UNROLL_LIMITS_TASK_SECONDS\)"
    ):
        launched(bench, network(epochs=5000, hidden=500), seeds=100, origins=20, refit=True)
    with pytest.raises(
        LimitError, match=r"LSTM would need about [\d,]+ MB, the limit is 1,024 MB \(UNROLL_LIMITS_TASK_MEMORY\)"
    ):
        launched(bench, network(epochs=1, hidden=512, batch=1024), panel=Panel((months(600),)))
    assert bench.store.live_count(None) == (0, 0)


def test_a_metric_that_cannot_be_computed_is_absent_with_its_reason_and_never_nan(bench):
    falls = TimeSeries("steps", months().index, np.array([(2.0 - at // 40) * 10 for at in range(96)]), np.ones(96, bool))
    run_id = launched(bench, *plain("naive"), panel=Panel((falls,)))  # to 0, where a percentage means nothing
    ended(bench, run_id)
    (result,) = bench.results(OWNER, run_id)
    assert result.scores.absent
    assert all(reason for reason in result.scores.absent.values())
    assert all(value == value for value in result.scores.values.values())
    assert not set(result.scores.absent) & set(result.scores.values)


def test_a_link_shows_the_frozen_run_until_it_is_revoked(bench, finished):
    share, token = bench.share(OWNER, finished["run_id"], days=None)
    bench.rename(OWNER, finished["run_id"], "renamed later")
    bench.links.count_view(token)
    assert bench.links.copy(token).title == "sales, next 6"
    assert token not in str(bench.shares(OWNER, finished["run_id"]))
    assert next(one for one in bench.shares(OWNER, finished["run_id"]) if one.id == share.id).views == 1
    bench.revoke(OWNER, share.id)
    with pytest.raises(NotFoundError, match="has expired or was revoked"):
        bench.links.copy(token)


def test_a_link_with_a_passphrase_asks_for_it(bench, finished):
    _, token = bench.share(OWNER, finished["run_id"], passphrase="Zürich 1848")
    with pytest.raises(PassphraseError, match="asks for a passphrase"):
        bench.links.admit(token)
    with pytest.raises(PassphraseError, match="this is not the passphrase"):
        bench.links.admit(token, "zürich 1848")
    bench.links.admit(token, "Zürich 1848")
    assert bench.links.find(token).has_passphrase


def test_a_link_expires_and_days_have_bounds(bench, finished):
    _, token = bench.share(OWNER, finished["run_id"], days=1)
    assert bench.links.copy(token)
    with pytest.raises(NotFoundError):
        bench.store.link(token, datetime.now(UTC) + timedelta(days=1, seconds=1))
    for days in (0, 4000, float("nan")):
        with pytest.raises(ConfigError, match="choose more than 0 and at most 3,650"):
            bench.share(OWNER, finished["run_id"], days=days)


def test_a_link_needs_a_finished_run_and_ends_with_it(bench):
    run_id = launched(bench, network("rnn", epochs=5000, patience=5000))
    with pytest.raises(ConfigError, match="a link needs a finished one"):
        bench.share(OWNER, run_id)
    with pytest.raises(ConfigError, match="cancel it before it is deleted"):
        bench.delete(OWNER, run_id)
    bench.cancel(OWNER, run_id)
    ended(bench, run_id)
    done = launched(bench, *plain("naive"))
    ended(bench, done)
    _, token = bench.share(OWNER, done, includes_data=True)
    assert bench.links.copy(token)
    bench.delete(OWNER, done)
    with pytest.raises(NotFoundError):
        bench.links.copy(token)


def test_a_process_has_one_shared_workbench_from_many_threads_and_after_a_reload(tmp_path):
    found, gate = [], threading.Barrier(8)

    def ask():
        gate.wait()
        found.append(shared(tmp_path / "home"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    try:
        again = importlib.reload(core.workbench)
        assert {id(one) for one in (*found, again.shared(tmp_path / "other"))} == {id(found[0])}
        assert not (tmp_path / "other").exists()
    finally:
        found[0].close()
        del sys.modules["unroll.process"]


def test_an_example_is_understood_without_a_workspace(bench):
    assert len(bench.examples()) >= 3
    assert bench.example("sunspots", Choices()).panel


def test_a_file_with_more_months_is_found_to_continue_and_does_so_once_confirmed(bench):
    def panel(length, *revised):
        values = np.arange(length) * 1.5 + 10
        values[list(revised)] += 0.25
        index = pd.date_range("2020-01-01", periods=length, freq="MS")
        return Panel(
            (TimeSeries("sales", index, values, np.ones(length, bool)), TimeSeries(f"new {length}", index, values, values > 0))
        )

    (first, _) = bench.add_series("continued", panel(24), "shop\x00.csv")
    found = bench.continuation("continued", panel(27, 3, 20), "shop .csv")
    assert [(one.series_id, one.added, one.revised, one.dropped, one.first) for one in found.changes] == [("sales", 3, 2, 0, 3)]
    assert found.apart == ("new 27",)
    assert bench.continuation("continued", panel(24), "shop .csv") is None
    assert bench.continuation(STRANGER, panel(27), "shop .csv") is None
    second, _ = bench.add_series("continued", panel(27, 3, 20), "shop .csv", continues=found)
    records = {one.key: one for one in bench.series("continued")}
    assert (records[first].version, records[second].version, records[second].newest) == (1, 2, 2)
    assert bench.continuation("continued", panel(27, 3, 20), "shop .csv") is None


def test_a_file_of_the_same_name_and_other_steps_continues_nothing(bench):
    values = np.arange(24.0)
    monthly = TimeSeries("sales", pd.date_range("2020-01-01", periods=24, freq="MS"), values, values >= 0)
    daily = TimeSeries("sales", pd.date_range("2020-01-01", periods=24, freq="D"), values, values >= 0)
    far = TimeSeries("sales", pd.date_range("2030-01-01", periods=24, freq="MS"), values, values >= 0)
    bench.add_series("other steps", Panel((monthly,)), "data.csv")
    assert bench.continuation("other steps", Panel((daily,)), "data.csv") is None
    assert bench.continuation("other steps", Panel((far,)), "data.csv") is None
