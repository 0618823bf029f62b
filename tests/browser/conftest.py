"""A real server and a real browser. Where no chromium is, these tests are left out, or fail if UNROLL_REQUIRE_BROWSER is 1."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.browser import driving
from tests.browser.server import Server


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Of a module and not of the session: while Playwright runs, no other test could run an event loop."""
    if driving.chromium() is None:
        (pytest.fail if os.environ.get("UNROLL_REQUIRE_BROWSER") == "1" else pytest.skip)("there is no chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = driving.launched(playwright)
        yield found
        found.close()


@pytest.fixture(scope="module")
def server(browser, tmp_path_factory) -> Iterator[Server]:
    """One for the tests of a module: every context is another visitor, who sees nothing of the others."""
    with Server(tmp_path_factory.mktemp("server") / "home") as running:
        yield running


@pytest.fixture
def visitor(browser) -> Iterator[Callable]:
    """Makes a visitor: a context with cookies of its own. `visitor(dark=True, width=390)`."""
    contexts = []

    def make(*, dark: bool = False, width: int = 1280, height: int = 1400, **more: object) -> object:
        scheme = "dark" if dark else "light"
        contexts.append(browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height}, **more))
        contexts[-1].set_default_timeout(driving.PATIENCE)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(visitor) -> object:
    """A page of a new visitor."""
    return visitor().new_page()
