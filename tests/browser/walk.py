"""A walk through everything that a visitor with one finished run can see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser import driving

VIEWS = ("Error by step", "Significance", "Training", "Table", "Downloads")


class Watch:
    """What a page asks for beside its server, opens or fails at, from now on."""

    def __init__(self, page: Page, address: str) -> None:
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        host = urlsplit(address).netloc
        page.on("request", lambda one: self._asked(one.url, host))
        page.on("websocket", lambda one: self._asked(one.url, host))
        page.on("dialog", lambda one: (self.dialogs.append(one.message), one.dismiss()))
        page.on("pageerror", lambda one: self.errors.append(str(one)))

    def _asked(self, url: str, host: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != host:
            self.foreign.append(url)

    def found(self) -> list[str]:
        return [*self.foreign, *self.dialogs, *self.errors]


def every_page(page: Page, address: str) -> Iterator[str]:
    """Go from page to page, and give the name of each as soon as it has settled."""
    page.goto(address)
    kept = page.locator("[class*='st-key-data-kept-']").get_by_role("button").first
    expect(kept).to_be_visible()
    driving.settle(page)
    yield "data, empty"
    kept.click()
    page.get_by_text("Rows", exact=True).click()
    driving.drawn(page)
    yield "data"
    driving.click(page, re.compile("Train models"), exact=False)
    driving.drawn(page)
    yield "train"
    driving.keyed(page, "train.card.lstm.1.open").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_text("Advanced").click()
    driving.settle(page)
    yield "settings"
    closed(page)
    driving.go(page, "Runs")
    expect(page.get_by_role("button", name="Open").first).to_be_visible()
    yield "runs"
    page.get_by_role("button", name=re.compile("More")).first.click()
    expect(
        page.get_by_role("menuitem").or_(page.get_by_role("option")).or_(page.get_by_text("Duplicate and edit")).first
    ).to_be_visible()
    yield "runs, menu"
    page.get_by_text("Rename", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    driving.settle(page)
    yield "rename"
    closed(page)
    page.get_by_role("button", name="Open").first.click()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    for view in VIEWS:
        page.get_by_role("radiogroup", name="More").get_by_role("radio", name=view).click()
        driving.drawn(page)
        yield f"compare, {view.lower()}"
    link = driving.share(page)
    driving.click(page, re.compile("Share"), exact=False)
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "share"
    closed(page)
    page.goto(link)
    expect(page.get_by_role("heading", name="Scores")).to_be_visible()
    page.get_by_text("What was done").click()
    driving.drawn(page)
    yield "report"
    page.get_by_text("Expert view").click()
    expect(page.get_by_text("Diebold and Mariano").or_(page.get_by_text("nothing to test")).first).to_be_visible()
    driving.settle(page)
    yield "report, expert"
    page.goto(f"{address}/report?share=no")
    expect(page.get_by_role("heading", name="This link shows nothing")).to_be_visible()
    yield "dead link"


def closed(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    driving.settle(page)
