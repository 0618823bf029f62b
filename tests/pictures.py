"""Every page in every state, as pictures to look at: light and dark, 1280 and 390 px wide.

`python -m tests.pictures [dark] [390]` writes `.pictures/<page>-<light or dark>-<width>.png`. Two visitors are made
first: one whose runs ended in every way, and one with nothing. Each picture is as tall as its page.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import driving
from tests.browser.server import ROOT, Server

FOLDER = ROOT / ".pictures"
GAPPY = "date;sales;area\n01.01.2023;1.204,5;north\n01.02.2023;1.310,2;north\n01.02.2023;1.302,2;north\n" + "".join(
    f"01.{n % 12 + 1:02d}.{2023 + n // 12};1.{300 + n * 7 % 90},{n % 10};north\n" for n in range(3, 40) if n not in (11, 12)
)
MODELS = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")


class Camera:
    """Takes pictures of one visitor's pages in one look."""

    def __init__(self, browser: Browser, state: dict | None, *, dark: bool, width: int) -> None:
        self.width, self.look = width, f"{'dark' if dark else 'light'}-{width}"
        self.context: BrowserContext = browser.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": width, "height": 900}, storage_state=state
        )
        self.page: Page = self.context.new_page()

    def take(self, name: str) -> None:
        """A picture of the whole page: Streamlit scrolls inside, so the window is made as tall as what is in it."""
        page = self.page
        driving.settle(page)
        tall = page.evaluate("Math.max(900, (document.querySelector('[data-testid=stMain]') || document.body).scrollHeight)")
        page.set_viewport_size({"width": self.width, "height": min(tall, 6000)})
        driving.settle(page)
        page.wait_for_timeout(600)  # charts are painted anew at their new size, and nothing tells when
        page.screenshot(path=FOLDER / f"{name}-{self.look}.png", animations="disabled")
        page.set_viewport_size({"width": self.width, "height": 900})


def main() -> None:
    """Make the visitors, then the pictures."""
    FOLDER.mkdir(exist_ok=True)
    looks = [
        (dark, width)
        for dark, width in itertools.product((False, True), (1280, 390))
        if ("dark" not in sys.argv or dark) and ("390" not in sys.argv or width == 390)
    ]
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "home") as server, sync_playwright() as playwright:
        browser = driving.launched(playwright)
        state, links = everything(browser, server)
        for dark, width in looks:
            for name in pictures(browser, server.address, state, links, dark, width):
                print(name)
        browser.close()


def everything(browser: Browser, server: Server) -> tuple[dict, dict[str, str]]:
    """A visitor whose runs ended in every way, and links to the finished one."""
    context = browser.new_context(viewport={"width": 1280, "height": 1800})
    context.set_default_timeout(driving.PATIENCE)
    page = context.new_page()
    launch(page, server.address, ("ar", "lstm"), {"lstm": 5000}, "Interrupted by the server's end")
    expect(page.get_by_text(re.compile("AR · done"))).to_be_visible()
    server.stop()
    server.start()
    page.goto(server.address)
    launch(page, server.address, ("ar", "lstm", "gru"), {"lstm": 5000}, "Cancelled by hand")
    expect(page.get_by_text(re.compile("AR · done"))).to_be_visible()
    driving.click(page, "Cancel all")
    driving.finish(page)
    launch(page, server.address, ("naive", "ar", "lstm"), {"lstm": 5000}, "One model failed")
    fail(page, server)
    launch(page, server.address, MODELS, {}, "Sunspots, six models")
    driving.finish(page)
    driving.compare(page)
    links = {
        "report": driving.share(page),
        "report without data": driving.share(page, includes=False),
        "passphrase": driving.share(page, "open sesame"),
    }
    state = context.storage_state()
    context.close()
    return state, links


def launch(page: Page, address: str, models: tuple[str, ...], epochs: dict[str, int], title: str) -> None:
    driving.use_example(page, address)
    driving.click(page, re.compile("Train models"), exact=False)
    driving.choose(page, models, epochs)
    page.get_by_role("textbox", name="Title of the run").fill(title)
    driving.start(page)


def fail(page: Page, server: Server) -> None:
    """Kill the workers that compute the network, as the kernel would, until it is given up."""
    import psutil

    over = page.get_by_role("button", name="Compare forecasts")
    for _ in range(60):
        if over.is_visible():
            return
        for one in psutil.Process(server.pid).children(recursive=True):
            busy = page.get_by_text(re.compile(r"LSTM · .*epoch \d+")).is_visible()
            if busy and not one.children() and one.cpu_percent(0.2) > 30:
                one.kill()
        page.wait_for_timeout(300)
    driving.finish(page)


def pictures(browser: Browser, address: str, state: dict, links: dict[str, str], dark: bool, width: int) -> Iterator[str]:
    """Take them all in one look; a page that cannot be reached is told, and the others go on."""
    for steps, known in ((new_visitor, None), (set_up, state), (ended, state), (compared, state), (saved, state)):
        yield from _taken(steps, Camera(browser, known, dark=dark, width=width), address)
    camera = Camera(browser, None, dark=dark, width=width)
    yield from _taken(lambda camera, _: behind(camera, links, address), camera, address)


def _taken(steps: Callable[[Camera, str], Iterator[str]], camera: Camera, address: str) -> Iterator[str]:
    camera.context.set_default_timeout(15_000)
    try:
        for name in steps(camera, address):
            camera.take(name)
            yield f"{name}-{camera.look}"
    except Exception as error:  # the next pictures are worth having
        camera.page.screenshot(path=FOLDER / f"not-reached-{camera.look}.png")
        yield f"!! {camera.look}: {str(error)[:400]}"
    camera.context.close()


def new_visitor(camera: Camera, address: str) -> Iterator[str]:
    page = camera.page
    for path in ("compare", "train", "runs", ""):
        page.goto(f"{address}/{path}")
        yield f"{path or 'data'}-empty"
    _bring(page, "broken.csv", b"this is no table at all\n")
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "data-problem"
    page.goto(address)
    _bring(page, "gaps.csv", GAPPY.encode())
    expect(page.get_by_role("button", name="Train models")).to_be_visible()
    page.get_by_text("All columns").click()
    page.get_by_text("Rows", exact=True).click()
    yield "data-read"


def _bring(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def set_up(camera: Camera, address: str) -> Iterator[str]:
    page = camera.page
    driving.use_example(page, address)
    yield "data-example"
    driving.click(page, re.compile("Train models"), exact=False)
    page.get_by_text("More", exact=True).first.click()
    yield "train-setup"
    driving.keyed(page, "train.card.lstm.1.open").get_by_role("button").click()
    page.get_by_role("dialog").get_by_text("Advanced").click()
    yield "train-settings"
    page.keyboard.press("Escape")
    driving.settle(page)
    driving.set_number(page, "Horizon", 200)
    yield "train-refused"
    driving.set_number(page, "Horizon", 11)
    driving.choose(page, MODELS, {"lstm": 3000})
    page.get_by_role("textbox", name="Title of the run").fill(f"Running, {camera.look}")
    driving.start(page)
    expect(page.get_by_text(re.compile(r"epoch \d+")).first).to_be_visible()
    yield "train-running"
    driving.click(page, "Compare so far")
    yield "compare-running"
    page.go_back()
    driving.click(page, "Cancel all")


def ended(camera: Camera, address: str) -> Iterator[str]:
    page = camera.page
    for title, name in (
        ("Interrupted by the server's end", "interrupted"),
        ("Cancelled by hand", "cancelled"),
        ("One model failed", "failed"),
    ):
        page.goto(f"{address}/runs")
        _card(page, title).get_by_role("button", name="Open").click()
        driving.settle(page)
        yield f"opened-{name}"
        compare = page.get_by_role("button", name="Compare forecasts")
        if compare.is_visible():
            compare.click()
            yield f"compare-{name}"


def _card(page: Page, title: str) -> object:
    open_ = page.get_by_role("button", name="Open")
    cards = page.get_by_test_id("stLayoutWrapper").filter(has_text=title).filter(has=open_)
    expect(cards.first).to_be_visible()
    return cards.last


def compared(camera: Camera, address: str) -> Iterator[str]:
    page = camera.page
    page.goto(f"{address}/runs")
    _card(page, "Sunspots, six models").get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    driving.drawn(page)
    yield "compare"
    for view in ("Significance", "Training", "Table", "Downloads"):
        page.get_by_role("radiogroup", name="More").get_by_role("radio", name=view).click()
        yield f"compare-{view.lower()}"
    page.get_by_role("slider").first.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    yield "compare-replay"
    driving.click(page, re.compile("Share"), exact=False)
    page.get_by_role("dialog").get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("dialog").get_by_test_id("stCode")).to_be_visible()
    yield "compare-share"


def saved(camera: Camera, address: str) -> Iterator[str]:
    page = camera.page
    page.goto(f"{address}/runs")
    expect(page.get_by_role("button", name="Open").first).to_be_visible()
    yield "runs"
    page.get_by_role("button", name=re.compile("More")).first.click()
    yield "runs-menu"
    page.get_by_text("Delete", exact=True).last.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "runs-delete"


def behind(camera: Camera, links: dict[str, str], address: str) -> Iterator[str]:
    page = camera.page
    for name, link in links.items():
        page.goto(link)
        expect(page.get_by_role("heading").first).to_be_visible()
        yield name.replace(" ", "-")
    page.goto(links["report"])
    page.get_by_text("Expert view").click()
    page.get_by_text("What was done").click()
    yield "report-expert"
    page.goto(f"{address}/report?share=nothing")
    expect(page.get_by_role("heading").first).to_be_visible()
    yield "dead-link"


if __name__ == "__main__":
    main()
