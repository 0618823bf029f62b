"""Coverages that are no whole percent: their bands are drawn, and a copy of a run keeps them."""

import pytest

from pages.parts.text import percent
from tests.faults.home import ended, launched, plain
from tests.pages.visiting import sound, turned


@pytest.fixture(scope="module")
def fine(bench):
    """A run with intervals of 92.5 %."""
    run_id = launched(bench, *plain("naive", "drift"), workspace="fine", origins=20, coverages=(0.6, 0.925))
    ended(bench, run_id, 60, "fine")
    return run_id


def banded(at):
    """What the chart says of its bands."""
    return [one for one in ("60 % intervals", "92.5 % intervals") if one in at.get("vega_lite_chart")[0].proto.spec]


@pytest.mark.parametrize("page", ["compare", "report"])
def test_bands_of_92_and_a_half_percent_are_offered_and_drawn(visit, bench, fine, page):
    query = {"share": bench.share("fine", fine, includes_data=True)[1]} if page == "report" else {}
    at = sound(visit(page, "fine", **query))
    bands = next(one for one in at.button_group if one.key == f"{page}.band")
    assert page == "compare" or "coverage_60" in at.dataframe[0].value
    assert (bands.options, banded(at)) == (["none", "60 %", "92.5 %"], ["60 % intervals"])
    sound(bands.set_value(92.5).run())
    assert banded(at) == ["92.5 % intervals"]


def test_the_address_keeps_the_band(visit, fine):
    at = sound(visit("compare", "fine", run=fine, band="92.5"))
    assert banded(at) == ["92.5 % intervals"]
    for text in ("97.5.5", "1e1", "nan", "-60", "60.", "६०", "200"):
        assert banded(sound(visit("compare", "fine", run=fine, band=text))) == ["60 % intervals"], text


def test_a_copy_of_a_run_asks_for_the_coverages_that_it_had(visit, fine):
    at = visit("runs", "fine")
    sound(at.menu_button(f"runs.more.{fine}").click("edit").run())
    pills = next(one for one in at.button_group if one.key == "train.coverages")
    assert pills.options == ["50", "60", "80", "90", "92.5", "95", "99"]
    assert pills.value == [60, 92.5]
    pills.set_value([60])
    sound(turned(at, "train"))
    pills = next(one for one in at.button_group if one.key == "train.coverages")
    assert "92.5" in pills.options
    assert not at.error


@pytest.mark.parametrize(("share", "shown"), [(0.8, "80"), (0.975, "97.5"), (0.683, "68.3"), (0.29, "29"), (0.999, "99.9")])
def test_a_percent_leads_back_to_the_coverage_that_it_was_made_of(share, shown):
    assert f"{percent(share)}" == shown
    assert round(percent(share) / 100, 10) == share
