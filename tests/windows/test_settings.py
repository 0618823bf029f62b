"""The settings of networks: the fields of a form are the fields that nets read, and what a family lacks has a fixed value."""

from dataclasses import fields

import pytest

from core.models.bridge import Bridge
from core.models.feedforward import FeedForward
from core.models.recurrent import GRU, EncoderDecoder
from core.windows.settings import Beside, Cells, Reading, Settings, Training
from tests.nets.small import LOOKBACK, Closed

MISSING = {"topology": "one_to_many", "bidirectional": False, "teacher_forcing": 0.0, "bptt": "full", "k1": None, "k2": None}


def test_what_a_family_has_no_field_for_is_fixed_and_no_setting():
    feedforward, bridge = FeedForward(), Bridge()
    assert {name: getattr(feedforward, name) for name in MISSING} == MISSING
    assert not set(MISSING) & set(feedforward.config())
    assert (feedforward.cell, bridge.skip) == ("window", 0)
    assert "skip" not in bridge.config()
    assert (GRU().cell, EncoderDecoder(cell="rnn").cell, Bridge(cell="gru").cell) == ("gru", "rnn", "gru")


def test_the_fields_stand_in_the_order_of_the_form():
    expected = [field.name for part in (Cells, Reading, Training, Beside) for field in fields(part)]
    assert list(GRU().config()) == expected
    assert not fields(Settings)


@pytest.mark.parametrize(
    ("settings", "ahead", "everywhere", "window"),
    [
        ({}, 5, True, None),
        ({"topology": "encoder_decoder"}, 5, True, None),
        ({"topology": "synced", "normalisation": "window"}, 1, True, LOOKBACK),
        ({"topology": "many_to_one"}, 1, False, None),
        ({"bidirectional": True}, 5, False, None),
        ({"cell": "window"}, 5, False, None),
    ],
)
def test_what_follows_from_the_settings(settings, ahead, everywhere, window):
    found = Closed(**settings)
    assert (found.ahead(5), found.answers_at_every_step, found.window) == (ahead, everywhere, window)
