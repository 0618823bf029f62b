"""Links: what they open, when they stop, and that nothing in the files gives one away."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from core.codec import Encoded
from core.errors import ConfigError, DamagedError, NotFoundError, PassphraseError
from tests.store.building import OWNER, finished_run, new_run, opened

NOON = datetime(2031, 5, 17, 13, tzinfo=UTC)
COPY = Encoded(b"frozen", b"arrays")
NOWHERE = "this link does not lead anywhere: it is mistyped, has expired or was revoked; ask for a new one"


def share(store, run_id, **more):
    return store.create_share(OWNER, run_id, COPY, **{"expires": None, "passphrase": None, "includes_data": False, **more})


def test_a_link_opens_the_frozen_copy_and_counts(store):
    run_id = finished_run(store)
    record, token = share(store, run_id, includes_data=True)
    assert (record.run_id, record.views, record.has_passphrase, record.includes_data) == (run_id, 0, False, True)
    assert len(token) == 43  # 256 bits, six to a letter
    for views in (1, 2):
        found, copy = opened(store, token, None, NOON)
        assert (found.id, found.has_passphrase, copy) == (record.id, False, COPY)
        assert [one.views for one in store.shares(OWNER, run_id)] == [views]


def test_unknown_expired_and_revoked_links_say_the_same(store):
    run_id = finished_run(store)
    _, expired = share(store, run_id, expires=NOON, passphrase="open sesame")
    revoked, revoked_token = share(store, run_id)
    store.revoke_share(OWNER, revoked.id)
    assert opened(store, expired, "open sesame", NOON - timedelta(seconds=1))[0].has_passphrase
    for token in ("", "x" * 43, "ü\ud800", expired, revoked_token):
        with pytest.raises(NotFoundError) as caught:
            opened(store, token, None, NOON)
        assert str(caught.value) == NOWHERE


def test_a_link_with_a_passphrase_asks_for_it(store):
    _, token = share(store, finished_run(store), passphrase="grüne Tür")
    with pytest.raises(PassphraseError, match="this link asks for a passphrase"):
        opened(store, token, None, NOON)
    for wrong in ("", "Grüne Tür", "grüne Tür "):
        with pytest.raises(PassphraseError, match="this is not the passphrase of the link"):
            opened(store, token, wrong, NOON)
    assert opened(store, token, "grüne Tür", NOON)[1] == COPY


def test_a_link_that_makes_no_sense_is_refused(store, clock):
    run_id = new_run(store)
    with pytest.raises(ConfigError, match="the link would expire at 2031-05-17 11:00, which is past; choose a later time"):
        share(store, run_id, expires=NOON - timedelta(hours=2))
    with pytest.raises(ConfigError, match="the passphrase is empty; write at least one letter, or choose none"):
        share(store, run_id, passphrase=" ")
    assert store.shares(OWNER, run_id) == ()


def test_a_revoked_link_is_kept_in_the_list(store):
    run_id = finished_run(store)
    first, second = share(store, run_id)[0], share(store, run_id)[0]
    store.revoke_share(OWNER, first.id)
    store.revoke_share(OWNER, first.id)
    found = store.shares(OWNER, run_id)
    assert [(one.id, one.revoked is None) for one in found] == [(second.id, True), (first.id, False)]
    assert [row.action for row in store.audit(OWNER)][-3:] == ["shared", "shared", "revoked"]


def test_a_link_goes_with_its_run(store):
    run_id = finished_run(store)
    _, token = share(store, run_id)
    store.delete_run(OWNER, run_id)
    with pytest.raises(NotFoundError, match="does not lead anywhere"):
        opened(store, token, None, NOON)


def test_neither_token_nor_passphrase_is_in_any_file(store, home):
    _, token = share(store, finished_run(store), passphrase="passphrase-canary")
    opened(store, token, "passphrase-canary", NOON)
    with pytest.raises(PassphraseError):
        opened(store, token, "wrong-canary", NOON)
    content = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"frozen" in content
    for secret in (token, "passphrase-canary", "wrong-canary"):
        assert secret.encode() not in content


def test_an_error_of_the_database_does_not_repeat_what_was_written(store):
    from sqlalchemy import text

    with pytest.raises(DBAPIError) as caught, store.database.writing() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:token)"), {"token": "token-canary"})
    assert "token-canary" not in str(caught.value)


def test_a_changed_copy_is_noticed(store):
    _, token = share(store, finished_run(store))
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE snapshots SET summary = x'66'")
    with pytest.raises(DamagedError, match="the shared copy is damaged"):
        opened(store, token, None, NOON)


def test_tokens_do_not_repeat(store):
    run_id = finished_run(store)
    tokens = [share(store, run_id)[1] for _ in range(100)]
    assert len(set(tokens)) == 100
    assert {mark for token in tokens for mark in token} <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
