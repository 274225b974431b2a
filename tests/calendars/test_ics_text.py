"""Changing a line of somebody's event leaves all others as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event

from bot.calendars.ics_text import (
    LARGEST,
    escaped,
    fold,
    read,
    read_line,
    unescaped,
    write,
    write_line,
)
from bot.calendars.lines import Line
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
    event.put(Line("SEQUENCE", "SEQUENCE", "1"))
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
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
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
        ("SUMMARY:a:b;c\r\n", Line("SUMMARY", "SUMMARY", "a:b;c")),
        (
            "dtstart;tzid=Europe/Berlin:20261020t170000z\r\n",
            Line("DTSTART", "dtstart;tzid=Europe/Berlin", "20261020T170000Z"),
        ),
        (
            'ATTENDEE;CN="O; P: Q";RSVP=TRUE:mailto:x\r\n',
            Line("ATTENDEE", 'ATTENDEE;CN="O; P: Q";RSVP=TRUE', "mailto:x"),
        ),
        ("SUM\r\n MARY:a\r\n\tb\n c\r d\r\n", Line("SUMMARY", "SUMMARY", "abcd")),
        ("X-ODD\r\n", None),
        (" SUMMARY:a\r\n", None),
        ("BEGIN :VEVENT\r\n", None),
        ('X;A="open:b\r\n', Line("X", 'X;A="open', "b")),
        ("X;A:b\r\n", Line("X", "X;A", "b")),
    ],
)
def test_lines(line: str, read_as: Line | None):
    assert read_line(line) == read_as


def test_a_fold_in_the_middle_of_a_letter_is_undone():
    data = "SUMMARY:ä".encode()
    folded = (data[:-1] + b"\r\n " + data[-1:]).decode("utf-8", "surrogateescape")
    assert read_line(folded) == Line("SUMMARY", "SUMMARY", "ä")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('PARTSTAT=NEEDS-ACTION;CN="Moreau, Ana"', 'PARTSTAT=TENTATIVE;CN="Moreau, Ana"'),
        ("RSVP=TRUE", "RSVP=TRUE;PARTSTAT=TENTATIVE"),
        ("partstat=accepted;X=1", "partstat=TENTATIVE;X=1"),
        ("PARTSTAT=;X=1", "PARTSTAT=TENTATIVE;X=1"),
        ("PARTSTAT=ACCEPTED;PARTSTAT=DECLINED", "PARTSTAT=TENTATIVE;PARTSTAT=TENTATIVE"),
        ('X="a;PARTSTAT=DECLINED"', 'X="a;PARTSTAT=DECLINED";PARTSTAT=TENTATIVE'),
        ('X=c,"a;PARTSTAT=DECLINED"', 'X=c,"a;PARTSTAT=DECLINED";PARTSTAT=TENTATIVE'),
        ('X-TAGS="a b",c;PARTSTAT=X', 'X-TAGS="a b",c;PARTSTAT=TENTATIVE'),
        ('X-TAGS=c,"a b";PARTSTAT=X', 'X-TAGS=c,"a b";PARTSTAT=TENTATIVE'),
        ("X-TAGS=a,b;PARTSTAT=X", "X-TAGS=a,b;PARTSTAT=TENTATIVE"),
        ('MEMBER="mailto:a@x","mailto:b@x"', 'MEMBER="mailto:a@x","mailto:b@x";PARTSTAT=TENTATIVE'),
        ('CN=Ana "Annie" M;PARTSTAT=X', 'CN=Ana "Annie" M;PARTSTAT=TENTATIVE'),
    ],
)
def test_a_parameter_is_changed_in_its_place_and_all_others_stay(before: str, after: str):
    line = read_line(f"ATTENDEE;{before}:mailto:ana@example.com\r\n")
    assert line is not None
    changed = line.with_param("PARTSTAT", "TENTATIVE")
    assert write_line(changed) == fold(f"ATTENDEE;{after}:mailto:ana@example.com")
    assert changed.param("PARTSTAT") == "TENTATIVE"


@pytest.mark.parametrize(
    ("value", "written"),
    [("plain", "X;A=plain:"), ("a:b", 'X;A="a:b":'), ("a, b", 'X;A="a, b":'), ('a"b', "X;A=a b:")],
)
def test_a_value_is_quoted_where_it_has_to_be(value: str, written: str):
    assert write_line(Line("X", "X", "").with_param("A", value)) == f"{written}\r\n"


def test_a_mark_of_the_encoding_is_no_part_of_the_calendar():
    data = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
    assert write(read(b"\xef\xbb\xbf" + data)) == data


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"))


@given(TEXT)
def test_text_comes_back_as_a_real_parser_reads_it(text: str):
    line = write_line(Line("COMMENT", "COMMENT", escaped(text)))
    assert all(len(piece.encode()) <= 75 for piece in line.split("\r\n"))
    found = read_line(line)
    assert found is not None
    assert unescaped(found.value).strip() == text.strip()
    event = Event.from_ical(f"BEGIN:VEVENT\r\n{line}END:VEVENT\r\n")
    assert str(event["comment"]) == text


def test_a_comment_cannot_become_a_line_of_its_own():
    line = write_line(
        Line("COMMENT", "COMMENT", escaped("x\r\nATTENDEE:mailto:evil@example.com\r\x00y"))
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
