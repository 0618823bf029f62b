"""Passphrases: how often they may be tried, and that nothing is computed for those that may not."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import LimitError, PassphraseError
from core.store.passphrases import AT_ONCE, LINKS, Passphrases

SALT = b"sixteen bytes !!"


class Seconds:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def derived(monkeypatch):
    """Every passphrase that was derived; a derivation takes no time."""
    found = []

    def scrypt(passphrase, **more):
        found.append(passphrase)
        return hashlib.sha256(passphrase + more["salt"]).digest()

    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    return found


@pytest.fixture
def clock():
    return Seconds()


@pytest.fixture
def door(clock, derived):
    """Try a passphrase on a link: what is said, None where it opens."""
    held = Passphrases(clock)
    right = held.hashed("right", SALT)
    derived.clear()

    def knock(passphrase, link="link"):
        try:
            held.admit(link, SALT, right, passphrase)
        except (PassphraseError, LimitError) as error:
            return str(error)
        return None

    return knock


def test_the_sixth_wrong_try_in_a_minute_must_wait_and_derives_nothing(door, clock, derived):
    for second in range(5):
        clock.now = 1000.0 + 4 * second
        assert "this is not the passphrase" in door(f"wrong {second}")
    assert len(derived) == 5
    clock.now = 1020.0
    for typed in ("wrong", "right"):
        assert door(typed) == "too many wrong passphrases for this link; try again in 40 seconds"
    clock.now = 1059.5
    assert door("wrong").endswith("try again in 1 second")
    assert len(derived) == 5
    clock.now = 1060.0
    assert door("right") is None


def test_waiting_does_not_take_longer_for_asking_meanwhile(door, clock):
    for _ in range(5):
        door("wrong")
    for second in range(60):
        clock.now = 1000.0 + second
        assert "too many" in door("wrong")
    clock.now = 1060.0
    assert "this is not the passphrase" in door("wrong")


def test_fifty_wrong_tries_in_an_hour_close_the_link_for_the_rest_of_it(door, clock):
    for number in range(50):
        clock.now = 1000.0 + 20 * number
        assert "this is not" in door("wrong"), number
    clock.now = 2100.0
    assert door("right") == "too many wrong passphrases for this link; try again in 42 minutes"
    clock.now = 4600.0
    assert door("right") is None


def test_right_passphrases_and_asking_without_one_do_not_count(door):
    for _ in range(60):
        assert door("right") is None
        assert "asks for a passphrase" in door(None)
    assert "this is not" in door("wrong")


def test_one_link_that_is_guessed_at_leaves_the_others_open(door):
    for _ in range(5):
        door("wrong")
    assert "too many" in door("right")
    assert door("right", "another link") is None


def test_many_at_once_are_no_way_around_the_limit(clock, monkeypatch):
    held = Passphrases(clock)
    right = held.hashed("right", SALT)
    together = threading.Barrier(20)

    def guess(number):
        together.wait()
        try:
            held.admit("link", SALT, right, f"wrong {number}")
        except (PassphraseError, LimitError) as error:
            return type(error)

    with ThreadPoolExecutor(20) as threads:
        said = list(threads.map(guess, range(20)))
    assert (said.count(PassphraseError), said.count(LimitError)) == (5, 15)


def test_only_two_are_derived_at_once(monkeypatch):
    inside, highest, guard, third = [0], [0], threading.Lock(), threading.Event()

    def scrypt(passphrase, **more):
        with guard:
            inside[0] += 1
            highest[0] = max(highest[0], inside[0])
            if inside[0] > AT_ONCE:
                third.set()
        third.wait(0.1)
        with guard:
            inside[0] -= 1
        return b"hash"

    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    held = Passphrases()
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda number: held.hashed(str(number), SALT), range(6))) == [b"hash"] * 6
    assert highest[0] == 2


def test_links_that_were_tried_long_ago_are_forgotten(clock, derived):
    held = Passphrases(clock)
    for number in range(LINKS):
        with pytest.raises(PassphraseError):
            held.admit(f"link {number}", SALT, b"", "wrong")
    clock.now += 3601.0
    with pytest.raises(PassphraseError):
        held.admit("one more", SALT, b"", "wrong")
    assert list(held.tries.times) == ["one more"]
