"""The command line as other programs use it: what is on which stream, and how it ends."""

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.__main__ import main
from core.jobs.planning.cost import REFERENCE_PROBE

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"  # files that once ended a comparison
QUICK = ("--set", "lstm.epochs=2", "--set", "lstm.hidden=4", "--seeds", "1")


def command(*arguments, cwd=ROOT):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole = [sys.executable, "-m", "core", *map(str, arguments)]
    return subprocess.run(whole, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def sales(tmp_path):
    time_, noise = np.arange(60), np.random.default_rng(4).normal(0, 1, 60)
    frame = pd.DataFrame({
        "month": pd.date_range("2015-01-01", periods=60, freq="MS").strftime("%Y-%m"),
        "sales": (40 + 0.5 * time_ + 6 * np.sin(time_ * np.pi / 6) + noise).round(3),
        "price": (9 + 0.1 * (time_ % 7)).round(2),
    })  # fmt: skip
    path = tmp_path / "sales.csv"
    frame.to_csv(path, index=False)
    return path


def test_models_are_listed_with_everything_a_form_needs(capsys):
    assert main(["models"]) == 0
    models = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert list(models) == [
        "naive", "seasonal_naive", "mean", "drift", "ar", "linear", "arima", "ets", "theta",
        "feedforward", "rnn", "lstm", "gru", "encoder_decoder", "bridge",
    ]  # fmt: skip
    assert (models["gru"]["family"], models["gru"]["scope"]) == ("recurrent", "panel")
    hidden = next(one for one in models["lstm"]["parameters"] if one["name"] == "hidden")
    assert set(hidden) == {"name", "label", "help", "default", "unit", "low", "high", "step", "choices"}
    assert (hidden["low"], hidden["high"]) == (1, 512)


def test_examples_are_listed(capsys):
    assert main(["examples"]) == 0
    names = {one["name"] for one in json.loads(capsys.readouterr().out)}
    assert names >= {"sunspots", "co2", "co2_monthly", "macro", "nile", "elnino", "ar1", "mackey_glass", "threshold_ar"}


def test_inspect_tells_what_was_understood(sales, capsys):
    assert main(["inspect", str(sales), "--target", "sales"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"dialect", "columns", "series", "repairs", "warnings"}
    assert answer["series"] == [
        {"id": "sales", "n": 60, "start": "2015-01-01", "end": "2019-12-01", "freq": "MS", "season": 12,
         "missing": 0, "duplicates": 0}
    ]  # fmt: skip


def test_the_weekly_co2_series_has_its_59_gaps(capsys):
    assert main(["inspect", "example:co2"]) == 0
    (series,) = json.loads(capsys.readouterr().out)["series"]
    assert (series["n"], series["missing"], series["freq"]) == (2284, 59, "W-SAT")


def test_compare_prints_the_promised_fields_and_nothing_else_on_standard_output(sales, tmp_path):
    done = command(
        "compare", sales, "--target", "sales", "--horizon", "6", "--origins", "4", "--models", "naive,ar,lstm", *QUICK,
        "--forecasts", tmp_path / "all.parquet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) >= {"spec", "series", "models", "significance", "certificate", "versions", "seconds"}
    assert [model["state"] for model in answer["models"]] == ["done"] * 3
    lstm = answer["models"][2]
    assert set(lstm) >= {
        "name", "label", "state", "error", "seconds", "parameters", "scores", "seed_scores", "by_step", "backtest",
        "forecast", "log",
    }  # fmt: skip
    assert set(lstm["scores"]) >= {
        "mae", "rmse", "mase", "rmsse", "smape", "wape", "bias", "crps", "coverage_80", "width_80", "winkler_80"
    }  # fmt: skip
    assert lstm["backtest"]["origins"] == [51, 52, 53, 54]
    assert lstm["forecast"]["index"][0] == "2020-01-01"
    assert len(lstm["by_step"]["mae"]) == 6
    assert answer["spec"]["models"][2]["config"]["epochs"] == 2
    table = pd.read_parquet(tmp_path / "all.parquet")
    combined = {one["label"]: one["name"] for one in answer["combinations"]}
    assert combined == {
        "Mean of all": "combination_mean", "Median of all": "combination_median",
        "Inverse-error weighted": "combination_inverse",
    }  # fmt: skip
    assert table.groupby("label").name.first().to_dict() == {"Naive": "naive", "AR": "ar", "LSTM": "lstm"} | combined
    assert len(table) == (3 + 3) * (4 + 1) * 6
    at = table[(table.origin == 52) & (table.step == 2)].set_index("label")
    members = at.loc[["Naive", "AR", "LSTM"], "point"]
    assert at.point["Mean of all"] == pytest.approx(members.mean(), rel=1e-12)
    assert at.point["Median of all"] == pytest.approx(members.median(), rel=1e-12)
    final = table[table.origin.isna()]
    assert (final["q0.1"] < final.point).all()
    assert (final.point < final["q0.9"]).all()
    assert at["q0.1"].isna().all()  # no errors were known then


def test_the_same_command_gives_the_same_numbers_in_a_fresh_process(sales):
    arguments = ("compare", sales, "--target", "sales", "--horizon", "6", "--origins", "2", "--models", "lstm", *QUICK)
    first, second = (json.loads(command(*arguments).stdout)["models"][0] for _ in range(2))
    assert first["scores"] == second["scores"]
    assert first["forecast"] == second["forecast"]


def test_without_origins_there_is_only_a_forecast_with_intervals(sales, capsys):
    assert main(["compare", str(sales), "--target", "sales", "--horizon", "3", "--origins", "0", "--models", "drift"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["scores"], model["backtest"]) == ({}, None)
    assert model["forecast"]["levels"] == [0.025, 0.1, 0.5, 0.9, 0.975]


def test_the_forecasts_without_origins_are_those_of_the_result(sales, tmp_path, capsys):
    asked = ["--horizon", "3", "--origins", "0", "--models", "naive,drift", "--forecasts", str(tmp_path / "all.parquet")]
    assert main(["compare", str(sales), "--target", "sales", *asked]) == 0
    answer = json.loads(capsys.readouterr().out)
    table = pd.read_parquet(tmp_path / "all.parquet")
    assert table.origin.isna().all()
    told = {one["label"]: one["forecast"]["point"] for one in (*answer["models"], *answer["combinations"])}
    assert {label: rows.point.tolist() for label, rows in table.groupby("label")} == told


def not_json(constant):
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize(
    ("name", "models", "horizon", "verdict"),
    [
        ("exact_straight_line", "naive,seasonal_naive,drift", 5, "Drift is off by 100 % less than Seasonal naive here"),
        ("policy_rate_flat_lately", "naive,seasonal_naive,ar", 7, "Naive and Seasonal naive forecast equally well"),
    ],
)
def test_a_model_without_any_error_is_best_and_the_comparison_ends_well(name, models, horizon, verdict, capsys):
    asked = ["compare", str(CASES / f"{name}.csv"), "--models", models, "--horizon", str(horizon), "--origins", "8"]
    assert main(asked) == 0
    result = json.loads(capsys.readouterr().out, parse_constant=not_json)
    assert result["verdict"].startswith(verdict)
    assert result["combined"].startswith(f"No combination beats {result['ranking'][0]}")
    assert all(one["low"] is None and one["reason"] for one in result["significance"] if one["skill"] is None)


def test_a_terminal_sees_a_bar_and_a_file_does_not(sales):
    import pty

    arguments = ("compare", str(sales), "--target", "sales", "--horizon", "3", "--models", "naive,lstm", *QUICK)
    main_end, other_end = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "core", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=other_end, check=True, timeout=60
    )
    assert "LSTM" in os.read(main_end, 65536).decode()
    os.close(other_end)
    os.close(main_end)
    assert json.loads(done.stdout)
    assert command(*arguments).stderr == ""


def test_the_result_goes_to_a_file_when_asked(sales, tmp_path, capsys):
    place = tmp_path / "result.json"
    assert main(["compare", str(sales), "--target", "sales", "--horizon", "3", "--models", "mean", "--out", str(place)]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(place.read_text())["models"][0]["name"] == "mean"


@pytest.mark.parametrize(("preset", "seeds", "hidden"), [("quick", 1, 16), ("thorough", 5, 96)])
def test_a_preset_comes_before_what_is_set(sales, capsys, preset, seeds, hidden):
    arguments = ("--target", "sales", "--horizon", "6", "--origins", "1", "--models", "naive,lstm", "--set", "lstm.epochs=1")
    assert main(["compare", str(sales), *arguments, "--preset", preset]) == 0
    spec = json.loads(capsys.readouterr().out)["spec"]
    lstm = spec["models"][1]["config"]
    assert (spec["seeds"], lstm["hidden"], lstm["epochs"]) == (seeds, hidden, 1)
    assert spec["certify"] is (preset == "thorough")
    assert main(["compare", str(sales), *arguments, "--preset", preset, "--seeds", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["seeds"] == 2


def test_a_certificate_is_part_of_the_result_where_it_is_asked_for(sales, capsys):
    asked = ("--target", "sales", "--past", "price", "--horizon", "3", "--origins", "4", "--models", "naive,linear")
    assert main(["compare", str(sales), *asked]) == 0
    assert json.loads(capsys.readouterr().out)["certificate"] is None
    assert main(["compare", str(sales), *asked, "--certify"]) == 0
    found = json.loads(capsys.readouterr().out)["certificate"]
    assert list(found) == ["Naive", "Linear"]
    assert list(found["Naive"]) == ["origin", "moment", "checked", "is_same", "first_difference", "digest", "date"]
    assert found["Linear"]["is_same"] is True
    assert 1 <= found["Linear"]["checked"] <= 4
    assert found["Naive"]["digest"] != found["Linear"]["digest"]


def test_the_best_guess_chooses_the_models_and_nothing_else(sales, capsys):
    arguments = ("--target", "sales", "--horizon", "6", "--origins", "1", "--preset", "best-guess", "--set", "lstm.epochs=1")
    assert main(["compare", str(sales), *arguments]) == 0
    answer = json.loads(capsys.readouterr().out)
    names = [one["name"] for one in answer["models"]]
    assert set(names) - {"linear"} == {"ets", "theta", "lstm"}
    assert answer["combinations"][0]["members"] == [one["label"] for one in answer["models"]]
    assert answer["spec"]["seeds"] == 3
    assert main(["compare", str(sales), *arguments, "--models", "naive,lstm"]) == 2
    assert "--preset best-guess chooses the models itself; leave --models out" in capsys.readouterr().err


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (300 << 20))


BAD_FILES = {
    "empty.csv": (b"", "empty"),
    "header.csv": (b"date,y\n", "no data"),
    "text.csv": (b"date,y\n2020-01-01,3\n2020-01-02,oops\n2020-01-03,5\n2020-01-04,4\n", r"line 3.*oops"),
    "two.csv": (b"date,y\n2020-01-01,3\n2020-01-02,4\n", "2 observations"),
    "picture.csv": (PNG, "PNG"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("verb", [("inspect",), ("compare", "--horizon", "2", "--target", "y")])
def test_a_bad_file_ends_with_2_and_one_sentence(name, verb, tmp_path, capsys):
    content, words = BAD_FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    start = time.monotonic()
    assert main([verb[0], str(path), *verb[1:]]) == 2
    assert time.monotonic() - start < 5
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert pd.Series([told.err]).str.contains(words).all(), told.err


def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path):
    path = tmp_path / "bomb.xlsx"
    bomb(path)
    assert path.stat().st_size < 1 << 20
    start = time.monotonic()
    done = command("inspect", path)
    assert time.monotonic() - start < 5
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "300" in done.stderr


def test_a_file_over_the_cap_is_refused_unread(tmp_path, monkeypatch, capsys):
    path = tmp_path / "large.csv"
    path.write_bytes(b"date,y\n" + b"2020-01-01,3\n" * 200)
    monkeypatch.setenv("UNROLL_LIMITS_BYTES", "1000")
    assert main(["inspect", str(path)]) == 2
    assert "the limit is 1,000 bytes" in capsys.readouterr().err


def test_a_time_budget_lowers_epochs_by_prediction_and_writes_nothing(sales, tmp_path, capsys, monkeypatch):
    """A machine as fast as that of the constants, which nobody else uses."""
    monkeypatch.setattr("core.__main__.crowding", lambda: 1.0)
    monkeypatch.setattr("core.jobs.planning.cost.probe", lambda: REFERENCE_PROBE)
    monkeypatch.setenv("UNROLL_HOME", str(tmp_path / "home"))
    long = ("--set", "lstm.epochs=5000", "--set", "lstm.patience=5000", "--set", "lstm.hidden=4", "--seeds", "1")
    arguments = ("compare", str(sales), "--target", "sales", "--horizon", "6", "--models", "naive,lstm", *long)
    assert main([*arguments, "--time-budget", "5"]) == 0
    told = capsys.readouterr()
    epochs = json.loads(told.out)["spec"]["models"][1]["config"]["epochs"]
    assert 1 <= epochs < 100
    assert f"to keep 5 seconds, LSTM trains {epochs} of 5000 epochs" in told.err
    assert list(tmp_path.iterdir()) == [sales]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--horizon", "6", "--models", "lstn"], "there is no model 'lstn'; did you mean lstm?"),
        (["--horizon", "6", "--set", "lstm.hiden=3"], "lstm has no setting 'hiden'; choose one of hidden, segment"),
        (["--horizon", "6", "--set", "lstm.hidden=lots"], "lstm.hidden is 'lots'; give a whole number from 1 to 512"),
        (["--horizon", "6", "--set", "lstm.dropout=2"], "lstm.dropout is 2.0; choose a value from 0 to 0.9"),
        (["--horizon", "6", "--set", "hidden=2"], "write MODEL.SETTING=VALUE"),
        (["--horizon", "0"], "horizon is 0; choose a whole number from 1"),
        (["--horizon", "six"], "argument --horizon: 'six' is not a whole number"),
        (["--horizon", "70"], "series 'sales' has 60 points, too few: Feed-forward needs 144 to train on with horizon 70"),
        (["--horizon", "6", "--set", "lstm.lookback=55", "--models", "lstm"], "lstm.lookback is 55; 54 training points"),
        (["--horizon", "6", "--coverage", "99"], "coverage 99 % needs 99 past errors; series 'sales' has 1"),
        (["--horizon", "6", "--coverage", "a"], "'a' is not a list of percentages"),
        (["--horizon", "6", "--coverage", "0.8"], "'0.8' is not a list of percentages from 1 to below 100; write 80,95"),
        (["--horizon", "6", "--coverage", "100"], "'100' is not a list of percentages"),
        (["--horizon", "6", "--out", "/"], "--out / is a folder; name a file in it"),
        (["--horizon", "6", "--out", "x.json", "--forecasts", "x.json"], "--out and --forecasts are the same file"),
        (["--horizon", "6", "--season", "57", "--models", "seasonal_naive"], "or choose a shorter season"),
        (["--horizon", "6", "--time-budget", "-1"], "'-1' is not a number of seconds above 0"),
        (["--horizon", "6", "--time-budget", "1"], "a time budget of 1 second is too short: even with one epoch a network"),
        (["--horizon", "6", "--models", "ar,ar"], "--models names ar twice; name each model once"),
        (["--horizon", "6", "--device", "tpu"], "invalid choice: 'tpu'"),
        (["--horizon", "6", "--preset", "fast"], "invalid choice: 'fast'"),
        (["--horizon", "6", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["--horizon", "6", "--out", "nowhere/at/all.json"], "does not exist"),
        ([], "the following arguments are required: --horizon"),
    ],
)
def test_a_bad_option_ends_with_2_and_one_sentence(arguments, words, sales, capsys):
    assert main(["compare", str(sales), "--target", "sales", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert len(told.err.splitlines()) == 1


def test_the_table_is_never_written_over(sales, capsys):
    before = sales.read_bytes()
    assert main(["compare", str(sales), "--target", "sales", "--horizon", "3", "--out", str(sales)]) == 2
    assert "--out and SOURCE are the same file" in capsys.readouterr().err
    assert sales.read_bytes() == before


def test_a_constant_series_and_an_unknown_column_are_refused(tmp_path, sales, capsys):
    flat = tmp_path / "flat.csv"
    flat.write_text("date,y\n" + "".join(f"2020-01-{day:02},5\n" for day in range(1, 31)))
    assert main(["compare", str(flat), "--horizon", "3"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "series 'y' is constant: all 30 values are 5" in line
    assert main(["inspect", str(sales), "--target", "profit"]) == 2
    assert "profit" in capsys.readouterr().err
    assert main(["compare", "example:moon", "--horizon", "3"]) == 2
    assert "sunspots" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "missing.csv")]) == 2
    assert "missing.csv" in capsys.readouterr().err


def work(home, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "UNROLL_HOME": str(home)}
    whole = [sys.executable, "-m", "core", "work", *map(str, arguments)]
    return subprocess.run(whole, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_work_gives_the_numbers_of_compare_and_ends_with_scores_and_verdict(sales, tmp_path):
    arguments = (sales, "--target", "sales", "--horizon", "6", "--origins", "4", "--models", "naive,ar,lstm", *QUICK)
    done = work(tmp_path / "home", *arguments)
    assert done.returncode == 0
    assert done.stderr.strip() == "coverage 95 % needs 19 past errors; series 'sales' has 4, so that interval is left out"
    events = [json.loads(line) for line in done.stdout.splitlines()]
    compared = json.loads(command("compare", *arguments).stdout)
    assert (events[0]["state"], events[-1]["state"]) == ("accepted", "done")
    assert events[-1]["scores"] == {model["label"]: model["scores"] for model in compared["models"]}  # bit for bit
    assert events[-1]["verdict"] == compared["verdict"]


def test_work_says_by_its_exit_that_a_run_failed(sales, tmp_path):
    diverging = ("--models", "lstm", "--set", "lstm.learning_rate=1000000", *QUICK)
    done = work(tmp_path / "home", sales, "--target", "sales", "--horizon", "6", *diverging)
    assert done.returncode == 2
    assert "the run failed: LSTM: LSTM diverged" in done.stderr
    refused = work(tmp_path / "home", sales, "--horizon", "6", "--resume", "nothing")
    assert (refused.returncode, "give no SOURCE" in refused.stderr) == (2, True)
