"""What was stored before results had intervals of their own, and comparisons had combinations, is still read."""

import base64
from dataclasses import asdict, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.codec import decode, encode, unpack
from core.errors import ConfigError
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.experiment import finish, run
from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.report.leaderboard import leaderboard, references
from core.report.outcome import fan_lines, of_snapshot
from core.series.ids import encode_ids
from core.series.timeseries import Panel
from core.store.codecs.results import decode_result, encode_result
from core.store.codecs.snapshots import decode_comparison, encode_comparison, freeze, thaw
from core.store.records import RunRecord
from core.windows.settings import DIRECT
from tests.evaluation.test_own_intervals import series

# Written by revision 293a53b, of Naive and Mean on `series()`: horizon 1, origins 2, no coverages.
RESULT = (
    "kQEAAAAAAAB4Xu2US26DMBCG7zJrimz85hC9AEKRAadF5REZkqpC3L1jTBZJdl11gZCQ7Xn9n8f2AufR93aGnCYwzXZ2kEMzDg5w6upxaCbISU"
    "qIkMQIzoxRiuCnE3Dejx7y4dp1CVyst72bnQ/uCQzj7HBUlAn0Y+M6yBcY0AGTD7a9heydrcI6vO9zrHVuP9BxXUNp324JFmgbdLIYgEJdbSeU"
    "WmzzPXAJsn0AwLrT7C4bSueGj/kTh2tSkFSUKKSy9ReqCvFhBZ1rzIhFFrjZ7hpHvUWNWSoS8P0Uh9wIYpSQykhmsgyJbLCQ1GSUiEwyKpQ2XL"
    "EtJpo0N5pJoYUwWhnFsVhvLyFfllLGmVZMUKW0FDKB72ihqWKGMsIZVzqTCLGH0FQwzSXd/5isai2qfUMM3Kvq5xSxd/UFaka6qD9MngBCTzYC"
    "3IZnhBi3G58hwpZFScUrBhojR/ECshW8mx5RQls2liLAlEhjq8kN2KP9GLjmdG8TnoWjT/tR+1d9KtfjMh2X6Xj0Hl7vvz565foLxq39rHhelZ"
    "JNCsIwEIWtK72FBBciA/0xxNBVcSEIggcoRaKNGpS2Nqkg4t2NtkJrA+psHhOGj/dmMup2XnVDkueCS9uxN2x7VFwqO83FXiQS+TcUq2vGkY8W"
    "BCNA8sCeXehFgGKm2Drd7SRXejJ0wCXRXY+0aGyrCnaqw+ZNGLhtnEtg4pl5WSoS9Sdu4gGmZty5YIkSJ96I23Jo8ogpENyAfrFmyEkwTJs5f/"
    "DjmtxMPaCOOWK60Ve58Li+tNlqtaxf1ISkDlBt7j7Q1Su/S6dfaSnDoNRxpaNK3++f/XtuHFjWA+OCtI0="
)
# Written by revision f575afb, of a GRU that gained nothing on a random walk: horizon 1, origins 1, without its weights.
UNLEARNED = (
    "zQIAAAAAAAB4Xu1Uzc7aMBB8lcjnCCWQH8gL9F6pJ4SiTWKI9Tl2ZJvvE0W8e2cduBR6rdQKDsT2eNc7s2NfxdG6iYJo8lT4QEGKRgzWSIGp7K0Z"
    "vGjWq2y3XRdFsV1nWZaXRZ0K6Zx1ojFnrVMxk6NJBul4c5YKY4PEcM/JkzDKpKP+A0shTfLEHvF3VMEnQGVPPiTdJe7SykhyyUxhTEijiCYxNpGz"
    "7cfki3zSa8D6knQy4CyEkElUSKyJ0Z+k1UBBYYp6Agg8Tn+c8zdPP6RC+ZYLNnIQzZG0l6mY7CC1aK7CQC8ofXJn1Kmp41Xx7fsPzCD6UZ1406iG"
    "QZrYGk2XqC6Gwc5W29MFAZCoDbadyFwQ2KlBQVBWgJDufuTgsP+MBmcrdIYAf0aREB7IjIgLkvpRuhYy9crg5GxVItscECSOaDD2fOSiKfBZx4+2"
    "9oNbGieGDaSVf2T10il0n/1DnktpNSHpvZyetDQDwTqPBftJTsF4YBfcmUUij8zLWFuPdTGeO+lYKdYTNbYuOhWUsgpeZIcs4sA7Spoe2AZsOwr9"
    "iOE6FXYOalI/kaURNND0xQWC9nDW3AhWsr/AYNwArWYkY7l42HYsNbMENkNg5Rf5PAqJAf4jBtxuzDmSb/ZXodB2QYsNo835QvA8tvnKtw0ujXX6"
    "IDkB8zOngIrzW7pHFw5w0ePqIJpXuGrkwxFXAcefl9FEIIFrWuJ+4lflu6Isa0jjJv8HBCpHpMjzuirqfJPXCKxxtRHDUL7a5dt8t90V9abeljlD"
    "fqIZULVelbuywGuwK6t6U+GgrwgU9aqqiyLf1sW2zrMK9lgiXgCdouVt+a1oqNhd2kWSO7P98y4IsXB7jS3sgP1Ob4mL4DNBVnepd/9EEdjCcf/E"
    "BdA96hW08HxVJphS56WBC66LeeTQPtoLB737+z/193B7X977u/S+vO/H+d96nA+3X3qwFBZ4XmtgYgCDaqXi1KLM1GJ9A/2kxOTsktTiEv38osz0"
    "zLxiJatqpZSSyoJUJSslTzMTJR2l4oxEEC/aMFZHKSWxJDE+Py2tOLUEqDLaQMcithaoAsOwxOSS0sQcZLPcUM3SwWKahY6hGXbjUhOLcjJTi/CY"
    "Z4nNQEMzoIk4XFiQn5lXQqIDgYbpGJrjcGNhaWJeSWZOKkoIYvgaqzPNge60MEHxOiHnYcYF0AQdQ0sjFFOIcxMWsyyNdIwMDLBHRn4SML7LUlOQ"
    "A8/J398HOalg8ybQQKChhrG1tQqykGTIYAwGgge8ouOMjI0ZDyQ1dxoaG//fr7h8f3xa2rX9OfOTU2bOXLlfqKf48pkzd+yPsAknp6W9239x/UpG"
    "BoYv9lq5lSfPnHkCl9+3scHB2PiwfeyCNX/+/3++H2Le9/11fRNT09IYDugHhP37///3/hMv30+fOfMv3B6Y/TAaop7jgISG9v///xnh9OEV+47O"
    "PM17AEYzAgBXmS+O"
)
COMPARISON = (
    "MwEAAAAAAAB4Xq1QQW7CMBD8ymqlikuEIIAg5tRDj/TSY1VVm2SbrHBs5DVUFeLv3YDSF/RgaTwzXs/OFb9iGiijWxbYxOFESTQGdFdMFI4SOn"
    "Tv+EpyYSzwwBTwo0BtYmJ0OJCO9IkkqfmuSEZO5trw/UGBPqrpSLVGf84MnFJMBQymQrxwAs180gK0Ic8t1D9weH57memDsAEWqLRvj+I9usV8"
    "vSl3u+1mta2qVVUuKpMyZdEsDbpw9t4y/YHPPvphuvn4PcFeun7Ciem+NeaeIbNmCMytAmXwJmXYWRTbuYWYpJNgSmjBzImB7JR7ID2CdQmD2S"
    "YX3qws26+Vxhp+NDOauLGZCrV95EAMjetC/ILFvCqXIArrDTyZbnFh7HCmewjxkYw6sgD5zrsxwz8GnuPt9gv3mK79"
)


def test_a_result_of_before_has_no_intervals_of_its_own():
    found = decode_result(unpack(base64.b64decode(RESULT)))
    (one,) = found.series
    assert found.model == ModelSpec("naive", "Naive")
    assert one.backtest.point.tolist() == [[12], [10]]
    assert (one.own, one.backtest.own, one.held_out, one.length) == (None, None, None, None)
    assert decode(encode_result(found))[1].keys() == decode(unpack(base64.b64decode(RESULT)))[1].keys()


def test_a_network_of_before_that_forecast_by_its_linear_path_alone_says_so_once():
    found = decode_result(unpack(base64.b64decode(UNLEARNED)))
    assert found.notes[0] == (
        "made by an earlier version of Unroll: no epoch was kept in the backtest, and these are forecasts of the linear path, "
        "not of the network"
    )
    assert found.notes[1].startswith("for the backtest, 1 of 1 fits forecast by the linear path alone")
    assert found.series[0].backtest.point.shape == (1, 1)
    assert decode_result(encode_result(found)).notes == found.notes
    assert not decode_result(unpack(base64.b64decode(RESULT))).notes  # nothing was said of a model without such a path


def test_the_settings_of_a_network_of_before_are_told_in_those_of_today():
    stored = decode(unpack(base64.b64decode(UNLEARNED)))[0]["model"]["config"]
    assert (stored["topology"], stored["seasonal_lag"], stored["normalisation"]) == ("one_to_many", False, "series")
    found = decode_result(unpack(base64.b64decode(UNLEARNED))).model
    told = {name: found.config[name] for name in ("topology", "skip", "lags", "seasonal_lag")}
    assert told == {"topology": DIRECT, "skip": "on", "lags": stored["skip"], "seasonal_lag": "no"}
    assert "normalisation" not in found.config
    unchanged = stored.keys() - {*told, "normalisation"}
    assert {name: found.config[name] for name in unchanged} == {name: stored[name] for name in unchanged}
    assert found.build().config().keys() >= found.config.keys()
    assert ModelSpec.of_json(asdict(found)) == found


def test_the_weights_of_a_network_of_before_are_refused_by_name():
    arrays = {"hidden": np.array(16), "network.size": np.array([1.0])}
    with pytest.raises(ConfigError, match=r"^LSTM was trained by an earlier version of Unroll; run it again to look inside$"):
        MODELS["lstm"]().restore(arrays)
    bridge = {"ids": encode_ids(("a",)), "notes": encode_ids(())} | {f"0.{name}": one for name, one in arrays.items()}
    with pytest.raises(ConfigError, match="was trained by an earlier version of Unroll"):
        MODELS["bridge"]().restore(bridge)


def test_a_comparison_of_before_has_no_combinations_and_no_references():
    found = decode_comparison(unpack(base64.b64decode(COMPARISON)))
    assert found.ranking == ("Naive", "Mean")
    assert found.verdict.startswith("Naive forecasts best: its MASE of 0.921 is 45 % below Mean's")
    assert (found.combinations, found.combined, found.references) == ((), None, ())


def test_a_link_of_before_still_opens():
    fields, _ = decode(unpack(base64.b64decode(COMPARISON)))
    copy = {
        "title": "Before", "created": "2031-05-17T12:00:00+00:00", "versions": {}, "data_hash": "h", "results": 1,
        "series": None,
        "spec": RunSpec((), (ModelSpec("naive", "Naive"),), 1, season=1, coverages=()).as_json(),
        "comparison": fields["comparison"] | {"ranking": ["Naive"], "pairs": []},
    }  # fmt: skip
    outcome = of_snapshot(thaw(encode(copy, {"result/0": np.frombuffer(base64.b64decode(RESULT), np.uint8)})), "digest")
    assert leaderboard(outcome)["model"].tolist() == ["Naive"]
    assert references(outcome).empty
    assert outcome.claiming("a") == ()
    assert fan_lines(outcome, "a", None, is_combined=True)[0].point.tolist() == [13]


@pytest.fixture(scope="module")
def computed():
    models = tuple(ModelSpec(name, name.title()) for name in ("naive", "mean", "drift"))
    return run(design(RunSpec((), models, 1, origins=3, season=1, coverages=(0.5,)), Panel((series(),))))


def test_combinations_and_references_survive_to_the_last_bit(computed):
    before = computed.comparison
    after = decode_comparison(encode_comparison(before))
    for name in ("ranking", "score", "pairs", "verdict", "combined", "references"):
        assert getattr(after, name) == getattr(before, name), name
    assert len(after.combinations) == 3
    for one, other in zip(before.combinations, after.combinations, strict=True):
        assert (one.label, one.members, one.weights) == (other.label, other.members, other.weights)
        assert one.result.scores == other.result.scores
        first, second = one.result.series[0], other.result.series[0]
        assert first.forecast.quantiles.tobytes() == second.forecast.quantiles.tobytes()
        for name, array in vars(first.backtest).items():
            np.testing.assert_array_equal(getattr(second.backtest, name), array)


def test_own_intervals_survive_to_the_last_bit(computed):
    (one,) = computed.tasks[0].series
    own = np.array([[0.1, 1e300]]).T * [1.0]
    past = replace(one.backtest, own=np.arange(6.0).reshape(3, 2, 1) / 7)
    claiming = replace(computed.tasks[0], series=(replace(one, own=own, backtest=past),))
    (again,) = decode_result(encode_result(claiming)).series
    assert (again.own.tobytes(), again.backtest.own.tobytes()) == (own.tobytes(), past.own.tobytes())
    assert again.length == one.length == 10


def test_points_that_were_held_out_survive_where_nothing_was_scored():
    models = tuple(ModelSpec(name, name.title()) for name in ("naive", "drift"))
    found = run(design(RunSpec((), models, 1, origins=0, season=1), Panel((series(),))))
    stored = [decode_result(encode_result(task)) for task in found.tasks]
    for one, other in zip(found.tasks, stored, strict=True):
        assert one.series[0].held_out.tobytes() == other.series[0].held_out.tobytes()
        assert (other.series[0].backtest, other.scores) == (None, None)
    again, before = finish(found.experiment, stored).combinations[-1], found.comparison.combinations[-1]
    assert again.weights == before.weights
    assert decode_comparison(encode_comparison(found.comparison)).combinations[-1].result.scores is None


def test_what_was_stored_and_read_is_finished_alike(computed):
    """The last task of a run computes from results that were stored; so does a retry."""
    stored = [decode_result(encode_result(task)) for task in computed.tasks]
    again = finish(computed.experiment, stored)
    for one, other in zip(computed.comparison.combinations, again.combinations, strict=True):
        assert one.result.series[0].forecast.point.tobytes() == other.result.series[0].forecast.point.tobytes()
        assert one.weights == other.weights


def test_a_link_keeps_the_combinations(computed):
    created = datetime(2031, 5, 17, tzinfo=UTC)
    record = RunRecord("r", "T", created, "done", computed.experiment.spec, {}, "h", (), ())
    snapshot = thaw(freeze(record, computed.tasks, computed.comparison, None))
    assert [one.label for one in snapshot.comparison.combinations] == [one.label for one in computed.comparison.combinations]
    lines = fan_lines(of_snapshot(snapshot, "digest"), "a", 7, is_combined=True)
    assert [line.label for line in lines[3:]] == ["Mean of all", "Median of all", "Inverse-error weighted"]
