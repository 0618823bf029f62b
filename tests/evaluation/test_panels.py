"""What the series of a panel say together: shares won, mean ranks, the interval over series and dates, by hand and by scipy."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, rankdata

from core.codec import decode, encode
from core.evaluation.comparison import compare
from core.evaluation.losses import in_order, without_rounding
from core.evaluation.panels import ALONE, BOTH, across_series, borrowed
from core.evaluation.spec import RunSpec
from core.evaluation.verdict import Pair
from core.models.spec import ModelSpec
from core.stats.resampling import skill_interval
from core.store.codecs.snapshots import decode_comparison, encode_comparison
from tests.evaluation.test_comparison import experiment_of, steps, task

SPEC = RunSpec((), (ModelSpec("ar", "AR"),), 1, season=1, stride=1)
RNG = np.random.default_rng(11)
LOSSES = {"GRU": RNG.uniform(0.6, 1.0, (9, 12)), "AR": RNG.uniform(0.7, 1.3, (9, 12)), "Naive": RNG.uniform(1.1, 2.0, (9, 12))}


def panel_of(table=LOSSES, rival="AR", spec=SPEC, challengers=("GRU",)):
    return across_series(spec, table, list(table), challengers, rival, nothing=1e-9)


def tasks_of(count, origins=5):
    """Two models on many series, the GRU better on all but the first two: one step ahead from few dates."""
    series = tuple(steps(origins, name=f"s{number}") for number in range(count))
    rng = np.random.default_rng(3)
    first = tuple(rng.uniform(0.8, 1.2, (origins, 1)) + (2 if number < 2 else 0) for number in range(count))
    second = tuple(rng.uniform(1.6, 2.0, (origins, 1)) for _ in range(count))
    return experiment_of(*series), [task("GRU", first, *series), task("AR", second, *series)]


def test_mean_ranks_and_their_distance_are_those_of_the_textbook():
    found = panel_of()
    means = np.stack([one.mean(axis=1) for one in LOSSES.values()], axis=1)
    assert list(found.ranks) == list(LOSSES)
    assert list(found.ranks.values()) == pytest.approx(rankdata(means, axis=1).mean(axis=0))
    assert found.distance == pytest.approx(2.343 * math.sqrt(3 * 4 / (6 * 9)), abs=1e-3)  # Demšar 2006, table 5: q(0.05, 3)
    statistic = 12 * 9 / (3 * 4) * (np.square(list(found.ranks.values())).sum() - 3 * 4**2 / 4)  # Friedman's, of mean ranks
    assert statistic == pytest.approx(friedmanchisquare(*means.T).statistic)


def test_a_share_of_series_is_won_and_equal_ones_count_half():
    table = {"GRU": np.ones((8, 6)), "AR": np.ones((8, 6))}
    table["AR"][:3] = 1.5  # won
    table["AR"][3] = 1.0 + 1e-6  # equal to five digits
    table["AR"][4:] = 0.9
    table["GRU"][7] = np.nan  # not in the comparison
    (row,) = panel_of(table).rows
    assert (row.series, row.won) == (7, pytest.approx(3.5 / 7))


def test_the_interval_is_over_series_and_dates_for_all_challengers_at_once():
    one, two = (panel_of(challengers=labels).rows[0] for labels in (("GRU",), ("GRU", "Naive")))
    found = skill_interval(LOSSES["GRU"], LOSSES["AR"], 1)
    assert (one.skill, one.low, one.high, one.over, one.reason) == (found.skill, found.low, found.high, BOTH, "")
    assert one.skill == pytest.approx(1 - LOSSES["GRU"].mean() / LOSSES["AR"].mean())
    assert two.low < one.low < one.skill < one.high < two.high


def test_with_few_dates_the_interval_is_over_series_alone_and_says_so():
    (row,) = panel_of(spec=replace(SPEC, horizon=4)).rows
    assert (row.over, row.low < row.skill < row.high) == (ALONE, True)
    assert row.reason.startswith("an interval over dates needs at least 20, 5 times the 4 that share outcomes")
    a, b = (LOSSES[label].mean(axis=1) for label in ("GRU", "AR"))
    error = math.sqrt(np.square(a / a.mean() - b / b.mean()).sum() / (9 * 8))  # the delta method
    assert math.log((1 - row.low) / (1 - row.high)) / 2 == pytest.approx(2.306 * error, rel=0.12)  # Student's, 8 degrees


def test_fewer_than_five_series_are_no_panel_and_one_model_has_no_rank():
    assert panel_of({label: one[:4] for label, one in LOSSES.items()}) is None
    found = across_series(SPEC, {"AR": LOSSES["AR"]}, ["AR"], nothing=1e-9)
    assert (found.series, found.rows, found.ranks, found.distance) == (9, (), None, None)


def test_an_exact_model_has_a_share_won_and_no_skill():
    (row,) = panel_of(LOSSES | {"AR": np.full((9, 12), 1e-13)}).rows
    assert (row.won, row.skill, row.low) == (0.0, None, None)
    assert row.reason == "AR makes no error, so there is no share of one"


def test_where_a_panel_has_too_few_dates_the_answer_is_over_series_and_dates():
    found = compare(*tasks_of(12))
    (pair,) = found.pairs
    (row,) = found.panel.rows
    assert (pair.low, pair.high, pair.over, pair.p) == (row.low, row.high, BOTH, None)
    assert pair.reason.startswith("the test needs at least 8 scored origins and there are 5")
    assert row.won == pytest.approx(10 / 12)
    assert found.verdict.startswith("GRU ")
    assert "(95 %, over series and dates: " in found.verdict
    assert "nothing says" not in found.verdict
    assert found.reach is None


def test_where_dates_are_enough_the_answer_stays_that_of_the_test():
    found = compare(*tasks_of(12, origins=14))
    (pair,) = found.pairs
    assert (pair.over, pair.reason) == ("", None)
    assert pair.p is not None
    assert "over series" not in found.verdict
    assert found.panel.rows[0].over == BOTH


def test_nothing_is_borrowed_for_models_that_are_equal_or_from_series_alone():
    pair = Pair("GRU", "AR", "loss", 5, skill=0.2, reason="too few")
    panel = panel_of()
    assert borrowed(pair, panel).over == BOTH
    assert borrowed(replace(pair, skill=0.0), panel).low is None
    assert borrowed(pair, replace(panel, rows=(replace(panel.rows[0], over=ALONE),))) is pair
    assert borrowed(pair, None) is pair


def test_a_panel_is_kept_and_older_comparisons_have_none():
    found = compare(*tasks_of(7))
    encoded = encode_comparison(found)
    assert decode_comparison(encoded).panel == found.panel
    fields, arrays = decode(encoded)
    del fields["comparison"]["panel"]
    for pair in fields["comparison"]["pairs"]:
        del pair["over"]
    older = decode_comparison(encode(fields, arrays))
    assert older.panel is None
    assert older.pairs[0].over == ""


def test_scores_that_agree_to_five_digits_stay_in_the_order_of_the_run():
    one = steps()
    first, second, third = (
        task(label, np.full((12, 1), size), one) for label, size in (("GRU", 1.000001), ("AR", 1.0), ("Naive", 1.1))
    )
    assert in_order([third, first, second], "mase") == [first, second, third]
    assert in_order([third, second, first], "mase") == [second, first, third]
    assert without_rounding(np.array([1.000001, 1.1]), np.array([1.0, 1.0]), 0.0).tolist() == [1.0, 1.1]
