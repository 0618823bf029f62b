"""What a person does in the app, as short verbs. Each waits for what it should lead to, never for a time."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

IDLE = """() => { const app = document.querySelector('[data-testid=stApp]'); return app
  && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
  && !document.querySelector('[data-testid=stSkeleton],[data-stale=true]') }"""
TRAIN = re.compile(r"^(play_arrow )?Train \d+ models?$")
PATIENCE = 30_000  # milliseconds
expect.set_options(timeout=PATIENCE)  # a busy machine is no defect


def chromium() -> str | None:
    """Where a chromium is; None where there is none."""
    return next((str(path) for path in (Path("/usr/bin/chromium"),) if path.exists()), shutil.which("chromium"))


def launched(playwright: Playwright) -> Browser:
    """A browser from the system; Playwright's own is not downloaded."""
    return playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"])


def settle(page: Page) -> None:
    """Wait until nothing computes. Just after an action the old state still stands, hence the first wait."""
    page.wait_for_timeout(160)
    page.wait_for_function(IDLE, timeout=PATIENCE)


def click(page: Page, name: str | re.Pattern, *, exact: bool = True) -> None:
    """Press a button, and wait for what it does."""
    page.get_by_role("button", name=name, exact=exact).first.click()
    settle(page)


def go(page: Page, name: str) -> None:
    """Another page, by the menu."""
    page.get_by_test_id("stTopNavLinkContainer").get_by_role("link", name=name, exact=True).click()
    settle(page)


def keyed(page: Page, key: str) -> Locator:
    """The element with this key of the session."""
    return page.locator(f".st-key-{re.sub(r'[^A-Za-z0-9_-]', '-', key)}")


def use_example(page: Page, address: str, name: str = "sunspots") -> None:
    page.goto(address)
    keyed(page, f"data.example.{name}").get_by_role("button").click()
    expect(page.get_by_role("button", name="Train models")).to_be_visible()
    settle(page)


def upload(page: Page, address: str, name: str, content: bytes) -> None:
    page.goto(address)
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}, timeout=PATIENCE
    )
    expect(page.get_by_role("button", name="Train models")).to_be_visible()
    settle(page)


def choose(page: Page, wanted: tuple[str, ...], epochs: dict[str, int] | None = None) -> None:
    """On Train: take part just these models; networks with a number of epochs that they really train."""
    expect(page.get_by_role("button", name=TRAIN)).to_be_visible()  # the last of the page, after all cards
    settle(page)
    for box in page.locator("[class*='st-key-train-card-'][class*='-1-on']").all():
        name = re.search(r"st-key-train-card-(\w+)-1-on", box.get_attribute("class")).group(1)
        if box.get_by_role("checkbox").is_checked() != (name in wanted):
            box.locator("label").first.click()
            settle(page)
    for name, number in (epochs or {}).items():
        set_numbers(page, f"{name}.1", {"Epochs": number, "Patience": number})
    expect(page.get_by_role("button", name=re.compile(rf"Train {len(wanted)} models?$"))).to_be_visible()


def set_numbers(page: Page, card: str, numbers: dict[str, int]) -> None:
    """In the settings of a card: numbers by the beginning of their label."""
    keyed(page, f"train.card.{card}.open").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for label, number in numbers.items():
        field = dialog.get_by_role("spinbutton", name=re.compile(f"^{label}")).first
        if not field.is_visible():
            dialog.get_by_text("Advanced").click()
        field.fill(str(number))
        field.press("Tab")
        settle(page)
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    settle(page)


def set_number(page: Page, label: str, number: int) -> None:
    field = page.get_by_role("spinbutton", name=label).first
    field.fill(str(number))
    field.press("Enter")
    settle(page)


def start(page: Page) -> None:
    """On Train: launch, and wait until the run is watched."""
    page.get_by_role("button", name=TRAIN).click()
    expect(page.get_by_role("button", name=re.compile("^Compare (so far|forecasts)$"))).to_be_visible()


def finish(page: Page) -> None:
    """Wait for the end of the run that is watched."""
    expect(page.get_by_role("button", name="Compare forecasts")).to_be_visible(timeout=90_000)
    settle(page)


def trained(page: Page, address: str, models: tuple[str, ...] = ("naive", "ar"), epochs: dict[str, int] | None = None) -> str:
    """A finished run on the sunspots, compared; its address."""
    use_example(page, address)
    click(page, re.compile("Train models"), exact=False)
    choose(page, models, epochs)
    start(page)
    finish(page)
    compare(page)
    return page.evaluate("location.href")


def compare(page: Page) -> None:
    click(page, "Compare forecasts")
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until the charts are painted."""
    settle(page)
    expect(page.locator("[data-testid=stVegaLiteChart]").locator("canvas, svg.marks").first).to_be_visible()


def share(page: Page, passphrase: str = "", *, includes: bool = True) -> str:
    """On Compare: make a link, and close the dialog."""
    click(page, re.compile("Share"), exact=False)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Make a link")).to_be_visible()
    expect(dialog.get_by_test_id("stCode")).to_have_count(0)  # a link is shown once
    if passphrase:
        dialog.get_by_label("Passphrase (optional)", exact=True).fill(passphrase)
    if not includes:
        dialog.get_by_text("Include the series").click()
    dialog.get_by_role("button", name="Make a link").click()
    code = dialog.get_by_test_id("stCode")
    expect(code).to_be_visible()
    address = code.inner_text().strip()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    settle(page)
    return address


def query(page: Page) -> str:
    """The query of the address, as it stands now."""
    return page.evaluate("location.search")
