"""Hostile files are refused for the reason their owner reads, and cost next to nothing."""

import time

import pytest

from bot.calendars.ical import read
from bot.domain.invites import Unclear
from tests.calendars import hostile
from tests.calendars.ics_files import OCTOBER, OWNER, REF, TZ, event, file, opened, why

CHEAP_S = 2.0
"""What runs away takes minutes. The dearest of these takes a tenth of a second, and several times
that where the machine is busy or lines are counted.
"""

REFUSED = [
    *((hostile.ruled(rule), Unclear.RULE) for rule in hostile.RULES),
    *((data, Unclear.RULE) for data in hostile.RULED.values()),
    *((data, Unclear.SIZE) for data in hostile.SIZES.values()),
    *((data, Unclear.BROKEN) for data in hostile.BROKEN.values()),
    *((data, Unclear.ZONE) for data in hostile.ZONED.values()),
    (hostile.TOO_LARGE, Unclear.SIZE),
]
NAMES = [
    *(rule[:50] for rule in hostile.RULES),
    *hostile.RULED,
    *hostile.SIZES,
    *hostile.BROKEN,
    *hostile.ZONED,
    "too large",
]


@pytest.mark.parametrize(("data", "reason"), REFUSED, ids=NAMES)
def test_refused(data: bytes, reason: Unclear) -> None:
    began = time.process_time()
    assert why(data) is reason
    assert time.process_time() - began < CHEAP_S


@pytest.mark.parametrize("data", hostile.HARMLESS.values(), ids=hostile.HARMLESS)
def test_harmless(data: bytes) -> None:
    began = time.process_time()
    opened(data)
    assert time.process_time() - began < CHEAP_S


def test_a_title_cannot_write_another_line() -> None:
    """What reaches the library is written anew; nothing of the file's text is in it."""
    sneaky = ("UID:1\\nRRULE:FREQ=SECONDLY", "SUMMARY:x\\nRRULE:FREQ=SECONDLY")
    (found,) = opened(file(event(*hostile.SHORT, base=sneaky)))
    assert (found.uid, found.title) == ("1 RRULE:FREQ=SECONDLY", "x RRULE:FREQ=SECONDLY")


def test_what_is_shown_of_a_refused_file_is_short_and_plain() -> None:
    base = (
        "UID:" + "u" * 9_000,
        "SUMMARY:" + "t\x07" * 9_000,
        "ORGANIZER:mailto:" + "o" * 9_000 + "@x",
    )
    found = read(file(event(base=base)), REF, OWNER, OCTOBER, TZ).unreadable[0]
    assert (len(found.uid), len(found.title), found.organizer) == (500, 300, "")
    assert "\x07" not in found.title
