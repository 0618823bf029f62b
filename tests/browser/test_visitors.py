"""Whose things they are: a cookie tells visitors apart; without one a workspace lasts for the session, and the page says so."""

import re

from playwright.sync_api import expect

from tests.browser import driving

NO_COOKIES = """Object.defineProperty(Document.prototype, 'cookie', { get: () => '', set: () => {} })"""


def test_two_visitors_do_not_see_each_others_things(server, visitor):
    first, second = visitor().new_page(), visitor().new_page()
    driving.trained(first, server.address, ("naive", "drift"))
    driving.use_example(second, server.address, "nile")
    driving.go(second, "Runs")
    expect(second.get_by_text("There is no run yet")).to_be_visible()
    driving.go(second, "Compare")
    expect(second.get_by_text("There is no run yet")).to_be_visible()
    second.goto(server.address)
    expect(second.get_by_text("Or go on with one of yours")).to_be_visible()
    expect(kept(second)).to_have_text(["nile"])
    first.goto(server.address)
    expect(first.get_by_text("Or go on with one of yours")).to_be_visible()
    expect(kept(first)).to_have_text(["sunspots"])


def kept(page):
    return page.locator("[class*='st-key-data-kept-']").get_by_role("button")


def test_the_cookie_is_a_visitors_own_and_stays(server, visitor):
    context = visitor()
    page = context.new_page()
    driving.use_example(page, server.address)
    page.wait_for_function("document.cookie.includes('unroll_workspace=')")
    (cookie,) = [one for one in context.cookies() if one["name"] == "unroll_workspace"]
    assert re.fullmatch("[A-Za-z0-9_-]{43}", cookie["value"])
    assert cookie["sameSite"] == "Lax"
    again = context.new_page()
    again.goto(server.address)
    expect(again.get_by_text("Or go on with one of yours")).to_be_visible()


def test_without_cookies_a_workspace_lasts_for_the_session_and_the_page_says_so(server, visitor):
    context = visitor()
    context.add_init_script(NO_COOKIES)
    page = context.new_page()
    driving.trained(page, server.address, ("naive", "drift"))
    assert [one for one in context.cookies() if one["name"] == "unroll_workspace"] == []
    driving.go(page, "Runs")
    expect(page.get_by_role("button", name="Open")).to_have_count(1)
    expect(page.get_by_text(re.compile("Your browser keeps no cookies"))).to_be_visible()
    other = context.new_page()
    other.goto(f"{server.address}/runs")
    expect(other.get_by_text("There is no run yet")).to_be_visible()
