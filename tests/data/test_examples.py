import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.data.choices import Choices
from core.data.examples import EXAMPLES, examples_json, load_example
from core.errors import ConfigError
from core.series.timeseries import labels
from tests.data.brought import column, understood

EXPECTED = {  # name: (n, start, end, freq, season, missing)
    "sunspots": (309, "1700-01-01", "2008-01-01", "YS", 11, 0),
    "co2": (2284, "1958-03-29", "2001-12-29", "W-SAT", 52, 59),
    "co2_monthly": (526, "1958-03-01", "2001-12-01", "MS", 12, 5),
    "macro": (203, "1959-01-01", "2009-07-01", "QS", 4, 0),
    "nile": (100, "1871-01-01", "1970-01-01", "YS", 1, 0),
    "elnino": (732, "1950-01-01", "2010-12-01", "MS", 12, 0),
    "ar1": (1000, 0, 999, None, 1, 0),
    "mackey_glass": (1500, 0, 1499, None, 50, 0),
    "threshold_ar": (1000, 0, 999, None, 1, 0),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_what_their_sources_say(name):
    result = load_example(name, Choices())
    (series,) = result.series_json()
    assert tuple(series[field] for field in ("n", "start", "end", "freq", "season", "missing")) == EXPECTED[name]
    assert result.warnings == ()
    assert result.panel.series[0].unit == EXAMPLES[name].unit
    assert result.dialect.kind == "example"


def test_values_are_the_published_ones():
    assert load_example("sunspots", Choices()).panel["sunspots"].values[:3].tolist() == [5, 11, 16]
    assert load_example("nile", Choices()).panel["nile"].values[-1] == 740
    assert load_example("macro", Choices()).panel["macro"].values[0] == 2710.349
    assert load_example("elnino", Choices()).panel["elnino"].values[:2].tolist() == [23.11, 24.2]


def test_a_missing_week_holds_the_value_of_a_year_before():
    (series,) = load_example("co2", Choices()).panel
    dates = labels(series.index)
    gap = dates.index("1964-01-25")
    assert not series.observed[gap]
    assert series.values[gap] == series.values[gap - 52]


def test_monthly_values_are_means_of_the_observed_weeks():
    (series,) = load_example("co2_monthly", Choices()).panel
    assert series.values[0] == pytest.approx(316.1)
    assert series.values[1] == pytest.approx((317.3 + 317.6 + 317.5 + 316.4) / 4)


def test_simulated_series_keep_to_their_formulas():
    chaos = load_example("mackey_glass", Choices()).panel["mackey_glass"].values
    assert (round(chaos.min(), 1), round(chaos.max(), 1)) == (0.4, 1.3)
    leaps = load_example("threshold_ar", Choices()).panel["threshold_ar"].values
    below = leaps[:-1] < -1.5
    assert (leaps[1:][below] > 0).mean() > 0.9  # −1.5 times something below −1.5 is above 2.25, noise apart


def test_a_chosen_season_stands():
    assert load_example("sunspots", Choices(season=10)).panel["sunspots"].season == 10


def test_an_unknown_example_is_refused_with_the_names():
    with pytest.raises(ConfigError, match="there is no example 'sunspot'; there are sunspots, co2, "):
        load_example("sunspot", Choices())


def test_the_listing_is_plain_json():
    listed = examples_json()
    assert json.loads(json.dumps(listed)) == listed
    assert [one["name"] for one in listed] == list(EXPECTED)
    assert set(listed[0]) == {"name", "title", "description", "n", "start", "end", "freq", "season", "unit", "source"}


def test_statsmodels_is_found_and_not_imported():
    code = (
        "import sys; from core.data.examples import examples_json; examples_json();"
        "print([name for name in ('statsmodels', 'scipy', 'torch') if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_sheet_chosen_for_what_has_none_is_said():
    said = 'the sheet "X" was chosen, but only workbooks have sheets; the choice was left out'
    assert said in load_example("nile", Choices(sheet="X")).warnings
    assert said in understood(column("3", "1", "4"), sheet="X").warnings
