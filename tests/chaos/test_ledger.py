"""The ledger's own judgement: without it every campaign would end well."""

import pytest

from sandbox import Message
from tests.chaos.ledger import Entry, Fate, Reply, Sight, fate, tallies

OPENING = 1_000.0


def entry(reply=Reply.YES, **more):
    return Entry("note00001note", "hold", "U1", "U2", OPENING, reply=reply, **more)


def seen(copies=0, stale=0, back=0, held=0, now_s=OPENING + 1):
    return Sight(copies, stale, back, held, now_s)


def original(*, deleted):
    return Message("C1", "1.0", "U1", deleted=deleted)


@pytest.mark.parametrize(
    ("given", "sight", "expected"),
    [
        (entry(), seen(copies=1), Fate.DELIVERED),
        (entry(), seen(), Fate.LOST),
        (entry(), seen(copies=2), Fate.TWICE),
        (entry(), seen(copies=1, back=1), Fate.TWICE),
        (entry(), seen(copies=1, held=1), Fate.TWICE),
        (entry(), seen(back=1), Fate.RETURNED),
        (entry(), seen(held=1, now_s=OPENING - 1), Fate.HELD),
        (entry(), seen(held=1), Fate.LOST),  # its opening is over, and it still waits
        (entry(Reply.NONE), seen(), Fate.NOT_TAKEN),
        (entry(Reply.NONE), seen(copies=1), Fate.DELIVERED),
        (entry(Reply.NONE), seen(copies=2), Fate.TWICE),
        (entry(Reply.NO), seen(), Fate.NOT_TAKEN),
        (entry(Reply.NO), seen(copies=1), Fate.TWICE),  # handed back, and delivered as well
        (entry(cancelled=Reply.YES), seen(), Fate.CANCELLED),
        (entry(cancelled=Reply.YES), seen(copies=1), Fate.TWICE),
        (entry(cancelled=Reply.NONE), seen(), Fate.CANCELLED),
        (entry(cancelled=Reply.NONE), seen(copies=1), Fate.DELIVERED),
        (entry(cancelled=Reply.NO), seen(), Fate.LOST),
        (entry(former="note00000note"), seen(copies=1, stale=1), Fate.LOST),
        (entry(former="note00000note", edited=Reply.NONE), seen(copies=1, stale=1), Fate.DELIVERED),
        (entry(original=original(deleted=True)), seen(copies=1), Fate.DELIVERED),
        (entry(original=original(deleted=True)), seen(), Fate.LOST),
        (entry(original=original(deleted=False)), seen(), Fate.LOST),  # the yes was not kept
        (entry(original=original(deleted=False)), seen(copies=1), Fate.TWICE),
        (entry(Reply.NONE, original=original(deleted=False)), seen(), Fate.NOT_TAKEN),
        (entry(Reply.NONE, original=original(deleted=True)), seen(), Fate.LOST),
        (entry(stays=True, original=original(deleted=False)), seen(copies=1), Fate.DELIVERED),
        (entry(stays=True, original=original(deleted=False)), seen(), Fate.LOST),
    ],
)
def test_every_end_has_its_name(given, sight, expected):
    assert fate(given, sight) is expected


def test_what_was_promised_is_in_some_column():
    promised, silent = entry(), entry(Reply.NONE)
    (tally,) = tallies(
        [promised, silent], {promised: Fate.DELIVERED, silent: Fate.NOT_TAKEN}
    ).values()
    assert (tally.given, tally.balanced()) == (1, True)
    (tally,) = tallies([promised], {promised: Fate.NOT_TAKEN}).values()
    assert not tally.balanced()
