"""What waiting for a page costs: seconds until it is painted, alone and among many.  `python -m tests.bench.app`

A real server and a real browser; the many visitors speak the server's protocol without a browser. Prints JSON. The browser
runs on the same cores as the server and its workers.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.bench.visitors import together
from tests.browser import driving
from tests.browser.server import Server

SIX = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")
REPEATS = 7
WATCH = """() => { window.unrollDone = new Promise((resolve, reject) => {
  const app = document.querySelector('[data-testid=stApp]'); let began = performance.now();
  setTimeout(() => reject(new Error('nothing happened')), 20000);
  for (const kind of ['pointerdown', 'keydown'])
    window.addEventListener(kind, () => { began = performance.now() }, {once: true, capture: true});
  const watch = new MutationObserver(() => {
    if (app.dataset.testScriptState !== 'notRunning') return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve((performance.now() - began) / 1000)));
  });
  watch.observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}) }"""


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = driving.launched(playwright)
        found = {"cold_first_page_s": cold(browser, Path(folder) / "cold"), "a_title_s": floor(browser, Path(folder))}
        with Server(Path(folder) / "home") as server:
            page = new_page(browser)
            found["one_run"] = one_run(browser, server, page)
            for length in (1_000, 100_000):
                found[f"{length}_points_s"] = interaction(server, new_page(browser), length)
            found["watchers"] = watchers(server, new_page(browser))
        browser.close()
    print(json.dumps(found, indent=1))


def new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(driving.PATIENCE)
    return page


def painted(browser: Browser, address: str, heading: str) -> dict[str, float]:
    """Seconds from asking for an address until its heading stands there, medians.

    new: in a browser that has nothing of Streamlit yet; again: in one that has its files.
    """
    new, again = [], []
    for _ in range(3):
        page = new_page(browser)
        for times in (new, again, again):
            began = time.perf_counter()
            page.goto(address, wait_until="commit")
            page.get_by_role("heading", name=heading).first.wait_for()
            times.append(time.perf_counter() - began)
            driving.settle(page)
        page.context.close()
    return {"new": round(statistics.median(new), 2), "again": round(statistics.median(again), 2)}


def floor(browser: Browser, folder: Path) -> dict[str, float]:
    """The same for a page with nothing but a title: what Streamlit itself takes."""
    script = folder / "title.py"
    script.write_text('import streamlit as st\n\nst.title("A title")\n', encoding="utf-8")
    with Server(folder / "floor", script=script) as server:
        return painted(browser, server.address, "A title")


def cold(browser: Browser, home: Path) -> float:
    """From the command to the first page, on a new home."""
    page, began = new_page(browser), time.perf_counter()
    with Server(home) as server:
        page.goto(server.address, wait_until="commit")
        page.get_by_role("heading", name="Forecast a series").wait_for()
        return round(time.perf_counter() - began, 2)


def one_run(browser: Browser, server: Server, page: Page) -> dict[str, object]:
    """The way from the second visitor to the readers of a link."""
    driving.trained(page, server.address)  # the workers' parent is warm from here on
    found = {"next_visitor_s": painted(browser, server.address, "Forecast a series")}
    driving.use_example(page, server.address)
    driving.click(page, re.compile("Train models"), exact=False)
    driving.choose(page, SIX)
    button = page.get_by_role("button", name="Train 6 models")
    began = time.perf_counter()
    button.click()
    page.get_by_text(re.compile("done in|epoch")).first.wait_for()
    found["click_to_first_progress_s"] = round(time.perf_counter() - began, 2)
    page.get_by_role("button", name="Compare forecasts").wait_for(timeout=90_000)
    found["six_models_click_to_finished_s"] = round(time.perf_counter() - began, 2)
    driving.compare(page)
    link = driving.share(page)
    found["share_s"] = painted(browser, link, "Scores")
    before = cpu(server)
    alone = [together(1, link)[0][0] for _ in range(10)]
    found["share_cpu_ms"] = round(100 * (cpu(server) - before))
    found["share_alone_s"] = round(statistics.median(alone), 3)
    crowd = sorted(taken for taken, _ in together(25, link))
    found["share_25_at_once_p95_s"] = round(float(np.quantile(crowd, 0.95)), 2)
    return found


def interaction(server: Server, page: Page, length: int) -> dict[str, float]:
    """Medians: another page, another setting, another band, another origin."""
    index = pd.date_range("2010-01-01", periods=length, freq="h")
    values = 50 + 10 * np.sin(np.arange(length) * 2 * np.pi / 24) + np.random.default_rng(0).normal(size=length)
    table = pd.DataFrame({"time": index, "load": values.round(3)}).to_csv(index=False).encode()
    driving.upload(page, server.address, "load.csv", table)
    driving.click(page, re.compile("Train models"), exact=False)
    driving.choose(page, ("naive", "drift"))
    driving.start(page)
    driving.finish(page)
    driving.compare(page)
    menu = page.get_by_test_id("stTopNavLinkContainer")
    switches = []
    for name in ("Data", "Compare", "Runs", "Train") * 3:
        switches.append(timed(page, menu.get_by_role("link", name=name, exact=True).click))
        if page.get_by_role("button", name="Set up another run").is_visible():
            driving.click(page, "Set up another run")
    box = driving.keyed(page, "train.card.mean.1.on").locator("label").first
    setting = [timed(page, box.click) for _ in range(REPEATS)]
    driving.go(page, "Compare")
    bands = page.get_by_role("radiogroup", name="Bands")
    band = [timed(page, bands.get_by_role("radio", name=name).click) for name in ("95 %", "80 %", "none") * 3]
    slider = page.get_by_role("slider").first
    slider.focus()
    origin = [timed(page, lambda: page.keyboard.press("ArrowLeft")) for _ in range(REPEATS)]
    found = {"page": switches[4:], "setting": setting, "band": band, "origin": origin}
    return {name: round(statistics.median(times), 3) for name, times in found.items()} | {
        "slowest_page": round(max(switches[4:]), 3)
    }


def timed(page: Page, act: Callable[[], None]) -> float:
    """Seconds from a click or a key until the script has ended and what it sent is painted."""
    page.evaluate(WATCH)
    act()
    found = page.evaluate("window.unrollDone")
    driving.settle(page)
    return found


def watchers(server: Server, page: Page, number: int = 20, seconds: float = 20.0) -> dict[str, float]:
    """The server's share of a core while so many watch one run, and while one does."""
    driving.use_example(page, server.address)
    driving.click(page, re.compile("Train models"), exact=False)
    driving.set_number(page, "Seeds", 20)
    driving.choose(page, ("lstm", "gru"), {"lstm": 10_000, "gru": 10_000})  # more than it takes to look
    driving.start(page)
    expect(page.get_by_text(re.compile(r"epoch \d+")).first).to_be_visible()
    driving.settle(page)
    address = page.evaluate("location.href")
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    page.goto("about:blank")
    found = {}
    for many in (1, number):
        time.sleep(2)
        before, began = cpu(server), time.perf_counter()
        answers = together(many, address, cookie, stay=seconds)
        share = (cpu(server) - before) / (time.perf_counter() - began)
        found |= {f"{many}_share_of_a_core": round(share, 3), f"{many}_questions": sum(asked for _, asked in answers)}
    page.goto(address)
    driving.click(page, "Cancel all")
    return found


def cpu(server: Server) -> float:
    """Seconds of CPU that the server's own process has used; those of its workers are not in it."""
    used = psutil.Process(server.pid).cpu_times()
    return used.user + used.system


if __name__ == "__main__":
    main()
