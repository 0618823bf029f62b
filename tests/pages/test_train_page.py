"""Train: choosing, the launch, and a run that is watched in every state."""

import pytest

from core.models.registry import MODELS
from core.series.timeseries import Panel
from tests.faults.home import LONG, ended, launched, months, network, plain, until
from tests.pages.visiting import HOSTILE, alt, button, hostile_models, read, sound, turned


@pytest.fixture
def ready(visit, bench):
    """The page with a series at hand."""

    def go(workspace):
        bench.add_series(workspace, Panel((months(),)), "sales.csv")
        return sound(visit("train", workspace))

    return go


def only(at, *names):
    """Take part: just these."""
    for name in MODELS:
        at.checkbox(f"train.card.{name}.1.on").set_value(name in names)
    return sound(at.run())


def launch_button(at):
    return next(one for one in at.button if one.label.startswith("Train "))


def test_without_a_series_it_says_where_to_get_one(visit):
    at = sound(visit("train", "empty"))
    assert "There is no series yet" in at.info[0].value
    assert at.page_link[0].label == "Go to Data"
    assert not at.button


def test_the_newest_series_is_at_hand_with_a_plan_and_a_price(ready):
    at = ready("ready")
    assert at.title[0].value == "Train models side by side"
    assert at.run().page_link[0].label == "**sales** · 96 monthly values, Jan 2010 to Dec 2017"
    assert at.number_input("train.horizon").value == 9
    assert alt(at).endswith("past forecasts tested")
    assert launch_button(at).label == "Train 6 models"
    assert not launch_button(at).disabled
    assert "MB a model · 2 at once" in read(at)
    assert [one.label for one in at.checkbox] == [f"**{unbolded(model.label)}**" for model in MODELS.values()]


def unbolded(label):
    from pages.parts.text import safe

    return safe(label, 30)


def test_from_an_example_to_a_finished_comparison_in_three_clicks(visit, bench):
    at = visit(workspace="whole way")
    sound(at.button("data.example.nile").click().run())
    sound(button(at, "Train models").click().run())
    only(at, "naive", "ar")
    assert launch_button(at).label == "Train 2 models"
    sound(launch_button(at).click().run())
    (record,) = bench.runs("whole way")
    assert at.title[0].value == "nile\\, next 10"
    ended(bench, record.id, workspace="whole way")
    sound(at.run())
    assert "is off by" in read(at)
    assert [one.value for one in at.progress] == [100, 100]
    assert "done in" in at.progress[0].text
    sound(button(at, "Compare forecasts").click().run())
    assert at.subheader[0].value.count("is off by")
    assert len(bench.runs("whole way")) == 1


def test_pressing_the_button_twice_is_one_run_and_another_press_later_is_another(ready, bench):
    at = only(ready("twice pressed"), "naive")
    launch_button(at).click().run()
    at.run()
    assert len(bench.runs("twice pressed")) == 1
    sound(button(at, "Set up another run").click().run())
    sound(launch_button(at).click().run())
    assert len(bench.runs("twice pressed")) == 2


def test_a_title_is_taken_as_it_is(ready, bench):
    at = only(ready("titled"), "naive")
    at.text_input("train.title").set_value(HOSTILE[1])
    sound(launch_button(at).click().run())
    assert bench.runs("titled")[0].title == HOSTILE[1]
    assert at.title[0].value == "\\!\\[x\\]\\(http\\:\u2060\\/\\/evil\\.example\\/a\\.png\\)"


def test_a_title_is_at_most_as_long_as_the_field_lets_it_be(ready, bench):
    at = only(ready("long title"), "naive")
    at.text_input("train.title").set_value("x" * 500)
    sound(launch_button(at).click().run())
    assert bench.runs("long title")[0].title == "x" * 120


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("horizon", 95, "choose"), ("coverages", [99], "99 % needs 99 past errors"),
     ("season", 9000, "")],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused_in_words_and_the_button_waits(ready, field, value, words):
    at = ready("refused settings")
    at.session_state[f"train.{field}"] = value
    sound(at.run())
    if words:
        assert any(words in one.value.replace("\\", "") for one in at.error)
        assert launch_button(at).disabled
    assert len(at.checkbox) == len(MODELS)


def test_more_origins_than_there_are_is_said_before_the_launch(ready):
    at = ready("origins")
    at.session_state["train.origins"] = 500
    sound(at.run())
    assert "is too short for 500 scored origins" in at.warning[0].value
    assert not launch_button(at).disabled


def test_nothing_chosen_is_nothing_to_train(ready):
    at = only(ready("nothing chosen"))
    assert "no model was chosen; choose at least one" in read(at).lower()
    assert (launch_button(at).label, launch_button(at).disabled) == ("Train 0 models", True)


def test_the_same_model_twice_has_a_number_and_can_be_taken_away(ready):
    at = ready("twins")
    sound(at.button("train.card.lstm.1.twin").click().run())
    assert launch_button(at).label == "Train 7 models"
    assert at.checkbox("train.card.lstm.2.on").label == "**LSTM 2**"
    sound(at.button("train.card.lstm.1.twin").click().run())
    assert at.checkbox("train.card.lstm.3.on").label == "**LSTM 3**"
    sound(at.button("train.card.lstm.2.drop").click().run())
    assert launch_button(at).label == "Train 7 models"
    assert "train.card.lstm.2.on" not in {one.key for one in at.checkbox}


def test_two_models_of_one_name_are_refused_in_words(ready):
    at = ready("same name")
    at.session_state["train.card.lstm.1.label"] = "GRU"
    sound(at.run())
    assert "2 models are called 'GRU'; give each a label of its own" in read(at)
    assert launch_button(at).disabled


@pytest.mark.parametrize("label", ["   ", "\t", "\u200f", "\n"])
def test_a_name_of_nothing_visible_is_the_first_name_again(ready, label):
    at = ready("no name")
    at.session_state["train.card.ar.1.label"] = label
    sound(at.run())
    assert at.checkbox("train.card.ar.1.on").label == "**AR**"
    assert not launch_button(at).disabled


@pytest.mark.parametrize("label", HOSTILE)
def test_any_name_of_a_model_is_only_a_name(ready, label):
    at = ready("named")
    at.session_state["train.card.ar.1.label"] = label
    sound(at.run())
    assert not launch_button(at).disabled
    assert " ".join("".join(sign if sign.isprintable() else " " for sign in label).split())[:12] in read(at)


def test_settings_are_drawn_from_the_model_and_what_differs_is_said(ready):
    at = ready("settings")
    at.button("train.card.lstm.1.open").click().run()
    sound(at)
    assert at.text_input("train.card.lstm.1.label").value == "LSTM"
    assert at.number_input("train.card.lstm.1.hidden").help.endswith("A whole number from 1 to 512.")
    at.session_state["train.card.lstm.1.hidden"] = 5
    sound(at.run())
    assert "hidden" in read(at).lower()


def test_a_run_that_is_watched_tells_each_model_and_can_be_cancelled(visit, bench):
    run_id = launched(bench, network("rnn", **LONG), *plain("naive"), workspace="hurried")
    until(lambda: bench.run("hurried", run_id).epochs and bench.run("hurried", run_id).record.tasks[1].state == "done", 60)
    at = sound(visit("train", "hurried", live=run_id))
    assert "1 of 2 models done" in read(at)
    assert "RNN" in at.progress[0].text
    assert " left" in at.progress[0].text
    assert "done in" in at.progress[1].text
    assert alt(at) == "Loss by epoch of 1 network"
    assert "Closing this page stops nothing" in read(at)
    assert at.run().page_link[-1].label.endswith("· in progress")
    compare = sound(visit("compare", "hurried", run=run_id))
    assert "1 of 2 models finished" in read(compare)
    assert "still running" in read(compare)
    assert "The run is not finished" in compare.info[0].value
    assert not [one for one in compare.button if one.label == "Share"]
    watched = sound(button(compare, "Watch it").click().run())
    assert "1 of 2 models done" in read(watched)
    runs = sound(visit("runs", "hurried"))
    assert runs.button(f"runs.open.{run_id}").label == "Watch"
    assert "Links" not in runs.menu_button(f"runs.more.{run_id}").options
    task = bench.progress("hurried", run_id).tasks[0]
    sound(at.button(f"live.cancel.{task.id}").click().run())
    ended(bench, run_id, workspace="hurried")
    sound(at.run())
    assert ":red[cancelled]" in at.progress[0].text
    assert at.button(f"live.retry.{task.id}").label == "Retry"
    assert bench.progress("hurried", run_id).state == "done"
    sound(at.button(f"live.retry.{task.id}").click().run())
    assert bench.progress("hurried", run_id).state in ("queued", "running")
    sound(at.button("live.cancel").click().run())
    ended(bench, run_id, workspace="hurried")
    assert bench.progress("hurried", run_id).tasks[0].state == "cancelled"


def test_why_there_is_no_curve_yet_is_said_in_its_place(visit, bench):
    run_id = launched(bench, network("rnn", **LONG | {"skip": "automatic"}), workspace="hurried")
    waiting = read(sound(visit("train", "hurried", live=run_id)))
    assert "The curves begin when the first network is trained." in waiting or "trained side by side" in waiting
    until(lambda: "epoch" in bench.progress("hurried", run_id).tasks[0].message, 60)
    at = sound(visit("train", "hurried", live=run_id))
    assert "Networks with and without a skip connection are trained side by side." in read(at)
    assert "selection fit, epoch" in read(at)
    assert not at.get("vega_lite_chart")
    bench.cancel("hurried", run_id)
    ended(bench, run_id, workspace="hurried")
    assert "There are no curves" in read(sound(visit("train", "hurried", live=run_id)))


def test_a_run_without_networks_has_no_place_for_curves(visit, ran):
    at = sound(visit("train", "partial", live=ran["partial"]))
    assert not at.get("vega_lite_chart")
    assert "curve" not in read(at)


def test_a_cancelled_run_says_so_and_offers_to_go_on(visit, ran):
    at = sound(visit("train", "cancelled", live=ran["cancelled"]))
    assert "The run was cancelled: 0 of 2 models finished." in read(at).replace("**", "")
    assert [one.label for one in at.button].count("Retry") == 2
    compare = sound(visit("compare", "cancelled"))
    assert compare.subheader[0].value == "No model has finished yet."
    assert "cancelled" in compare.dataframe[0].value["note"].tolist()


def test_a_failed_model_says_why_and_its_siblings_went_on(visit, ran):
    at = sound(visit("train", "one failed", live=ran["one failed"]))
    assert at.progress[0].text.startswith("**AR** · :red[failed]")
    assert "AR(1) explodes within 330 steps; choose a shorter order or horizon" in read(at)
    assert "done in" in at.progress[1].text
    at = sound(visit("train", "all failed", live=ran["all failed"]))
    assert "The run failed: 0 of 1 model finished." in read(at).replace("**", "")


def test_an_interrupted_run_is_resumed(visit, bench, ran):
    at = sound(visit("train", "interrupted", live=ran["interrupted"]))
    assert "Interrupted: 0 of 2 models had finished" in read(at).replace("**", "")
    sound(at.button("live.resume").click().run())
    assert ended(bench, ran["interrupted"], workspace="interrupted").state == "done"
    sound(at.run())
    assert "is off by" in read(at)


def test_a_run_that_is_gone_is_said_and_the_page_can_be_left(visit, bench):
    bench.add_series("gone", Panel((months(),)), "sales.csv")
    at = sound(visit("train", "gone", live="rubbish"))
    assert "There is no run 'rubbish' here; it may have been deleted" in read(at)
    sound(at.run())
    assert launch_button(at)


def test_an_edited_duplicate_has_the_settings_of_the_first(visit, bench):
    names = hostile_models()[:3]
    run_id = launched(bench, *names, network("lstm", "Small", hidden=6), workspace="edit", horizon=7, seed=5, stride=2)
    bench.cancel("edit", run_id)
    at = visit("runs", "edit")
    sound(at.menu_button(f"runs.more.{run_id}").click("edit").run())
    assert at.number_input("train.horizon").value == 7
    assert at.number_input("train.seed").value == 5
    assert at.number_input("train.stride").value == 2
    assert (at.number_input("train.blocks").value, at.selectbox("train.floor").value) == (1, "Never")
    assert launch_button(at).label == "Train 4 models"
    for name in names:
        assert name.label[:12] in read(at)
    assert "hidden" in read(at).lower()
    assert not launch_button(at).disabled
    sound(turned(at, "runs"))
    assert at.title[0].value == "Runs"
