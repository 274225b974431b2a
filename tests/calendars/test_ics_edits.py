"""The bot changes what it means to change in an event, and nothing else."""

from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from bot.calendars import ics_edits
from bot.calendars.base import EventRef
from bot.calendars.ics_text import Component, read, write
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import CalendarRefused, CalendarUnsupported

ANA = ("ana@example.com",)
SINGLE = """
SUMMARY:Planning
DTSTART;TZID=Europe/Berlin:20261020T190000
DTEND;TZID=Europe/Berlin:20261020T200000
ORGANIZER;CN=Bo:mailto:bo@example.com
ATTENDEE;CN=Bo;PARTSTAT=ACCEPTED:mailto:bo@example.com
ATTENDEE;CN=Ana;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ANA@example.com
COMMENT:Bring the figures
SEQUENCE:3
"""
SERIES = SINGLE + "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20261103T190000\n"
MOVED = SINGLE.replace("20261020T19", "20261027T11").replace("20261020T20", "20261027T12") + (
    "RECURRENCE-ID;TZID=Europe/Berlin:20261027T190000\n"
)
OWN = SINGLE.replace("ORGANIZER;CN=Bo:mailto:bo", "ORGANIZER:mailto:ana")
ALL_DAY = SINGLE.replace(";TZID=Europe/Berlin:20261020T190000", ";VALUE=DATE:20261020").replace(
    ";TZID=Europe/Berlin:20261020T200000", ";VALUE=DATE:20261021"
)


def object_of(*events: str) -> bytes:
    """One calendar object with these events."""
    body = "".join(f"BEGIN:VEVENT\nUID:1{event}END:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def ref(recurrence_id: str = "") -> EventRef:
    """The event of `object_of`, or one occurrence of it."""
    return EventRef("/1.ics", "", "1", recurrence_id)


def changed_lines(before: bytes, calendar: Component) -> tuple[set[str], set[str]]:
    """Lines taken out, lines put in."""
    old, new = before.decode().splitlines(), write(calendar).decode().splitlines()
    return set(old) - set(new), set(new) - set(old)


def test_an_answer_changes_one_parameter_and_adds_a_comment():
    data = object_of(SINGLE)
    calendar = read(data)
    assert ics_edits.respond(
        calendar, ref(""), ANA, Answer.TENTATIVE, "Back on Monday; 09:00, or later"
    )
    assert changed_lines(data, calendar) == (
        {"ATTENDEE;CN=Ana;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ANA@example.com"},
        {
            "ATTENDEE;CN=Ana;PARTSTAT=TENTATIVE;RSVP=TRUE:mailto:ANA@example.com",
            "COMMENT;X-OFFHOURS=1:Back on Monday\\; 09:00\\, or later",
        },
    )


def test_the_same_answer_is_no_change_and_another_comment_replaces_ours():
    calendar = read(object_of(SINGLE))
    assert ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "One")
    once = write(calendar)
    assert not ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "One")
    assert write(calendar) == once
    assert ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "Two")
    assert write(calendar) == once.replace(b":One", b":Two")


def test_taking_an_answer_back_leaves_only_what_was_there():
    data = object_of(SINGLE)
    calendar = read(data)
    ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "One")
    ics_edits.respond(calendar, ref(""), ANA, Answer.NEEDS_ACTION, "")
    assert write(calendar) == data


def test_an_answer_to_a_series_goes_to_its_own_occurrences():
    calendar = read(object_of(SERIES, MOVED))
    ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "")
    assert write(calendar).count(b"PARTSTAT=TENTATIVE") == 2


def test_but_not_to_the_one_that_was_answered_by_hand():
    by_hand = MOVED.replace("NEEDS-ACTION", "DECLINED")
    calendar = read(object_of(SERIES, by_hand))
    ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "")
    assert write(calendar).count(b"PARTSTAT=TENTATIVE") == 1
    assert write(calendar).count(b"PARTSTAT=DECLINED") == 1


def test_an_occurrence_of_its_own_is_answered_where_it_stands():
    data = object_of(SERIES, MOVED)
    calendar = read(data)
    assert ics_edits.respond(calendar, ref("20261027T180000Z"), ANA, Answer.DECLINED, "")
    master, moved = calendar.all("VEVENT")
    assert "NEEDS-ACTION" in master.text()
    assert "PARTSTAT=DECLINED" in moved.text()


def test_an_occurrence_without_one_gets_its_own_event():
    """Two weeks on, past the clock change: 19:00 in Berlin is 18:00 UTC then, not 17:00."""
    data = object_of(SERIES)
    calendar = read(data)
    assert ics_edits.respond(calendar, ref("20261027T180000Z"), ANA, Answer.TENTATIVE, "No")
    master, new = Calendar.from_ical(write(calendar)).walk("VEVENT")
    assert master.to_ical() == Calendar.from_ical(data).walk("VEVENT")[0].to_ical()
    assert new["recurrence-id"].to_ical() == b"20261027T190000"
    assert new["recurrence-id"].params == {"TZID": "Europe/Berlin"}
    assert (new["dtstart"].to_ical(), new["dtend"].to_ical()) == (
        b"20261027T190000",
        b"20261027T200000",
    )
    assert (str(new["uid"]), str(new["summary"])) == ("1", "Planning")
    assert not {"rrule", "exdate"} & {name.lower() for name in new}
    assert [each.params["PARTSTAT"] for each in new["attendee"]] == ["ACCEPTED", "TENTATIVE"]


def test_an_occurrence_of_whole_days_gets_its_own_event():
    calendar = read(object_of(ALL_DAY + "RRULE:FREQ=WEEKLY;COUNT=4\n"))
    assert ics_edits.respond(calendar, ref("20261027"), ANA, Answer.TENTATIVE, "")
    _, new = Calendar.from_ical(write(calendar)).walk("VEVENT")
    found = [new[name].to_ical() for name in ("recurrence-id", "dtstart", "dtend")]
    assert found == [b"20261027", b"20261027", b"20261028"]
    assert new["dtstart"].params == {"VALUE": "DATE"}


def test_an_unknown_zone_is_not_guessed():
    calendar = read(object_of(SERIES.replace("Europe/Berlin", "Customized Time Zone")))
    with pytest.raises(CalendarUnsupported):
        ics_edits.respond(calendar, ref("20261027T180000Z"), ANA, Answer.TENTATIVE, "")


def test_a_copy_with_only_one_occurrence_is_answered():
    calendar = read(object_of(MOVED))
    assert ics_edits.respond(calendar, ref("20261027T180000Z"), ANA, Answer.TENTATIVE, "")
    with pytest.raises(CalendarRefused):
        ics_edits.respond(calendar, ref(""), ANA, Answer.TENTATIVE, "")


@pytest.mark.parametrize(
    ("events", "recurrence_id", "code"),
    [
        ((), "", "gone"),
        ((SINGLE,), "20261027T180000Z", "gone"),
        ((SINGLE.replace("ANA@", "somebody@"),), "", "not_invited"),
    ],
)
def test_what_cannot_be_answered(events: tuple[str, ...], recurrence_id: str, code: str):
    with pytest.raises(CalendarRefused) as caught:
        ics_edits.respond(read(object_of(*events)), ref(recurrence_id), ANA, Answer.TENTATIVE, "")
    assert caught.value.code == code


def test_a_mark_is_one_line_and_goes_without_a_trace():
    data = object_of(SINGLE)
    calendar = read(data)
    assert ics_edits.mark(calendar, ref(""), "outside hours")
    assert changed_lines(data, calendar) == (set(), {"X-OFFHOURS:outside hours"})
    assert not ics_edits.mark(calendar, ref(""), "outside hours")
    assert ics_edits.mark(calendar, ref(""), "")
    assert write(calendar) == data
    assert not ics_edits.mark(calendar, ref(""), "")


def test_marks_of_a_series_are_told_apart():
    data = object_of(SERIES, MOVED)
    calendar = read(data)
    ics_edits.mark(calendar, ref("20261110T180000Z"), "late")
    ics_edits.mark(calendar, ref("20261027T180000Z"), "moved")
    ics_edits.mark(calendar, ref(""), "all")
    master, moved = calendar.all("VEVENT")
    assert [line.strip() for line in master.lines if "X-OFF" in line] == [
        "X-OFFHOURS;X-OFFHOURS-OCCURRENCE=20261110T180000Z:late",
        "X-OFFHOURS:all",
    ]
    assert [line.strip() for line in moved.lines if "X-OFF" in line] == ["X-OFFHOURS:moved"]
    for recurrence_id in ("20261110T180000Z", "20261027T180000Z", ""):
        ics_edits.mark(calendar, ref(recurrence_id), "")
    assert write(calendar) == data


def span(month: int, day: int, hour: int) -> Span:
    """An hour, in UTC."""
    start = int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())
    return Span(start, start + 3600)


def test_a_moved_event_keeps_its_clock():
    data = object_of(OWN)
    calendar = read(data)
    ics_edits.move(calendar, ref(), ANA, span(11, 2, 9))
    assert changed_lines(data, calendar)[1] == {
        "DTSTART;TZID=Europe/Berlin:20261102T100000",
        "DTEND;TZID=Europe/Berlin:20261102T110000",
        "SEQUENCE:4",
    }


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("DTSTART:20261020T170000Z\nDTEND:20261020T180000Z", "DTSTART:20261102T090000Z"),
        ("DTSTART:20261020T170000Z\nDURATION:PT1H", "DTSTART:20261102T090000Z"),
        ("DTSTART:20261020T170000", "DTSTART:20261102T090000Z"),
        ("DTSTART;TZID=No Zone:20261020T170000", "DTSTART:20261102T090000Z"),
        (
            "DTSTART;TZID=W. Europe Standard Time:20261020T170000",
            "DTSTART;TZID=W. Europe Standard Time:20261102T100000",
        ),
    ],
)
def test_any_way_to_write_a_time_is_moved(before: str, line: str):
    calendar = read(object_of(f"\n{before}\nSUMMARY:Mine\n"))
    ics_edits.move(calendar, ref(), ANA, span(11, 2, 9))
    text = write(calendar).decode()
    assert line in text.splitlines()
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert "DURATION" not in event
    assert len([name for name in event if name.lower() in {"dtstart", "dtend"}]) == 2


@pytest.mark.parametrize(
    "event",
    [
        SERIES.replace("mailto:bo@example.com\nATT", "mailto:ana@example.com\nATT", 1),
        ALL_DAY.replace("ORGANIZER;CN=Bo:mailto:bo", "ORGANIZER:mailto:ana"),
    ],
)
def test_series_and_whole_days_are_not_moved(event: str):
    with pytest.raises(CalendarUnsupported) as caught:
        ics_edits.move(read(object_of(event)), ref(), ANA, span(11, 2, 9))
    assert caught.value.capability == "moves"


def test_somebody_else_s_event_is_not_moved():
    with pytest.raises(CalendarRefused) as caught:
        ics_edits.move(read(object_of(SINGLE)), ref(), ANA, span(11, 2, 9))
    assert caught.value.code == "not_yours"
