"""Addresses of many series and of long names: short enough to be sent, and they lead back to the same."""

from urllib.parse import parse_qsl, urlencode

import pytest

from core.series.timeseries import Panel
from pages.parts import state
from tests.faults.home import ended, launched, months, plain
from tests.pages.visiting import read, sound

MOST = 200
MANY = 120


def panel(count=MANY, first=0, name="series {}"):
    return Panel(tuple(months(40, name.format(number), number) for number in range(first, first + count)))


def written(at):
    """state.address() of a session, asked of its own values."""
    values = {key: at.session_state[key] for key in at.session_state}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state.st, "session_state", values)
        return state.address()


def at_hand(at):
    return set(at.session_state["series"].split("."))


def visited(visit, page, workspace, keys):
    """A session with these series at hand."""
    at = visit(page, workspace)
    at.session_state["series"] = ".".join(keys)
    return sound(at.run())


@pytest.mark.parametrize("page", ["data", "train"])
def test_the_address_of_a_panel_is_short_and_brings_all_of_it_back(visit, bench, page):
    keys = bench.add_series("many series", panel(), "shop.csv")
    bench.add_series("many series", panel(3, MANY), "other.csv")
    address = written(visited(visit, page, "many series", keys))
    assert len(address) <= MOST
    again = sound(visit(page, "many series", **dict(parse_qsl(address))))
    assert at_hand(again) == set(keys)
    assert written(again) == address
    assert f"**{MANY} series**" in read(again)


def test_an_old_address_with_the_keys_of_all_series_still_opens(visit, bench):
    keys = bench.add_series("old address", panel(), "shop.csv")
    again = sound(visit("train", "old address", series=".".join(key[:10] for key in keys)))
    assert again.session_state["series"] == ".".join(keys)
    assert len(written(again)) <= MOST


def test_the_newest_series_of_a_file_that_was_brought_twice_are_found(visit, bench):
    before = bench.add_series("twice", panel(6), "shop.csv")
    longer = Panel(tuple(months(41, one.id, number) for number, one in enumerate(panel(6))))
    after = bench.add_series("twice", longer, "shop.csv")
    mixed = (*after[:3], *bench.add_series("twice", panel(3, 50), "shop.csv"))
    for keys, finds in ((before, True), (after, True), (mixed, False)):
        again = sound(visit("data", "twice", **dict(parse_qsl(written(visited(visit, "data", "twice", keys))))))
        assert (at_hand(again) == set(keys)) is finds
        assert bool(again.error) is not finds


def test_the_digest_of_somebody_elses_series_opens_nothing(visit, bench):
    keys = bench.add_series("somebody", panel(), "shop.csv")
    address = dict(parse_qsl(written(visited(visit, "train", "somebody", keys))))
    stranger = sound(visit("train", "stranger", **address))
    assert "is not here; it may have been deleted" in read(stranger)
    assert "series 1" not in read(stranger)


@pytest.fixture(scope="module")
def many(bench):
    """A finished run of some series with long names, in another order than they were kept."""
    shops = panel(8, name="Überschüsse über Österreichs Flüsse " * 3 + "{}").series
    run_id = launched(bench, *plain("naive"), workspace="long", panel=Panel(shops[::-1]))
    ended(bench, run_id, 60, "long")
    return run_id


def test_the_address_of_a_panels_run_needs_no_series(visit, bench, many):
    keys = bench.progress("long", many).spec.series
    live = sound(visit("train", "long", live=many))
    assert written(live) == urlencode({"live": many})
    assert live.session_state["series"] == ".".join(keys)
    found = sound(visit("compare", "long", run=many))
    assert found.session_state["series"] == ".".join(keys)
    again = sound(visit("train", "long", **dict(parse_qsl(written(visited(visit, "train", "long", keys))))))
    assert again.session_state["series"] == ".".join(keys), "the order of a run is kept"


def test_a_series_with_a_long_name_is_looked_at_again_by_a_short_address(visit, many):
    at = sound(visit("compare", "long", run=many))
    name = at.selectbox("compare.series").options[5]
    sound(at.selectbox("compare.series").set_value(name).run())
    address = written(at)
    assert len(address) <= MOST
    assert sound(visit("compare", "long", **dict(parse_qsl(address)))).selectbox("compare.series").value == name
    assert sound(visit("compare", "long", run=many, of=name)).selectbox("compare.series").value == name
