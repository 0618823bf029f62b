"""axe-core finds nothing serious on any page, light or dark, but for what Streamlit itself does."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import driving
from tests.browser.walk import every_page

# Rule, where, and why it cannot be mended here.
STREAMLITS_OWN = (
    (
        "color-contrast",
        "[data-selected=true], [data-testid=stSliderThumbValue], [data-testid=stSlider]",
        """Streamlit writes white on the primary colour (buttons) and the primary colour on the dark ground (what is selected,
        the value of a slider): no colour has 4.5 against both; ours has 4.7 and 3.2 to 3.9""",
    ),
)


@pytest.fixture(scope="module")
def known(server, browser):
    """The cookies of a visitor with a finished run."""
    with browser.new_context(viewport={"width": 1280, "height": 1400}) as context:
        driving.trained(context.new_page(), server.address, ("naive", "ar", "lstm"), {"lstm": 2})
        return context.storage_state()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_has_a_serious_violation(server, visitor, known, dark):
    page = visitor(dark=dark, storage_state=known).new_page()
    found = {}
    for place in every_page(page, server.address):
        for one in Axe().run(page).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                for node in one["nodes"]:
                    if not is_streamlits_own(page, one["id"], node):
                        found.setdefault((one["id"], node["html"][:160], str(node["target"])), []).append(place)
    assert found == {}, "\n".join(f"{rule}: {html} {target}: {places}" for (rule, html, target), places in found.items())


def is_streamlits_own(page, rule, node):
    inside = "([target, where]) => Boolean(document.querySelector(target)?.closest(where))"
    return any(rule == own and page.evaluate(inside, [node["target"][0], where]) for own, where, _ in STREAMLITS_OWN)
