"""Versions: a content continues a subject only when that is asked for, and a run keeps the version that it names."""

import pytest

from core.errors import ConfigError, NotFoundError
from core.series.timeseries import Panel
from core.store.series import continued
from tests.store.building import OWNER, STRANGER, VERSIONS, months, spec_of, tasks_of


def add(store, *series, source="shop.csv", workspace=OWNER, **more):
    return store.add_series(workspace, Panel(series), source, **more)


def record(store, key, workspace=OWNER):
    return next(one for one in store.series(workspace) if one.key == key)


def places(store, *keys):
    """Version and newest version of each."""
    return [(record(store, key).version, record(store, key).newest) for key in keys]


def run_of(store, *keys):
    spec = spec_of(keys)
    return store.create_run(OWNER, "Sales", spec, tasks_of(spec), "first", VERSIONS, "hash")[0]


def count(store, table):
    with store.database.reading() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()


def test_the_same_name_and_source_alone_continue_nothing(store):
    (first,), (second,) = add(store, months()), add(store, months(length=33))
    assert places(store, first, second) == [(1, 1), (1, 1)]
    assert record(store, first).subject != record(store, second).subject


def test_a_content_continues_the_subject_that_is_named(store):
    (first,) = add(store, months())
    subject = record(store, first).subject
    second, other = add(store, months(length=33), months("returns"), continues={"sales": subject})
    assert places(store, first, second, other) == [(1, 2), (2, 2), (1, 1)]
    assert record(store, second).subject == subject
    assert [record(store, key).is_newest for key in (first, second, other)] == [False, True, True]
    assert store.panel(OWNER, (first,)).series[0].key == first  # the older version is still there
    assert store.audit(OWNER)[-1].action == "series continued"


def test_what_was_kept_apart_can_continue_later(store):
    (first,), (second,) = add(store, months()), add(store, months(length=33))
    subject = record(store, first).subject
    for _ in range(2):  # a second click changes nothing
        assert add(store, months(length=33), continues={"sales": subject}) == (second,)
        assert places(store, first, second) == [(1, 2), (2, 2)]
    assert count(store, "subjects") == 1
    assert [one.action for one in store.audit(OWNER)] == ["series added", "series added", "series continued"]


def test_a_run_names_its_version_and_says_the_newest(store):
    (first,) = add(store, months())
    run_id = run_of(store, first)
    add(store, months(length=33), continues={"sales": record(store, first).subject})
    (used,) = store.run(OWNER, run_id).series
    assert (used.key, used.length, used.version, used.newest) == (first, 30, 1, 2)
    assert store.runs(OWNER)[0].series == (used,)


def test_a_strangers_subject_cannot_be_continued(store):
    (theirs,) = add(store, months(), workspace=STRANGER)
    with pytest.raises(NotFoundError, match="there is no such series here; it may have been deleted"):
        add(store, months(length=33), continues={"sales": record(store, theirs, STRANGER).subject})
    assert store.series(OWNER) == ()
    assert len(store.series(STRANGER)) == 1


def test_the_last_version_takes_its_subject_with_it(store):
    (first,) = add(store, months())
    (second,) = add(store, months(length=33), continues={"sales": record(store, first).subject})
    store.delete_series(OWNER, first)
    assert places(store, second) == [(2, 2)]
    assert count(store, "subjects") == 1
    store.delete_series(OWNER, second)
    assert (count(store, "subjects"), count(store, "versions"), count(store, "series")) == (0, 0, 0)


def test_a_subject_is_deleted_with_all_its_versions_to_the_last_byte(store, home):
    name = "canary of the name"
    (first,) = add(store, months(name))
    subject = record(store, first).subject
    add(store, months(name, 33), continues={name: subject})
    (other,) = add(store, months())
    store.delete_subjects(OWNER, (subject,))
    assert [one.key for one in store.series(OWNER)] == [other]
    assert count(store, "subjects") == 1
    assert not any(name.encode() in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_subject_with_a_version_under_a_run_stays_whole(store):
    (first,) = add(store, months())
    (second,) = add(store, months(length=33), continues={"sales": record(store, first).subject})
    run_of(store, first)
    with pytest.raises(ConfigError, match="1 run uses this series; delete that run first"):
        store.delete_subjects(OWNER, (record(store, first).subject,))
    assert places(store, first, second) == [(1, 2), (2, 2)]


def test_another_reading_takes_the_place_of_the_former(store):
    (first,) = add(store, months())
    (second,) = add(store, months(length=33), continues={"sales": record(store, first).subject})
    (again,) = store.replace_series(OWNER, (second,), Panel((months(length=33, season=12),)), "shop.csv")
    assert {one.key for one in store.series(OWNER)} == {first, again}
    assert places(store, first, again) == [(1, 2), (2, 2)]
    assert store.audit(OWNER)[-1].action == "series read again"


def test_another_reading_of_what_a_run_uses_is_the_next_version(store):
    (first,) = add(store, months())
    run_of(store, first)
    (again,) = store.replace_series(OWNER, (first,), Panel((months(season=12),)), "shop.csv")
    assert places(store, first, again) == [(1, 2), (2, 2)]


def test_another_reading_with_other_names_gives_other_subjects(store):
    (first,) = add(store, months("sales"))
    keys = store.replace_series(OWNER, (first,), Panel((months("costs"), months("sales"))), "shop.csv")
    assert (keys[1], places(store, *keys)) == (first, [(1, 1), (1, 1)])  # the reading that stays keeps its place
    assert {one.id for one in store.series(OWNER)} == {"costs", "sales"}
    store.replace_series(OWNER, keys, Panel((months("costs"),)), "shop.csv")
    assert ([one.id for one in store.series(OWNER)], count(store, "subjects")) == (["costs"], 1)


def test_the_same_reading_again_changes_nothing(store):
    keys = add(store, months())
    before = store.series(OWNER), store.audit(OWNER)
    assert store.replace_series(OWNER, keys, Panel((months(),)), "shop.csv") == keys
    assert (store.series(OWNER), store.audit(OWNER)) == before


def test_a_stranger_cannot_replace_what_another_has(store):
    (key,) = add(store, months())
    store.replace_series(STRANGER, (key,), Panel((months(season=12),)), "shop.csv")
    assert [one.key for one in store.series(OWNER)] == [key]


def continuable(store, *series, source="shop.csv"):
    """The keys of what these could continue."""
    return {one.key for one in continued(store.series(OWNER), {one.id: one.key for one in series}, source)}


def test_what_could_be_continued_has_the_same_name_and_source_and_came_before(store):
    first, returns = add(store, months(), months("returns"))
    longer, other = months(length=33), months("other")
    assert continuable(store, longer, other) == {first}
    assert continuable(store, longer, months("returns", 40)) == {first, returns}
    assert continuable(store, longer, source="other.csv") == set()
    assert continuable(store, months()) == set()  # the same again
    add(store, longer)
    assert continuable(store, longer) == {first}  # kept apart for now: it can still be asked
    assert continuable(store, months()) == set()  # the older one does not continue the newer


def test_the_newest_version_of_the_newest_subject_is_continued(store):
    (first,) = add(store, months())
    (second,) = add(store, months(length=33), continues={"sales": record(store, first).subject})
    assert continuable(store, months(length=36)) == {second}
    assert continuable(store, months(length=33)) == set()  # it is one of two versions
    assert continuable(store, months()) == set()
    (apart,) = add(store, months(length=35))
    assert continuable(store, months(length=36)) == {apart}


def test_of_series_that_are_deleted_together_all_go_or_none(store):
    keys = add(store, months("a"), months("b"))
    run_of(store, keys[1])
    with pytest.raises(ConfigError, match="1 run uses this series; delete that run first"):
        store.delete_subjects(OWNER, tuple(record(store, key).subject for key in keys))
    assert {one.id for one in store.series(OWNER)} == {"a", "b"}
