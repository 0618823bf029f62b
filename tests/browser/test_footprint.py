"""What the server loads and what a page asks for, after everything was looked at."""

from pathlib import Path

import psutil
import pytest

from tests.browser import driving
from tests.browser.server import Server
from tests.browser.walk import Watch, every_page

MOST = 220 * 2**20  # bytes


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has mapped")
def test_pages_ask_nobody_else_and_the_server_stays_small(browser, visitor, tmp_path):
    with Server(tmp_path / "home") as server:
        page = visitor().new_page()
        watch = Watch(page, server.address)
        driving.trained(page, server.address, ("naive", "ar", "lstm"), {"lstm": 2})
        seen = list(every_page(page, server.address))
        assert len(seen) == 16
        assert watch.found() == []
        maps = Path(f"/proc/{server.pid}/maps").read_text(encoding="utf-8")
        assert [one for one in ("libtorch", "/statsmodels/", "/scipy/") if one in maps] == []
        size = psutil.Process(server.pid).memory_info().rss
        assert size <= MOST, f"{size / 2**20:.0f} MB"
        print(f"{size / 2**20:.0f} MB")
    assert "Traceback" not in server.log()
