"""What the server loads and what a page asks for, after everything was looked at."""

from pathlib import Path

import pytest

from tests.browser import driving
from tests.browser.server import Server
from tests.browser.walk import Watch, every_page

MOST = 165  # MB


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
        whole, own = sizes(server.pid)
        print(f"{whole:.0f} MB, {own:.0f} of them its own")
        assert own <= MOST, f"{own:.0f} MB"
    assert "Traceback" not in server.log()


def sizes(pid: int) -> tuple[float, float]:
    """Resident MB of a process, and those that are its own.

    The rest are pages of libraries' files, 55 to 90 MB of the same ones: the kernel maps more or fewer of them around those
    that are used, according to how the files once came to the disk, and takes them back when memory is short.
    """
    known = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines())
    return tuple(int(known[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
