"""Runs: cards, and what can be done with each, in its dialog."""

import pytest

from tests.faults.home import LONG, ended, launched, network, plain
from tests.pages.visiting import HOSTILE, button, raw, read, sound, within


@pytest.fixture
def quick(bench):
    """A finished run of a workspace of its own."""

    def go(workspace):
        run_id = launched(bench, *plain("naive"), workspace=workspace)
        ended(bench, run_id, workspace=workspace)
        return run_id

    return go


def chosen(at, run_id, action):
    return sound(at.menu_button(f"runs.more.{run_id}").click(action).run())


def test_without_a_run_it_says_where_to_get_one(visit):
    at = sound(visit("runs", "empty"))
    assert "There is no run yet" in at.info[0].value


@pytest.mark.parametrize(
    ("workspace", "words"),
    [
        ("finished", ("done", "6 ahead", "4 models", "best ")), ("all failed", ("failed", "0 finished", "1 model")),
        ("cancelled", ("cancelled", "2 models")), ("one failed", ("done", "best Naive", "330 ahead")),
    ],
)  # fmt: skip
def test_a_card_says_what_it_is_and_how_it_ended(visit, ran, workspace, words):
    at = sound(visit("runs", workspace))
    for word in words:
        assert word in read(at)
    assert at.button(f"runs.open.{ran[workspace]}").label == "Open"


def test_a_finished_run_opens_in_compare_and_another_where_it_can_be_retried(visit, ran):
    at = visit("runs", "finished")
    sound(at.button(f"runs.open.{ran['finished']}").click().run())
    assert "is off by" in at.subheader[0].value
    at = visit("runs", "all failed")
    sound(at.button(f"runs.open.{ran['all failed']}").click().run())
    assert "The run failed" in read(at)


def test_links_are_offered_for_what_is_finished(visit, ran):
    assert "Links" in visit("runs", "finished").menu_button(f"runs.more.{ran['finished']}").options
    assert "Links" not in visit("runs", "cancelled").menu_button(f"runs.more.{ran['cancelled']}").options


def test_a_hostile_title_is_only_a_title(visit, bench, ran):
    for title in HOSTILE:
        bench.rename("hostile", ran["hostile"], title[:120])
        at = sound(visit("runs", "hostile"))
        assert " ".join("".join(sign for sign in title if sign.isprintable() or sign == "\n").split())[:20] in read(at)
        for sign in ("<script", "![", "](", ":smile:", ":red[x", "$x^", "http://evil", "***bold", "www.evil", "me@evil"):
            assert sign not in raw(at).replace("\\" + sign[0], ""), (title, sign)
        chosen(at, ran["hostile"], "delete")
        assert "really deleted" in read(at)
        bench.rename("hostile", ran["hostile"], HOSTILE[0])


def test_renaming_in_the_dialog(visit, bench, quick):
    run_id = quick("rename")
    at = chosen(visit("runs", "rename"), run_id, "rename")
    title = next(one for one in at.text_input if one.label == "Title")
    assert title.value == "sales, next 6"
    title.set_value("  *New*  name ")
    button(at, "Rename").click()
    sound(within(at))
    assert bench.runs("rename")[0].title == "*New* name"


def test_an_empty_title_is_refused_in_words_in_the_dialog(visit, bench, quick):
    run_id = quick("empty title")
    at = chosen(visit("runs", "empty title"), run_id, "rename")
    next(one for one in at.text_input if one.label == "Title").set_value("  ")
    button(at, "Rename").click()
    sound(within(at))
    assert "The title is empty; write at least one letter" in read(at)
    assert bench.runs("empty title")[0].title == "sales, next 6"


def test_a_run_that_was_deleted_meanwhile_is_said_in_the_dialog(visit, bench, quick):
    run_id = quick("meanwhile")
    at = chosen(visit("runs", "meanwhile"), run_id, "rename")
    bench.delete("meanwhile", run_id)
    next(one for one in at.text_input if one.label == "Title").set_value("Other")
    button(at, "Rename").click()
    sound(within(at))
    assert "it may have been deleted" in read(at)


def test_deleting_is_asked_for_and_then_real(visit, bench, quick):
    run_id = quick("delete")
    at = chosen(visit("runs", "delete"), run_id, "delete")
    assert "cannot be undone. Its series stays." in read(at)
    button(at, "Keep it").click()
    sound(within(at))
    assert bench.runs("delete")
    chosen(at, run_id, "delete")
    button(at, "Delete it").click()
    sound(within(at))
    assert bench.runs("delete") == ()
    assert len(bench.series("delete")) == 1
    assert "There is no run yet" in read(at)


def test_deleting_a_live_run_cancels_it_first(visit, bench):
    run_id = launched(bench, network("rnn", **LONG), workspace="hurried")
    at = chosen(visit("runs", "hurried"), run_id, "delete")
    assert "will be cancelled first" in read(at)
    button(at, "Delete it").click()
    sound(within(at))
    assert run_id not in {one.id for one in bench.runs("hurried")}
    assert not at.error


def test_a_link_is_made_shown_once_listed_and_revoked(visit, bench, quick):
    run_id = quick("links")
    at = visit("runs", "links", context={"url": "https://host.example/base/runs"})
    chosen(at, run_id, "share")
    button(at, "Make a link").click()
    sound(within(at))
    (code,) = at.code
    assert code.value.startswith("https://host.example/base/report?share=")
    token = code.value.partition("share=")[2]
    assert bench.links.copy(token).panel is not None
    assert "opened 0 times" in read(at)
    assert "with the series" in read(at)
    button(at, "Revoke").click()
    sound(within(at))
    assert bench.shares("links", run_id)[0].revoked is not None
    assert "revoked" in read(at)
    assert not at.code
    assert not [one for one in at.button if one.label == "Revoke"]


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://localhost:8501", "http://localhost:8501"), ("http://localhost:8501/", "http://localhost:8501"),
        ("https://a.example/compare", "https://a.example"), ("https://a.example/apps/unroll/", "https://a.example/apps/unroll"),
        ("https://a.example/apps/unroll/report", "https://a.example/apps/unroll"),
    ],
)  # fmt: skip
def test_the_address_of_a_link_is_right_wherever_the_app_is_mounted(visit, ran, url, base):
    at = visit("runs", "finished", context={"url": url})
    chosen(at, ran["finished"], "share")
    button(at, "Make a link").click()
    assert sound(within(at)).code[0].value.startswith(f"{base}/report?share=")


def test_eleven_runs_are_two_pages(visit, bench):
    for _ in range(11):
        run_id = launched(bench, *plain("naive"), workspace="many")
        bench.cancel("many", run_id)
        ended(bench, run_id, 60, "many")  # one that has begun is stopped a moment later
    at = sound(visit("runs", "many"))
    assert len([one for one in at.button if one.label == "Open"]) == 10
    at = sound(visit("runs", "many", shown="2"))
    assert len([one for one in at.button if one.label == "Open"]) == 1
    at = sound(visit("runs", "many", shown="99"))
    assert len([one for one in at.button if one.label == "Open"]) == 10
