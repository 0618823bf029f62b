"""The address says what is shown: Back, Forward and a copy of it lead to the same, and to nobody else's."""

import re

from playwright.sync_api import expect

from tests.browser import driving


def state_of(page):
    """What Compare shows: the part of the address, and what its controls say."""
    slider = page.get_by_role("slider").first
    return driving.query(page), slider.get_attribute("aria-valuetext"), band(page)


def band(page):
    return page.get_by_role("radiogroup", name="Bands").get_by_role("radio", checked=True).inner_text()


def with_a_view(page, address):
    """Compare at another origin and band than at first."""
    driving.trained(page, address)
    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text(re.compile("steps replayed")).first).to_be_attached()
    page.get_by_role("radiogroup", name="Bands").get_by_role("radio", name="95 %").click()
    page.wait_for_function("location.search.includes('band=95') && !location.search.includes('at=next')")
    driving.drawn(page)


def test_back_and_forward_keep_series_run_origin_and_band(server, page):
    with_a_view(page, server.address)
    shown = state_of(page)
    driving.go(page, "Data")
    expect(page.get_by_role("heading", name="sunspots")).to_be_visible()
    series = driving.query(page)
    assert series.startswith("?series=")
    driving.go(page, "Train")
    expect(page.get_by_role("button", name=re.compile("Train 2 models|Compare forecasts"))).to_be_visible()

    page.go_back()
    expect(page.get_by_role("heading", name="sunspots")).to_be_visible()
    driving.settle(page)
    assert driving.query(page) == series
    page.go_back()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    driving.drawn(page)
    assert state_of(page) == shown
    page.go_forward()
    expect(page.get_by_role("heading", name="sunspots")).to_be_visible()
    driving.settle(page)
    assert driving.query(page) == series
    page.go_forward()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_hidden()
    driving.settle(page)
    driving.go(page, "Compare")
    driving.drawn(page)
    assert state_of(page) == shown


def test_a_copied_address_gives_the_same_to_its_owner_and_nothing_to_others(server, visitor):
    context = visitor()
    page = context.new_page()
    with_a_view(page, server.address)
    shown, address = state_of(page), page.evaluate("location.href")
    copy = context.new_page()
    copy.goto(address)
    expect(copy.get_by_role("heading", name="Leaderboard")).to_be_visible()
    driving.drawn(copy)
    assert state_of(copy) == shown

    stranger = visitor().new_page()
    stranger.goto(address)
    expect(stranger.get_by_role("alert").first).to_be_visible()
    driving.settle(stranger)
    assert "sunspots" not in stranger.locator("body").inner_text()
    assert stranger.get_by_role("heading", name="Leaderboard").count() == 0


def test_the_address_of_a_series_is_nobody_elses(server, visitor):
    page = visitor().new_page()
    driving.use_example(page, server.address)
    page.wait_for_function("location.search.includes('series=')")
    stranger = visitor().new_page()
    stranger.goto(page.evaluate("location.href"))
    expect(stranger.get_by_role("alert").first).to_be_visible()
    driving.settle(stranger)
    assert stranger.get_by_role("button", name="Train models").count() == 0
