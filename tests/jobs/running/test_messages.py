import os
from multiprocessing import Pipe

import pytest

from core.jobs.running.messages import LONGEST, Message, receive, send
from core.progress import EpochLog
from core.store.records import EpochRecord

EPOCHS = tuple(EpochRecord(at, 0, "final", EpochLog(at, 1 / 3, 2 / 3, 0.1, 0.0, 1e-3, 0.02)) for at in range(100))


def sent(message):
    """The messages that arrive for one that is sent, and the bytes of the longest."""
    ear, mouth = Pipe(duplex=False)
    with ear, mouth:
        send(mouth, message)
        found = []
        while ear.poll():
            found.append(ear.recv_bytes())
    return [receive(content) for content in found], max(map(len, found))


def test_epochs_travel_in_pieces_that_a_pipe_takes_whole():
    found, longest = sent(Message("progress", 0.25, "epoch 100", epochs=EPOCHS))
    assert [epoch for one in found for epoch in one.epochs] == list(EPOCHS)
    assert {(one.kind, one.fraction, one.text) for one in found} == {("progress", 0.25, "epoch 100")}
    assert longest <= LONGEST


@pytest.mark.parametrize("kind", ["done", "failed"])
def test_an_end_is_said_after_all_its_epochs(kind):
    """Whoever hears it stops listening."""
    found, _ = sent(Message(kind, 1.0, "why", 2.0, EPOCHS))
    assert [epoch for one in found[:-1] for epoch in one.epochs] == list(EPOCHS)
    assert {(one.kind, one.text) for one in found[:-1]} == {("progress", "")}
    assert found[-1] == Message(kind, 1.0, "why", 2.0)


@pytest.mark.parametrize("letter", ["a", "é", "\x00", "\U0001f600", "\ud800"])
def test_a_long_text_is_shortened_whatever_its_letters(letter):
    (found,), longest = sent(Message("failed", 1.0, "why: " + 5000 * letter))
    assert found.text.startswith("why: " + 100 * letter)
    assert longest <= LONGEST


def test_nobody_at_the_other_end_is_an_error():
    ear, mouth = Pipe(duplex=False)
    ear.close()
    with mouth, pytest.raises(OSError, match=os.strerror(32)):
        send(mouth, Message("started"))
