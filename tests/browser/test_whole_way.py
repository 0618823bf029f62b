"""From a file to a link that somebody else reads, as a person goes it."""

import csv
import io
import math
import re

from playwright.sync_api import expect

from tests.browser import driving
from tests.browser.driving import click, settle

MONTHS = [f"{2012 + n // 12}-{n % 12 + 1:02d}" for n in range(132)]
SALES = [round(200 + n + 40 * math.sin(math.pi * n / 6) + 7 * math.sin(n * n), 1) for n in range(132)]
TABLE = "month,sales\n" + "\n".join(f"{month},{value}" for month, value in zip(MONTHS, SALES, strict=True))


def test_upload_train_compare_replay_download_share_and_revoke(server, visitor):
    page = visitor().new_page()
    driving.upload(page, server.address, "sales.csv", TABLE.encode())
    expect(page.get_by_text("132 monthly values").first).to_be_visible()
    click(page, re.compile("Train models"), exact=False)

    driving.choose(page, ("naive", "ar", "rnn", "lstm"), {"rnn": 3, "lstm": 5000})
    page.get_by_role("textbox", name="Title of the run").fill("Sales of eleven years")
    driving.start(page)
    cancel_the_lstm(page)
    driving.finish(page)
    expect(page.get_by_text(re.compile("LSTM · cancelled"))).to_be_visible()

    driving.compare(page)
    replay(page)
    check_the_download(page)

    link = driving.share(page)
    reader = visitor(dark=True, width=390, height=2400).new_page()
    read(reader, link)
    revoke(page)
    reader.reload()
    expect(reader.get_by_role("heading", name="This link shows nothing")).to_be_visible()


def cancel_the_lstm(page):
    row = page.get_by_test_id("stHorizontalBlock").filter(has_text="LSTM")
    expect(row.get_by_text(re.compile(r"epoch \d+"))).to_be_visible()
    row.get_by_role("button", name="Cancel", exact=True).last.click()


def replay(page):
    """One place to the left: the forecast from the last scored origin, one horizon before the end."""
    before = driving.query(page)
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text(re.compile("12 steps replayed")).first).to_be_attached()
    settle(page)
    page.wait_for_function("before => location.search !== before", arg=before)
    assert re.search(r"\bat=120\b", driving.query(page))


def check_the_download(page):
    page.get_by_role("radio", name="Downloads").click()
    with page.expect_download() as caught:
        page.get_by_role("button", name=re.compile("Forecasts")).click()
    assert caught.value.suggested_filename == "Sales_of_eleven_years_forecasts.csv"
    rows = list(csv.DictReader(io.StringIO(caught.value.path().read_text(encoding="utf-8-sig"))))
    combined = {"Mean of all", "Median of all", "Inverse-error weighted"}
    assert {row["label"] for row in rows} == {"Naive", "AR", "RNN"} | combined
    assert len(rows) == 6 * 12 * 34  # models and their combinations, steps, 33 origins (a third of 132, less 11) and the future
    future = [row for row in rows if row["label"] == "Naive" and not row["origin"]]
    assert [row["ds"] for row in future] == [f"2023-{month:02d}-01" for month in range(1, 13)]
    assert {float(row["point"]) for row in future} == {SALES[-1]}


def read(reader, link):
    reader.goto(link)
    expect(reader.get_by_role("heading", name="Sales of eleven years")).to_be_visible()
    driving.drawn(reader)
    assert reader.get_by_test_id("stTopNavLink").count() == 0
    assert reader.get_by_test_id("stSidebar").count() == 0
    assert reader.get_by_role("link", name="Runs").count() == 0
    assert reader.get_by_role("button", name="Share").count() == 0
    reader.goto(link.partition("/report")[0] + "/runs")
    expect(reader.get_by_text("There is no run yet")).to_be_visible()
    reader.goto(link)
    expect(reader.get_by_role("heading", name="Sales of eleven years")).to_be_visible()


def revoke(page):
    click(page, re.compile("Share"), exact=False)
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog").get_by_text(re.compile("· revoked"))).to_be_visible()


def test_three_clicks_lead_to_a_running_comparison_and_its_end_needs_nothing_more(server, page):
    page.goto(server.address)
    driving.keyed(page, "data.example.sunspots").get_by_role("button").click()  # one
    page.get_by_role("button", name="Train models").click()  # two
    page.get_by_role("button", name="Train 6 models").click()  # three
    expect(page.get_by_text(re.compile(r"\d of 6 models done"))).to_be_visible()
    driving.finish(page)
    expect(page.get_by_text(re.compile("is off by|forecast equally well")).first).to_be_visible()
    driving.compare(page)
    expect(page.get_by_role("heading", name=re.compile("is off by|forecast equally well"))).to_be_visible()
