"""The settings of networks: the fields of a form are the fields that nets read, and what a family lacks has a fixed value."""

from dataclasses import fields

import pytest

from core.models.bridge import Bridge
from core.models.feedforward import FeedForward
from core.models.recurrent import GRU, EncoderDecoder
from core.windows.settings import DIRECT, SYNCED, Beside, Cells, Reading, Settings, Training
from tests.nets.small import Closed

MISSING = {
    "segment": 1,
    "topology": DIRECT,
    "bidirectional": False,
    "teacher_forcing": 0.0,
    "bptt": "full",
    "k1": None,
    "k2": None,
}


def test_what_a_family_has_no_field_for_is_fixed_and_no_setting():
    feedforward, bridge = FeedForward(), Bridge()
    assert {name: getattr(feedforward, name) for name in MISSING} == MISSING
    assert not set(MISSING) & set(feedforward.config())
    assert (feedforward.cell, bridge.skip) == ("window", "on")
    assert "skip" not in bridge.config()
    assert (GRU().cell, EncoderDecoder(cell="rnn").cell, Bridge(cell="gru").cell) == ("gru", "rnn", "gru")


def test_the_fields_stand_in_the_order_of_the_form():
    expected = [field.name for part in (Cells, Reading, Training, Beside) for field in fields(part)]
    assert list(GRU().config()) == expected
    assert not fields(Settings)


@pytest.mark.parametrize(
    ("settings", "ahead", "everywhere"),
    [
        ({}, 5, True),
        ({"topology": "encoder_decoder"}, 5, True),
        ({"topology": SYNCED}, 1, True),
        ({"topology": "many_to_one"}, 1, False),
        ({"bidirectional": True}, 5, False),
        ({"cell": "window"}, 5, False),
    ],
)
def test_what_follows_from_the_settings(settings, ahead, everywhere):
    found = Closed(**settings)
    assert (found.ahead(5), found.answers_at_every_step) == (ahead, everywhere)


@pytest.mark.parametrize(
    ("settings", "reads", "reach"),
    [
        ({}, 24, 24),
        ({"segment": 6}, 4, 24),
        ({"bptt": "detached", "k1": 2, "k2": 4}, 24, 24),
        ({"bptt": "reset", "k1": 2, "k2": 4}, 24, 4),
        ({"bptt": "reset", "k1": 1, "k2": 2, "segment": 6}, 4, 12),
    ],
)
def test_a_window_is_read_in_segments_and_no_further_back_than_training_could(settings, reads, reach):
    found = Closed(lookback=24, **settings)
    assert (found.reads, found.reach) == (reads, reach)
