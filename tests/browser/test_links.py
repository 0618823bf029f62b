"""A link may be the first address that a server is ever asked for."""

from playwright.sync_api import expect

from tests.browser import driving
from tests.browser.server import Server


def test_a_cold_server_answers_a_link_with_the_report_and_nothing_around_it(browser, visitor, tmp_path):
    with Server(tmp_path / "home") as server:
        owner = visitor().new_page()
        driving.trained(owner, server.address, ("naive", "drift"))
        link = driving.share(owner)
        locked = driving.share(owner, "open sesame", includes=False)
        port = server.port
    for address in (link, locked):
        server = Server(tmp_path / "home")
        server.port = port
        with server:
            reader = visitor().new_page()
            reader.goto(address)
            if address == locked:
                with_the_passphrase(reader)
            expect(reader.get_by_role("heading", name="Scores")).to_be_visible()
            driving.drawn(reader)
            assert reader.get_by_test_id("stTopNavLink").count() == 0
            assert reader.locator("[data-testid=stSidebar], [data-testid=stSidebarNav]").count() == 0


def with_the_passphrase(reader):
    field = reader.get_by_label("Passphrase", exact=True)
    field.fill("open says me")
    reader.get_by_role("button", name="Open the report").click()
    expect(reader.get_by_text("That is not the passphrase")).to_be_visible()
    assert reader.get_by_role("heading", name="Scores").count() == 0
    field.fill("open sesame")
    reader.get_by_role("button", name="Open the report").click()


def test_what_is_no_link_shows_nothing(server, page):
    for query in ("", "?share=", "?share=abc", "?share=" + "a" * 43, "?share=%00%ff<b>"):
        page.goto(f"{server.address}/report{query}")
        expect(page.get_by_role("heading", name="This link shows nothing")).to_be_visible()
