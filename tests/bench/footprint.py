"""The server's memory before and after every page was opened with two finished runs.  `python -m tests.bench.footprint`

A real server and a real browser; two runs of six models on the sunspots, quick settings. Prints JSON, sizes in MB: resident
(RSS), with shared pages divided among those who share them (PSS), private (USS), and of it what is no file (anonymous).
`libraries` holds the resident pages of the largest packages' files, `modules` how many modules each package has loaded.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import driving
from tests.browser.server import Server
from tests.browser.walk import every_page

SIX = ("naive", "seasonal_naive", "ar", "rnn", "lstm", "gru")
MOST = 16  # packages that are told
TELL = """
import atexit, json, os, sys
@atexit.register
def tell():
    with open(os.path.join({folder!r}, f"modules-{{os.getpid()}}.json"), "w") as file:
        json.dump(sorted(name for name, one in list(sys.modules.items()) if one is not None), file)
"""


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder)
        (place / "sitecustomize.py").write_text(TELL.format(folder=folder), encoding="utf-8")
        browser = driving.launched(playwright)
        with Server(place / "home", PYTHONPATH=folder) as server:
            found = measured(browser.new_context(viewport={"width": 1280, "height": 1400}).new_page(), server)
            told = place / f"modules-{server.pid}.json"
        browser.close()
        names = json.loads(told.read_text(encoding="utf-8"))
    found["modules"] = dict(Counter(name.partition(".")[0] for name in names).most_common(MOST)) | {"all": len(names)}
    print(json.dumps(found, indent=1))


def measured(page: Page, server: Server) -> dict[str, object]:
    """Sizes of a server with one page, with two runs finished, and after every page."""
    page.set_default_timeout(driving.PATIENCE)
    page.goto(server.address)
    driving.settle(page)
    found = {"first_page": sizes(server.pid)}
    for _ in range(2):
        six_models(page, server.address)
    found["two_runs"] = sizes(server.pid)
    for name in every_page(page, server.address):
        last = name
    return found | {"every_page": sizes(server.pid), "last_page": last, "libraries": libraries(server.pid)}


def six_models(page: Page, address: str) -> None:
    """A finished run of six models, compared."""
    driving.use_example(page, address)
    driving.click(page, re.compile("Train models"), exact=False)
    page.get_by_role("radio", name="Quick").click()
    driving.settle(page)
    driving.choose(page, SIX)
    driving.start(page)
    driving.finish(page)
    driving.compare(page)


def sizes(pid: int) -> dict[str, float]:
    """MB of a process, by kind."""
    rows = re.findall(r"^(\w+):\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8"), re.MULTILINE)
    known = {name: int(number) / 1024 for name, number in rows}
    private = known["Private_Clean"] + known["Private_Dirty"]
    return {
        name: round(size, 1)
        for name, size in (("rss", known["Rss"]), ("pss", known["Pss"]), ("uss", private), ("anonymous", known["Anonymous"]))
    }


def libraries(pid: int) -> dict[str, float]:
    """Resident MB of mapped files, by package."""
    found: Counter[str] = Counter()
    package = ""
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            package = _package(line.split(maxsplit=5)[5:])
        elif line.startswith("Rss:"):
            found[package] += int(line.split()[1])
    return {name: round(size / 1024, 1) for name, size in found.most_common(MOST)}


def _package(rest: list[str]) -> str:
    """Of the last column of a mapping: the package of a file, the file's own name, or what it is where it is no file."""
    path = rest[0] if rest else "anonymous"
    found = re.search(r"site-packages/([^/.]+)", path)
    return found[1] if found else path.rpartition("/")[2]


if __name__ == "__main__":
    main()
