"""A run goes on when its page is reloaded or closed, and can be resumed when the server was killed."""

import re

from playwright.sync_api import expect

from tests.browser import driving
from tests.browser.server import Server

LONG = {"lstm": 300}
EPOCH = re.compile(r"LSTM · .*epoch \d+")


def long_run(page, address):
    """A run of which the AR is finished and the LSTM computes for a while."""
    driving.use_example(page, address)
    driving.click(page, re.compile("Train models"), exact=False)
    driving.set_number(page, "Seeds", 1)
    driving.choose(page, ("ar", "lstm"), LONG)
    driving.start(page)
    expect(page.get_by_text(re.compile("AR · done in"))).to_be_visible()
    expect(page.get_by_text(EPOCH)).to_be_visible()


def epoch(page):
    return int(re.search(r"epoch (\d+)", page.get_by_text(EPOCH).inner_text()).group(1))


def test_reloading_and_closing_stop_nothing(server, visitor):
    context = visitor()
    page = context.new_page()
    long_run(page, server.address)
    before = epoch(page)
    page.reload()
    expect(page.get_by_text(EPOCH)).to_be_visible()
    assert epoch(page) >= before
    page.close()

    other = context.new_page()
    other.goto(f"{server.address}/runs")
    other.get_by_role("button", name="Watch").click()
    expect(other.get_by_text(EPOCH)).to_be_visible()
    seen = epoch(other)
    other.wait_for_function("seen => Number((document.body.innerText.match(/epoch (\\d+)/) || [0, 1e9])[1]) > seen", arg=seen)
    driving.finish(other)
    expect(other.get_by_text(re.compile("LSTM · done in"))).to_be_visible()
    driving.compare(other)


def test_a_killed_server_leaves_a_run_that_its_page_resumes(browser, visitor, tmp_path):
    server = Server(tmp_path / "home").start()
    try:
        context = visitor()
        page = context.new_page()
        long_run(page, server.address)
        server.kill()
        server.start()
        page.close()
        page = context.new_page()
        page.goto(f"{server.address}/runs")
        expect(page.get_by_text("interrupted", exact=True)).to_be_visible()
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("1 of 2 models had finished")).to_be_visible()
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(EPOCH)).to_be_visible()
        driving.finish(page)
        expect(page.get_by_text(re.compile("LSTM · done in"))).to_be_visible()
        driving.compare(page)
    finally:
        server.stop()
