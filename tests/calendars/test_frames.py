"""What the reading processes send: all of it, and nothing several hundred times."""

import tracemalloc

from bot.calendars.frames import LENGTH_BYTES, Answer, Packed, Read, as_answer, framed
from bot.calendars.ical import read
from bot.domain.invites import Unclear, Unreadable
from tests.calendars.ics_files import OCTOBER, OWNER, REF, TZ, event, file

DAILY = ("DTSTART:20261005T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8")
CHANGE = ("RECURRENCE-ID:20261008T050000Z", "DTSTART:20261008T120000Z", "DURATION:PT2H")


def received(found: Read) -> Read | None:
    """What arrives of it at the other end."""
    answer = as_answer(framed(Answer(Packed.of(found), is_enough=False))[LENGTH_BYTES:])
    return answer.packed.read() if answer.packed else None


def test_what_arrives_is_what_was_read() -> None:
    found = read(file(event(*DAILY), event(*CHANGE)), REF, OWNER, OCTOBER, TZ)
    assert len(found.occurrences) > 300
    assert received(found) == found


def test_a_refusal_arrives() -> None:
    refusal = Read(unreadable=(Unreadable("/1.ics", '"7"', Unclear.ZONE, "1", "bo@x.example"),))
    assert received(refusal) == refusal


def test_guests_are_sent_and_kept_once() -> None:
    """Each of hundreds of occurrences with hundreds of long addresses takes half a kilobyte."""
    guests = [f"ATTENDEE:mailto:{number}{'x' * 200}@many.example" for number in range(170)]
    found = read(file(event(*DAILY, *guests)), REF, OWNER, OCTOBER, TZ)
    frame = framed(Answer(Packed.of(found), is_enough=False))
    assert len(frame) < 100_000
    tracemalloc.start()
    kept = received(found)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept == found
    assert size < 600 * len(found.occurrences)
