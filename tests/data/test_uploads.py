"""Uploads in memory while they are being understood; and which positions of a series were there more than once."""

import threading

import pytest

from core.data.uploads import CAPACITY, Uploads
from core.errors import NotFoundError
from tests.data.brought import dated, lines, understood


def test_an_upload_is_found_by_its_digest_and_only_in_its_workspace():
    uploads = Uploads()
    digest = uploads.keep("mine", "sales.csv", b"date,y\n")
    found = uploads.find("mine", digest)
    assert (found.name, found.content) == ("sales.csv", b"date,y\n")
    with pytest.raises(NotFoundError, match="bring it again"):
        uploads.find("yours", digest)
    with pytest.raises(NotFoundError):
        uploads.find("mine", "0" * 64)


def test_equal_uploads_are_one_and_another_name_or_byte_is_another():
    uploads = Uploads()
    first = uploads.keep("mine", "a.csv", b"12")
    assert uploads.keep("mine", "a.csv", b"12") == first
    assert len(uploads.kept) == 1
    assert len({first, uploads.keep("mine", "b.csv", b"12"), uploads.keep("mine", "a.csv", b"13")}) == 3
    assert uploads.keep("mine", "a", b".csv\x0012") != uploads.keep("mine", "a.csv", b"\x0012")


def test_the_oldest_is_given_up_first_whoevers_it_is():
    uploads = Uploads(capacity=10)
    digests = [uploads.keep(whose, f"{whose}.csv", b"1234") for whose in ("one", "two")]
    third = uploads.keep("three", "three.csv", b"1234")
    with pytest.raises(NotFoundError):
        uploads.find("one", digests[0])
    assert uploads.find("two", digests[1])
    assert uploads.find("three", third)


def test_what_is_asked_for_or_brought_again_stays_the_longer():
    uploads = Uploads(capacity=10)
    first, second = uploads.keep("w", "1", b"1234"), uploads.keep("w", "2", b"1234")
    uploads.find("w", first)
    third = uploads.keep("w", "3", b"1234")
    with pytest.raises(NotFoundError):
        uploads.find("w", second)
    uploads.keep("w", "1", b"1234")
    uploads.keep("w", "4", b"1234")
    assert uploads.find("w", first)
    with pytest.raises(NotFoundError):
        uploads.find("w", third)


def test_one_that_is_larger_than_all_room_is_kept_alone():
    uploads = Uploads(capacity=10)
    uploads.keep("w", "small", b"1")
    large = uploads.keep("w", "large", b"x" * 50)
    assert uploads.find("w", large)
    assert len(uploads.kept) == 1


def test_the_room_is_a_multiple_of_the_largest_upload():
    from core.data.limits import Limits

    assert 2 * Limits().bytes <= CAPACITY


def test_many_threads_keep_and_find_within_the_bound():
    uploads, wrong = Uploads(capacity=2000), []

    def bring(number: int) -> None:
        try:
            for turn in range(200):
                content = bytes([number, turn]) * 50
                digest = uploads.keep(f"w{number}", f"{turn}.csv", content)
                try:
                    if uploads.find(f"w{number}", digest).content != content:
                        wrong.append("another's bytes")
                except NotFoundError:
                    continue  # others needed the room
        except Exception as error:
            wrong.append(repr(error))

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(len(one.content) for one in uploads.kept.values()) <= 2000


@pytest.mark.parametrize(
    ("times", "positions"),
    [
        (("2024-01-01", "2024-01-02", "2024-01-03"), ()),
        (("2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"), (1,)),
        (("2024-01-03", "2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"), (0, 2)),
        (("2024-01-01", "2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"), (0,)),
        (("2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05", "2024-01-05"), (4,)),  # the third day is filled
    ],
)
def test_doubled_names_the_positions_in_the_regular_series(times, positions):
    found = understood(dated(*times))
    assert found.doubled == (positions,)
    for at in positions:
        assert f"{found.panel.series[0].index[at]:%Y-%m-%d}" in times


def test_doubled_is_told_for_each_series_of_a_panel():
    rows = [f"2024-01-{day:02d},{shop},{day}" for shop in ("a", "b") for day in (1, 2, 3, 4)]
    found = understood(lines(*rows, "2024-01-02,b,9", "2024-01-04,b,9", head="date,shop,y"), id="shop")
    assert dict(zip([one.id for one in found.panel], found.doubled, strict=True)) == {"a": (), "b": (1, 3)}
