"""What tests of several folders stand on."""

import os

import pytest

from tests.bench import known

# One thread, here and in the processes that tests start: two threads that wait for a busy core take 20 times as long as one.
# Set before torch is first imported; tests about threads ask for two themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def sunspots():
    """Yearly sunspot numbers, 1700 to 2008, as statsmodels ships them."""
    return known.sunspots()
