"""An answer changes the answer, and neither when anything is nor what anybody else said.

Each occurrence that is read is answered in turn, and the file is read again. Where the time of one
occurrence cannot be written for certain it is left alone.
"""

import pytest

from bot.calendars import ics_edits, ics_text
from bot.calendars.base import EventRef
from bot.domain.invites import Answer, Occurrence
from bot.domain.spans import Span
from bot.errors import CalendarUnsupported
from tests.calendars.ics_files import INVITE, OWNER, REF, at, event, file, opened, utc

NEW_YORK, BERLIN = "TZID=America/New_York", "TZID=Europe/Berlin"
OTHER = ("UID:another", *INVITE[1:])
WEEKLY = (
    f"DTSTART;{NEW_YORK}:20260908T120000",
    f"DTEND;{NEW_YORK}:20260908T130000",
    "RRULE:FREQ=WEEKLY",
)
MOVED = (f"DTSTART;{NEW_YORK}:20261014T120000", f"DTEND;{NEW_YORK}:20261014T130000")


def with_summer_time(tzid: str) -> str:
    """A zone of the file's own, an hour ahead of UTC, two in summer."""
    return "\r\n".join(
        (
            *("BEGIN:VTIMEZONE", f"TZID:{tzid}"),
            *("BEGIN:DAYLIGHT", "DTSTART:19810329T020000"),
            *("TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"),
            *("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT"),
            *("BEGIN:STANDARD", "DTSTART:19961027T030000"),
            *("TZOFFSETFROM:+0200", "TZOFFSETTO:+0100"),
            *("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE"),
        )
    )


OF_ITS_OWN = event(
    "DTSTART;TZID=GMT+0100:20260908T180000",
    "DTEND;TZID=GMT+0100:20260908T190000",
    "RRULE:FREQ=WEEKLY",
)


def times(found: tuple[Occurrence, ...]) -> dict[tuple[str, str], tuple[Span, Answer]]:
    """When each is, and what the owner answered."""
    return {each.key: (each.span, each.answer) for each in found}


def answered(data: bytes, one: Occurrence) -> bytes:
    """The file after an answer to one of its occurrences."""
    calendar = ics_text.read(data)
    known = EventRef(REF.object_id, REF.etag, one.uid, one.recurrence_id)
    ics_edits.respond(calendar, known, OWNER, Answer.TENTATIVE, "Back on Monday")
    return ics_text.write(calendar)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(file(event(*WEEKLY)), id="a series over a clock change"),
        pytest.param(
            file(
                event(
                    f"DTSTART;{BERLIN}:20261003T230000",
                    f"DTEND;{BERLIN}:20261004T050000",
                    "RRULE:FREQ=WEEKLY",
                )
            ),
            id="a night with a clock change in it",
        ),
        pytest.param(
            file(
                event(
                    f"DTSTART;{NEW_YORK}:20261004T013000",
                    f"DTEND;{NEW_YORK}:20261004T023000",
                    "RRULE:FREQ=WEEKLY",
                )
            ),
            id="into the hour that comes twice",
        ),
        pytest.param(
            file(
                event(
                    f"DTSTART;{NEW_YORK}:20260908T120000",
                    f"DTEND;{BERLIN}:20260908T190000",
                    "RRULE:FREQ=WEEKLY",
                )
            ),
            id="an end in another zone",
        ),
        pytest.param(
            file(
                event(f"DTSTART;{BERLIN}:20261020T190000", "DURATION:PT1H", "RRULE:FREQ=DAILY"),
                event(
                    f"RECURRENCE-ID;{BERLIN}:20261022T190000",
                    f"DTSTART;{BERLIN}:20261022T110000",
                    "DURATION:PT2H",
                ),
            ),
            id="a length instead of an end",
        ),
        pytest.param(
            file(
                event(
                    "DTSTART;VALUE=DATE:20261006",
                    "DTEND;VALUE=DATE:20261007",
                    "RRULE:FREQ=WEEKLY",
                ),
                event(
                    "RECURRENCE-ID:20261013T000000Z",
                    "DTSTART;VALUE=DATE:20261014",
                    "DTEND;VALUE=DATE:20261015",
                ),
            ),
            id="a day that is called by a time",
        ),
        pytest.param(
            file(event(*WEEKLY), event(f"RECURRENCE-ID;{BERLIN}:20261013T180000", *MOVED)),
            id="an occurrence called by a time in another zone",
        ),
        pytest.param(
            file(event(*WEEKLY), event("RECU\r\n RRENCE-ID:20261013T160000Z", *MOVED)),
            id="a name with a fold in it",
        ),
        pytest.param(
            file(
                event(*WEEKLY),
                event("RECURRENCE-ID:20261013T160000Z", "SEQUENCE:1", *WEEKLY[:2]),
                event("RECURRENCE-ID:20261013T160000Z", "SEQUENCE:2", *MOVED),
            ),
            id="one occurrence changed twice",
        ),
        pytest.param(
            file(event(*WEEKLY), event(*MOVED, "RRULE:FREQ=WEEKLY", base=OTHER)),
            id="two series in one object",
        ),
        pytest.param(
            file(event(*WEEKLY[:1]), event(*MOVED, base=OTHER)), id="two events in one object"
        ),
        pytest.param(
            file(
                with_summer_time("GMT+0100"), OF_ITS_OWN.replace("RRULE:FREQ=WEEKLY", "SEQUENCE:1")
            ).replace(b"20260908", b"20261006"),
            id="a single event in a zone of its own",
        ),
    ],
)
def test_every_occurrence_can_be_answered_by_itself(data: bytes):
    before = opened(data)
    for one in before:
        after = times(opened(answered(data, one)))
        assert after == {**times(before), one.key: (one.span, Answer.TENTATIVE)}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            file(
                event(*WEEKLY),
                event(f"RECURRENCE-ID;RANGE=THISANDFUTURE;{NEW_YORK}:20261006T120000", *MOVED),
            ),
            id="a change of all that follow",
        ),
        pytest.param(
            file(with_summer_time("GMT+0100"), OF_ITS_OWN), id="a zone that the file defines"
        ),
        pytest.param(
            file(
                event(*WEEKLY),
                with_summer_time("GMT+0100"),
                event("RECURRENCE-ID;TZID=GMT+0100:20261013T180000", *MOVED),
            ),
            id="an occurrence called by a time in such a zone",
        ),
        pytest.param(
            file(
                event(
                    "DTSTART:20261006T180000Z",
                    "DTEND:20261006T190000Z",
                    "RDATE;VALUE=PERIOD:20261008T180000Z/20261008T210000Z,20261009T180000Z/PT30M",
                )
            ),
            id="lengths of their own",
        ),
    ],
)
def test_an_occurrence_that_cannot_be_written_for_certain_is_left_alone(data: bytes):
    for one in opened(data):
        with pytest.raises(CalendarUnsupported) as caught:
            answered(data, one)
        assert caught.value.capability == "occurrence_replies"


def test_beside_a_change_of_all_that_follow_a_change_of_one_can_be_answered():
    data = file(
        event(*WEEKLY),
        event(f"RECURRENCE-ID;{NEW_YORK}:20261006T120000", *MOVED),
        event(f"RECURRENCE-ID;RANGE=THISANDFUTURE;{NEW_YORK}:20261020T120000", *WEEKLY[:2]),
    )
    calendar = ics_text.read(data)
    known = EventRef(REF.object_id, "", INVITE[0][4:], "20261006T160000Z")
    assert ics_edits.respond(calendar, known, OWNER, Answer.DECLINED, "")
    answers = [each.properties("ATTENDEE") for each in calendar.all("VEVENT")]
    assert [next(each).param("PARTSTAT") for each in answers] == [
        "NEEDS-ACTION",
        "DECLINED",
        "NEEDS-ACTION",
    ]


def test_an_hour_that_the_clocks_leave_out_is_not_guessed():
    """02:30 on 29 March 2026 in Berlin is read as 03:30; the rule still calls it 02:30."""
    data = file(
        event(f"DTSTART;{BERLIN}:20260301T023000", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;COUNT=9")
    )
    window = Span(at(2026, 3, 20), at(2026, 4, 10))
    skipped, usual = opened(data, window)[1:3]
    assert (skipped.start_at, usual.start_at) == (utc(2026, 3, 29, 1, 30), utc(2026, 4, 5, 0, 30))
    with pytest.raises(CalendarUnsupported):
        answered(data, skipped)
    assert times(opened(answered(data, usual), window))[usual.key] == (usual.span, "tentative")


@pytest.mark.parametrize("hour", [0, 1, 8])
@pytest.mark.parametrize("tz", ["GMT+0100", "Europe/Berlin", "Customized Time Zone"])
def test_the_owner_s_event_is_moved_to_the_time_that_was_meant(tz: str, hour: int):
    """25 October: at 00:00 and 01:00 UTC the clocks in Berlin show 02:00, twice."""
    own = (
        "UID:1",
        f"ORGANIZER:mailto:{OWNER[0]}",
        "ATTENDEE:mailto:bo@south.example",
        f"DTSTART;TZID={tz}:20261006T180000",
        f"DTEND;TZID={tz}:20261006T190000",
    )
    calendar = ics_text.read(file(with_summer_time(tz), event(base=own)))
    wanted = Span(utc(2026, 10, 25, hour), utc(2026, 10, 25, hour + 1))
    ics_edits.move(calendar, EventRef("", "", "1"), OWNER, wanted)
    (found,) = opened(ics_text.write(calendar))
    assert found.span == wanted


def test_marks_do_not_cross_from_one_event_to_another():
    calendar = ics_text.read(file(event(*WEEKLY), event(*MOVED, base=OTHER)))
    assert ics_edits.mark(calendar, EventRef("", "", "another"), "late")
    assert [each.value("X-OFFHOURS") for each in calendar.all("VEVENT")] == ["", "late"]
