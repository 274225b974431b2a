"""Changing a line of somebody's event leaves all others as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event

from bot.calendars.ics_text import (
    LARGEST,
    Property,
    escaped,
    fold,
    is_address,
    read,
    read_line,
    unescaped,
    write,
    write_line,
)
from bot.errors import CalendarRefused

ODD = (
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME;X-A="b;c:d":My\r\n  calendar\r\n'
    "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    "begin:vevent\nUID:1\nSUMMARY:Umlaut \xfc\n\tfolded\nDESCRIPTION:\\n\\, \\; BEGIN:VEVENT\n"
    "X-ODD\nBEGIN:VALARM\nACTION:DISPLAY\nEND:VALARM\nend:vevent\nEND:VCALENDAR"
)


def test_what_is_not_touched_is_written_back_as_it_was():
    assert write(read(ODD.encode())) == ODD.encode() + b"\r\n"


def test_bytes_that_are_no_text_survive():
    data = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:\xff\xfe\x80\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    calendar = read(data)
    (event,) = calendar.all("VEVENT")
    event.put(Property("SEQUENCE", (), "1"))
    assert write(calendar) == data.replace(b"END:VEVENT", b"SEQUENCE:1\r\nEND:VEVENT")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BEGIN:VCALENDAR",
        b"END:VCALENDAR",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"BEGIN:X\r\n" * 1_000,
        b"\x00" * 1_000,
    ],
)
def test_what_is_no_calendar_is_not_changed(data: bytes):
    with pytest.raises(CalendarRefused) as caught:
        read(data)
    assert caught.value.code == "unreadable"


def test_what_is_too_large_is_not_changed():
    with pytest.raises(CalendarRefused) as caught:
        read(b"X" * (LARGEST + 1))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("line", "read_as"),
    [
        ("SUMMARY:a:b;c\r\n", Property("SUMMARY", (), "a:b;c")),
        (
            "dtstart;tzid=Europe/Berlin:2026\r\n",
            Property("DTSTART", (("TZID", "Europe/Berlin"),), "2026"),
        ),
        (
            'ATTENDEE;CN="O; P: Q";RSVP=TRUE:mailto:x\r\n',
            Property("ATTENDEE", (("CN", "O; P: Q"), ("RSVP", "TRUE")), "mailto:x"),
        ),
        ("SUM\r\n MARY:a\r\n\tb\r\n", Property("SUMMARY", (), "ab")),
        ("X-ODD\r\n", Property("X-ODD", (), "")),
        ('X;A="open:b\r\n', Property('X;A="OPEN', (), "b")),
        ("X;A:b\r\n", Property("X", (("A", ""),), "b")),
    ],
)
def test_lines(line: str, read_as: Property):
    assert read_line(line) == read_as


def test_a_parameter_is_changed_in_its_place():
    line = read_line('ATTENDEE;PARTSTAT=NEEDS-ACTION;CN="Moreau, Ana":mailto:ana@example.com')
    assert write_line(line.with_param("PARTSTAT", "TENTATIVE")) == fold(
        'ATTENDEE;PARTSTAT=TENTATIVE;CN="Moreau, Ana":mailto:ana@example.com'
    )
    added = read_line("ATTENDEE:mailto:ana@example.com").with_param("PARTSTAT", "DECLINED")
    assert write_line(added) == "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com\r\n"


def test_several_values_of_a_parameter_stay_several():
    line = 'ATTENDEE;MEMBER="mailto:a@x","mailto:b@x":mailto:c@x\r\n'
    assert write_line(read_line(line)) == line


@pytest.mark.parametrize(
    ("line", "is_it"),
    [
        ("ATTENDEE:mailto:ana@example.com", True),
        ("ATTENDEE:MAILTO:Ana@Example.com", True),
        ("ATTENDEE;EMAIL=ana@example.com:urn:uuid:1", True),
        ("ATTENDEE;CN=ana@example.com:mailto:bo@example.com", False),
        ("ATTENDEE:mailto:ana@example.com.evil.example", False),
    ],
)
def test_whose_line_it_is(line: str, is_it: bool):  # noqa: FBT001 - a column of the table
    assert is_address(read_line(line), ("ana@example.com",)) is is_it


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"))


@given(TEXT)
def test_text_comes_back_as_a_real_parser_reads_it(text: str):
    line = write_line(Property("COMMENT", (), escaped(text)))
    assert all(len(piece.encode()) <= 75 for piece in line.split("\r\n"))
    assert unescaped(read_line(line).value) == text
    event = Event.from_ical(f"BEGIN:VEVENT\r\n{line}END:VEVENT\r\n")
    assert str(event["comment"]) == text


def test_a_comment_cannot_become_a_line_of_its_own():
    line = write_line(
        Property("COMMENT", (), escaped("x\r\nATTENDEE:mailto:evil@example.com\r\x00y"))
    )
    assert line == "COMMENT:x\\nATTENDEE:mailto:evil@example.comy\r\n"


@given(st.binary(max_size=400))
def test_no_bytes_at_all_are_a_surprise(data: bytes):
    wrapped = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + data + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    try:
        once = write(read(wrapped))
    except CalendarRefused:
        return
    assert write(read(once)) == once
