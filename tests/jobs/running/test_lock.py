import os

import pytest

from core.errors import StoreError
from core.jobs.running.lock import HomeLock


def test_one_holds_it_and_the_next_is_told_who(tmp_path):
    first, second = HomeLock(tmp_path / "supervisor.lock"), HomeLock(tmp_path / "supervisor.lock")
    first.acquire()
    with pytest.raises(StoreError, match=rf"another Unroll works on .* already \(process {os.getpid()}\); stop it or choose"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
    second.release()
