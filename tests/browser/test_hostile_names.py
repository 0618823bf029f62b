"""Names that people bring are shown, character by character, and do nothing.

The names are of the kind of the Big List of Naughty Strings (Max Woolf, github.com/minimaxir/big-list-of-naughty-strings).
"""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from core.charts.labels import plain
from tests.browser import driving
from tests.browser.walk import Watch, every_page

NAMES = (
    "<script>alert(1)</script>", "<img src=https://evil.example/a.png onerror=alert(2)>", "<svg/onload=alert(3)>",
    "\"><iframe src=https://evil.example></iframe>", "<a href='javascript:alert(4)'>x</a>", "javascript:alert(5)",
    "[click](javascript:alert(6))", "[click](https://evil.example)", "![pixel](https://evil.example/b.png)",
    "![pixel](https://evil.example/c.png \"t\")", "<https://evil.example>", "https://evil.example/plain", "www.evil.example",
    "me@evil.example", ":smile: :material/delete: :streamlit:", ":red[red] :blue-background[x] :violet-badge[y]",
    "$x^2$ $$\\int$$",
    "# heading", "- item", "> quote", "`code`", "**bold** __it__ ~~gone~~", "| a | b |", "---", "=1+1",
    "=HYPERLINK(\"https://evil.example\")",
    "@SUM(1)", "+cmd|' /C calc'!A0", "'; DROP TABLE run; --", "{{7*7}} ${7*7} <%= 7*7 %>", "%s%n%x %d", "../../etc/passwd",
    "\u202eright to left\u202c", "\u05d0\u05d1\u05d2 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "Z\u0351\u036b\u0343\u036aa\u0316\u0320l\u0348\u033ag\u0334o",
    "\U0001f469\u200d\U0001f52c \U0001f1fa\U0001f1f3 \u2764\ufe0f", "long " + "W" * 400,
    "None", "NaN", "undefined", "datum['x']", "a.b[0]\\c", "\u200b\u2060\ufeff",
)  # fmt: skip
TITLE = "**T** :red[x] ![i](https://evil.example/t.png) <script>alert(7)</script> $y$ [j](javascript:alert(8))"
LABEL = "<b>L</b> ![](//evil.example) :x: $z$"
MADE_BY_NAMES = """[...document.querySelectorAll('[src*="evil" i], [href*="evil" i], [href^="javascript" i], [srcdoc], iframe,'
  + ' .katex, [style*="evil" i], [data-testid=stMain] script, [onerror], [onload]')].map(one => one.outerHTML.slice(0, 200))"""


def table():
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["month", "name", "value"])
    for place, name in enumerate(NAMES):
        rows.writerows([f"{2020 + n // 12}-{n % 12 + 1:02d}", name, (n * 7 + place) % 13 + n] for n in range(40))
    return text.getvalue().encode()


@pytest.fixture
def watched(server, visitor):
    page = visitor().new_page()
    watch = Watch(page, server.address)
    yield page, watch
    assert watch.found() == []


def check(page, place):
    assert page.evaluate(MADE_BY_NAMES) == [], place
    text = page.locator("body").inner_text()
    assert "Something went wrong" not in text, place
    return text.replace("\u2060", "")


def test_hostile_names_are_shown_and_do_nothing(server, watched):
    page, watch = watched
    driving.upload(page, server.address, "naughty.csv", table())
    check(page, "data")
    shown = look_at_some(page, "one of")
    assert len(shown) == 8
    assert shown <= {plain(name, 60) for name in NAMES}

    driving.click(page, re.compile("Train models"), exact=False)
    driving.choose(page, ("naive", "lstm"), {"lstm": 1})
    driving.set_number(page, "Seeds", 1)
    rename_the_model(page)
    page.get_by_role("textbox", name="Title of the run").fill(TITLE)
    assert plain(LABEL, 30) in check(page, "train")
    driving.start(page)
    check(page, "running")
    driving.finish(page)
    assert TITLE[:70] in check(page, "finished")
    for place in every_page(page, server.address):
        text = check(page, place)
        if place.startswith("report"):
            assert TITLE[:70] in text
        if place == "runs":
            assert TITLE[:70] in text
        assert watch.found() == [], place


def rename_the_model(page):
    driving.keyed(page, "train.card.lstm.1.open").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_role("textbox", name="Name in this run")
    field.fill(LABEL)
    field.press("Tab")
    driving.settle(page)
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    driving.settle(page)


def look_at_some(page, label):
    """The headings of eight series, one after the other."""
    seen = set()
    for _ in range(8):
        heading = page.locator("[data-testid=stMain] h2").first
        before = heading.inner_text()
        seen.add(before.replace("\u2060", ""))
        check(page, before)
        page.get_by_role("combobox", name=re.compile(label)).click()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(heading).not_to_have_text(before)
        driving.settle(page)
    return seen
