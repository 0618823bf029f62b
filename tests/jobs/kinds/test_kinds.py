"""Kinds of work: bytes to bytes, and one file is all that a new one takes."""

import json

import numpy as np
import pytest

from core.codec import Encoded
from core.errors import ConfigError, DamagedError
from core.evaluation.spec import RunSpec
from core.jobs.kinds.autocorrelation import Autocorrelation
from core.jobs.kinds.base import NEEDS, Kind, Request
from core.jobs.kinds.registry import KINDS, carry_out, kind_of
from core.jobs.planning.limits import JobLimits
from core.jobs.running.inprocess import InProcessExecutor
from core.models.spec import ModelSpec
from core.series.timeseries import Panel
from core.workbench import Workbench
from tests.faults.home import OWNER, months

NEW_KIND = '''
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.jobs.kinds.base import Kind
from core.jobs.planning.cost import Prediction
from core.parameters import param


@dataclass(frozen=True)
class Largest(Kind):
    """The largest value of a series, and the place of it, times a factor."""

    name: ClassVar[str] = "largest"
    factor: float = param(1.0, "Factor", "What it is multiplied by.", low=0.0)

    def compute(self, request, watch):
        (series,) = request.panel
        return f"{series.values.argmax()} {self.factor * series.values.max()}".encode()

    def price(self, request):
        return Prediction(0.01, 1 << 20)
'''


def test_a_request_comes_back_as_it_was_sent():
    spec = RunSpec(("key",), (ModelSpec("ar", "AR 'x'/\u00e9", {"order": 3}), ModelSpec("naive", "N")), 6, season=12)
    outcomes = {"AR 'x'/\u00e9": Encoded(b"summary", b"arrays"), "N": "it failed"}
    weights = {"0/w": np.array([[1.5, -2.0]], np.float32), "0/none": np.empty(0)}
    sent = Request(Panel((months(), months(30, "other"))), spec, "N", outcomes, weights)
    got = Request.decode(sent.encode())
    assert [one.key for one in got.panel] == [one.key for one in sent.panel]
    assert (got.spec, got.label, got.outcomes) == (spec, "N", outcomes)
    assert {name: array.tolist() for name, array in got.weights.items()} == {"0/w": [[1.5, -2.0]], "0/none": []}


def test_a_request_that_is_cut_off_is_damaged():
    content = Request(Panel((months(),))).encode()
    for broken in (content[:-1], content[:20], b"", content + b"x"):
        with pytest.raises(DamagedError):
            Request.decode(broken)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_made_again_from_its_config_and_has_limits_and_words(kind):
    made = kind()
    again = kind_of(kind.name, json.loads(json.dumps(made.config())))
    assert again == made
    assert made.limits(JobLimits()).seconds > 0
    assert made.too_long
    assert made.too_large
    assert kind.needs <= set(NEEDS)


def test_a_name_of_no_kind_is_refused_with_the_names_there_are():
    with pytest.raises(
        ConfigError, match="no kind of work 'acf'; choose from model, finish, autocorrelation, planned, states, diagnostics"
    ):
        kind_of("acf", {})


def test_another_parameter_source_or_version_is_another_answer(monkeypatch):
    digests = [Autocorrelation(lags=4).digest("a"), Autocorrelation(lags=5).digest("a"), Autocorrelation(lags=4).digest("b")]
    monkeypatch.setattr(Autocorrelation, "version", 2)
    digests.append(Autocorrelation(lags=4).digest("a"))
    assert len(set(digests)) == 4


def test_a_kind_that_is_written_in_one_file_is_asked_kept_and_looked_up(tmp_path, monkeypatch):
    (tmp_path / "largest_kind.py").write_text(NEW_KIND)
    monkeypatch.syspath_prepend(str(tmp_path))
    from largest_kind import Largest

    monkeypatch.setitem(KINDS, "largest", Largest)
    series = months()
    with Workbench(tmp_path / "home", {}, executor=InProcessExecutor()) as bench:
        (key,) = bench.add_series(OWNER, Panel((series,)), "sales.csv")
        first = bench.questions.of_series(OWNER, Largest(factor=2.0), key, wait=20)
        assert (first.state, first.content) == ("done", f"{series.values.argmax()} {2 * series.values.max()}".encode())
        monkeypatch.setattr(Largest, "compute", lambda *_: pytest.fail("it was computed before"))
        assert bench.questions.of_series(OWNER, Largest(factor=2.0), key).content == first.content
    with pytest.raises(ConfigError, match=r"largest\.factor is -1\.0; choose a value of at least 0"):
        Largest(factor=-1.0)
    assert isinstance(Largest(), Kind)
    assert carry_out("autocorrelation", {"lags": 2}, Request(Panel((series,))).encode(), lambda _: None)
