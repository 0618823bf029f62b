"""A store in a folder of its own, with a clock of its own."""

import shutil

import pytest

from core.store.store import Store
from tests.store.building import Clock


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A home with an empty store: it is copied, for to make the tables takes 0.1 s."""
    home = tmp_path_factory.mktemp("empty") / "home"
    Store.open(home).close()
    return home


@pytest.fixture
def home(tmp_path, empty):
    """A home with an empty store."""
    return shutil.copytree(empty, tmp_path / "home")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(home, clock):
    opened = Store.open(home, now=clock)
    yield opened
    opened.close()
