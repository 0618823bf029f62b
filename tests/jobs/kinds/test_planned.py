"""What a plan can show, asked as work: the values of `core.evaluation.power`, and refusals in words."""

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigError
from core.evaluation.power import power
from core.jobs.kinds.base import Request
from core.jobs.kinds.planned import Planned
from core.progress import Context
from core.series.splits import Timetable
from core.series.timeseries import Panel, TimeSeries


def request():
    values = np.cumsum(np.random.default_rng(4).normal(0, 1, 200)) + 90
    return Request(Panel((TimeSeries("a", pd.RangeIndex(200), values, np.ones(200, bool)),)))


def test_the_answer_is_that_of_the_computation():
    asked = request()
    (series,) = asked.panel
    expected = power(series, Timetable(2, tuple(range(130, 199)), (0,), 1), 3, Context())
    content = Planned(horizon=2, first=130, count=69, stride=1, season=1, networks=3).compute(asked, lambda _: None)
    assert Planned.read(content) == (expected.share, expected.correlation)


def test_origins_beyond_the_series_are_refused():
    with pytest.raises(ConfigError, match="the last origin is 230, beyond the 200 values of series 'a'"):
        Planned(horizon=2, first=200, count=31).compute(request(), lambda _: None)
