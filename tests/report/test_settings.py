"""Settings in words, and what is said of those that a run chose itself."""

import numpy as np
import pytest

from core.models.registry import MODELS
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.report.outcome import last_fit
from core.report.settings import in_words, settled, worded
from tests.report.made import outcome_of

OPEN = {"skip": "automatic", "epochs": 60, "patience": 12, "lookback": 24, "penalty": None, "lags": None}
CLOSED = OPEN | {"skip": "on", "epochs": 14, "patience": 0, "penalty": 0.5, "lags": 13}


def lstm(**config):
    return ModelSpec("lstm", "mine", config)


def test_what_was_chosen_stands_first_and_numbers_have_their_noun():
    assert settled(lstm(**OPEN), lstm(**CLOSED)) == ("14 epochs", "skip connection on")
    assert settled(lstm(**OPEN), lstm(**CLOSED), is_whole=True) == (
        "14 epochs", "skip connection on", "lags of the skip connection 13", "penalty of the start 0.5",
    )  # fmt: skip
    assert settled(lstm(**OPEN), lstm(**CLOSED | {"epochs": 1}))[0] == "1 epoch"


def test_a_number_of_epochs_that_came_out_as_the_limit_was_chosen_all_the_same():
    assert "60 epochs" in settled(lstm(**OPEN), lstm(**CLOSED | {"epochs": 60}))
    given = OPEN | {"patience": 0}
    assert settled(lstm(**given), lstm(**given | {"skip": "off"})) == ("skip connection off",)


@pytest.mark.parametrize("name", ["lstm", "a model of old"])
def test_nothing_is_said_where_nothing_was_left_open(name):
    asked = ModelSpec(name, "mine", {"normalisation": "series", "skip": 13})
    assert settled(asked, asked) == ()
    assert settled(ModelSpec("a model of old", "mine"), ModelSpec("a model of old", "mine", {"x": 1})) == ()


def test_settings_of_an_older_version_are_told_by_their_names():
    assert in_words(ModelSpec("lstm", "mine", {"hidden": 16, "normalisation": "series", "skip": "on"})) == (
        "16 hidden units, normalisation series, skip connection on"
    )
    assert in_words(ModelSpec("gone", "mine", {"is_deep": True})) == "is_deep on"


def test_values_are_words():
    assert [worded(one) for one in (None, True, "many_to_one", "fed_back", "gru", 1234, 0.004)] == [
        "automatic", "on", "Many-to-one", "fed back", "GRU", "1,234", "0.004",
    ]  # fmt: skip


def test_a_run_says_what_its_regression_chose():
    made = outcome_of("naive", "linear", origins=5)
    (asked,) = [one for one in made.models if one.name == "linear"]
    (fitted,) = [one.model for one in made.done if one.model.name == "linear"]
    said = made.settled(MODELS["linear"].label)
    assert asked.config.get("ahead", "automatic") == "automatic"
    assert f"steps ahead {fitted.config['ahead'].replace('_', ' ')}" in said
    assert made.settled("Naive") == made.settled("unheard of") == ()


def test_of_several_fits_in_a_row_the_last_one_is_drawn():
    def epochs(*numbers):
        return [EpochLog(number, 1.0 / place, np.nan, 0.1, 0.0, 0.01, 0.2) for place, number in enumerate(numbers, 1)]

    assert [one.train_loss for one in last_fit(epochs(1, 2, 3, 1, 2))] == [1 / 4, 1 / 5]
    assert [one.epoch for one in last_fit(epochs(0, 1, 2))] == [0, 1, 2]
    assert last_fit([]) == []
