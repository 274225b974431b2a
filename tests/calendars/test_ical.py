"""What an invite in a CalDAV calendar says, field by field."""

from dataclasses import replace

import pytest

from bot.calendars.ical import read
from bot.domain.invites import Answer, Occurrence, Unclear, Unreadable
from bot.domain.spans import Span
from tests.calendars.ics_files import (
    INVITE,
    OCTOBER,
    OWNER,
    REF,
    TZ,
    at,
    event,
    file,
    opened,
    starts,
    utc,
    why,
)

WHEN = ("DTSTART;TZID=Europe/Berlin:20261020T190000", "DTEND;TZID=Europe/Berlin:20261020T200000")
OWN = ("UID:own@north.example", "SUMMARY:Dentist")

PLANNING = Occurrence(
    object_id=REF.object_id,
    etag=REF.etag,
    uid="plan-1@south.example",
    recurrence_id="",
    series_at=at(2026, 10, 20, 19),
    start_at=at(2026, 10, 20, 19),
    end_at=at(2026, 10, 20, 20),
    organizer="bo@south.example",
    attendees=("ana@north.example", "bo@south.example"),
    title="Planning",
)


def test_a_single_invite() -> None:
    more = ("SEQUENCE:3", "CREATED:20261001T080000Z", "X-WHATEVER:1", "DESCRIPTION:long")
    expected = replace(PLANNING, sequence=3, booked_at=utc(2026, 10, 1, 8))
    assert opened(file(event(*WHEN, *more))) == (expected,)


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("STATUS:CANCELLED", {"is_cancelled": True}),
        ("STATUS:CONFIRMED", {}),
        ("TRANSP:TRANSPARENT", {"is_transparent": True}),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", {"is_transparent": True}),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", {}),  # the organiser's word does not send Ana away
        ("SEQUENCE:-1", {}),
        ("SEQUENCE:99999999999999999999", {}),
        ("CREATED:20261001T080000", {}),  # without a zone it names no instant
        ("CREATED:yesterday", {}),
    ],
)
def test_what_one_line_changes(line: str, changes: dict[str, object]) -> None:
    assert opened(file(event(*WHEN, line))) == (replace(PLANNING, **changes),)


@pytest.mark.parametrize(
    ("params", "changes"),
    [
        ("PARTSTAT=ACCEPTED", {"answer": Answer.ACCEPTED}),
        ("PARTSTAT=Tentative", {"answer": Answer.TENTATIVE}),
        ("PARTSTAT=DECLINED;CN=Ana", {"answer": Answer.DECLINED}),
        ("PARTSTAT=DELEGATED", {"answer": Answer.DECLINED}),
        ("PARTSTAT=X-MAYBE", {}),
        ("ROLE=OPT-PARTICIPANT", {"is_optional": True}),
        ("ROLE=REQ-PARTICIPANT", {}),
        ('CN="Ana; the one: here"', {}),
        ('CN="odd', {}),
    ],
)
def test_how_the_owner_is_invited(params: str, changes: dict[str, object]) -> None:
    base = (*INVITE[:3], f"ATTENDEE;{params}:mailto:ana@north.example", INVITE[4])
    assert opened(file(event(*WHEN, base=base))) == (replace(PLANNING, **changes),)


@pytest.mark.parametrize(
    "value",
    [
        "MAILTO:ANA@North.Example",
        "mailto:ana%40north.example",
        "mailto:%41NA%40north.example",
        "mailto: ana@north.example",
        "ana@north.example",
    ],
)
def test_an_address_is_the_same_however_it_is_written(value: str) -> None:
    base = (*INVITE[:3], f"ATTENDEE;PARTSTAT=ACCEPTED:{value}", INVITE[4])
    (found,) = opened(file(event(*WHEN, base=base)))
    assert found.attendees == ("ana@north.example", "bo@south.example")
    assert found.answer is Answer.ACCEPTED


def test_an_address_in_a_parameter_counts() -> None:
    """Some servers have an id of their own as the value."""
    line = 'ATTENDEE;EMAIL="Ana@north.example";PARTSTAT=ACCEPTED:/principals/17/'
    (found,) = opened(file(event(*WHEN, base=(*INVITE[:3], line, INVITE[4]))))
    assert found.answer is Answer.ACCEPTED


@pytest.mark.parametrize("value", ["mailto:carl@west.example", "CARL@west.example"])
@pytest.mark.parametrize("place", [3, 4, 5])
def test_a_parameter_does_not_make_somebody_else_the_owner(value: str, place: int) -> None:
    """Carl's answer, with the owner's address as a parameter, is still Carl's."""
    carl = f"ATTENDEE;EMAIL=ana@north.example;PARTSTAT=ACCEPTED:{value}"
    (found,) = opened(file(event(*WHEN, base=(*INVITE[:place], carl, *INVITE[place:]))))
    assert found.answer is Answer.NEEDS_ACTION
    assert sorted(found.attendees) == [
        "ana@north.example",
        "bo@south.example",
        "carl@west.example",
    ]


@pytest.mark.parametrize("place", [3, 4, 5])
def test_a_line_by_address_goes_before_one_by_parameter(place: int) -> None:
    named = "ATTENDEE;EMAIL=ana@north.example;PARTSTAT=ACCEPTED:urn:uuid:17"
    (found,) = opened(file(event(*WHEN, base=(*INVITE[:place], named, *INVITE[place:]))))
    assert found.answer is Answer.NEEDS_ACTION


def test_a_parameter_does_not_make_an_event_the_owners() -> None:
    organizer = "ORGANIZER;EMAIL=ana@north.example:mailto:bo@south.example"
    (found,) = opened(file(event(*WHEN, base=(*INVITE[:2], organizer, *INVITE[3:]))))
    assert (found.organizer, found.is_own) == ("bo@south.example", False)


def test_the_owner_may_be_invited_by_an_alias() -> None:
    owner = ("a.nova@north.example", *OWNER)
    (found,) = opened(file(event(*WHEN)), owner=owner)
    assert found.answer is Answer.NEEDS_ACTION
    assert not found.is_own


def test_what_is_no_address_is_no_attendee() -> None:
    """Also not a name of a list, a line break, or an address longer than any."""
    lines = [
        f"ATTENDEE:{value}"
        for value in ("invalid:nomail", "mailto:<x@y>", "mailto:" + "x" * 300 + "@y.example")
    ]
    assert opened(file(event(*WHEN, *lines))) == (PLANNING,)


def test_an_organizer_without_an_address_is_still_somebody_else() -> None:
    base = (*INVITE[:2], "ORGANIZER;CN=Bo:invalid:nomail", *INVITE[3:])
    (found,) = opened(file(event(*WHEN, base=base)))
    assert found.organizer == ""
    assert not found.is_own


@pytest.mark.parametrize(
    "base",
    [
        OWN,
        (*OWN, "ORGANIZER:mailto:ana@north.example", INVITE[4]),
        (*OWN, "ORGANIZER:mailto:stage@theatre.example"),  # a ticket; nobody was invited
        (*OWN, INVITE[4]),  # nobody could be answered
    ],
)
def test_own_events(base: tuple[str, ...]) -> None:
    (found,) = opened(file(event(*WHEN, base=base)))
    assert found.is_own


def test_out_of_office_is_the_owners_own_word() -> None:
    (found,) = opened(file(event(*WHEN, "X-MICROSOFT-CDO-BUSYSTATUS:OOF", base=OWN)))
    assert found.is_out_of_office


def test_text_is_unfolded_unescaped_and_of_one_line() -> None:
    """A fold may part the bytes of one letter, and a control character is worth a space."""
    title = "SUMMARY:Caf\\, \\; \\\\ two\\nlines \x07 ü".encode()
    data = file(event(*WHEN)).replace(b"SUMMARY:Planning", title)
    data = data.replace("ü".encode(), b"\xc3\r\n \xbc")
    (found,) = opened(data)
    assert found.title == "Caf, ; \\ two lines ü"


@pytest.mark.parametrize("ending", [b"\r\n", b"\n", b"\r"])
def test_any_line_ending(ending: bytes) -> None:
    data = b"\xef\xbb\xbf" + file(event(*WHEN)).replace(b"\r\n", ending)
    assert opened(data) == (PLANNING,)


def test_an_event_without_end_takes_no_time() -> None:
    (found,) = opened(file(event(WHEN[0])))
    assert found.span == Span(at(2026, 10, 20, 19), at(2026, 10, 20, 19))


def test_a_duration_in_place_of_an_end() -> None:
    (found,) = opened(file(event(WHEN[0], "DURATION:PT1H30M")))
    assert found.end_at == at(2026, 10, 20, 20, 30)


@pytest.mark.parametrize(
    ("tz", "expected"),
    [
        ("Europe/Berlin", Span(at(2026, 10, 25), at(2026, 10, 26))),  # 25 hours
        ("America/Sao_Paulo", Span(utc(2026, 10, 25, 3), utc(2026, 10, 26, 3))),
        ("Pacific/Kiritimati", Span(utc(2026, 10, 24, 10), utc(2026, 10, 25, 10))),
    ],
)
def test_a_whole_day_is_a_day_of_the_owners(tz: str, expected: Span) -> None:
    for end in (
        (),
        ("DTEND;VALUE=DATE:20261026",),
        ("DTEND;VALUE=DATE:20261025",),
        ("DURATION:P1D",),
    ):
        (found,) = opened(file(event("DTSTART;VALUE=DATE:20261025", *end)), tz=tz)
        assert found.is_all_day
        assert found.span == expected


def test_a_flight_ends_in_another_zone() -> None:
    lines = (
        "DTSTART;TZID=Europe/Berlin:20261020T100000",
        "DTEND;TZID=America/New_York:20261020T130000",
    )
    (found,) = opened(file(event(*lines)))
    assert found.end_at - found.start_at == 9 * 3600


@pytest.mark.parametrize(
    ("begin", "end", "count"),
    [
        ("20260930T230000", "20261001T000000", 0),  # ends as the window begins
        ("20260930T230000", "20261001T000100", 1),
        ("20261001T000000", "20261001T000000", 1),  # no time at all, at its very start
        ("20261129T235900", "20261130T010000", 1),
        ("20261130T000000", "20261130T010000", 0),
    ],
)
def test_only_what_touches_the_window(begin: str, end: str, count: int) -> None:
    lines = (f"DTSTART;TZID=Europe/Berlin:{begin}", f"DTEND;TZID=Europe/Berlin:{end}")
    assert len(opened(file(event(*lines)))) == count


def test_other_components_are_passed_over() -> None:
    todo = "BEGIN:VTODO\r\nUID:1\r\nDUE:20261020T100000Z\r\nEND:VTODO"
    free = "BEGIN:VAVAILABILITY\r\nBEGIN:AVAILABLE\r\nUID:2\r\nEND:AVAILABLE\r\nEND:VAVAILABILITY"
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nUID:3\r\nSUMMARY:Alarm\r\nEND:VALARM"
    assert opened(file(todo, free)) == ()
    assert opened(file(event(*WHEN, alarm), todo)) == (PLANNING,)


def test_what_cannot_be_read_is_named_as_far_as_possible() -> None:
    found = read(file(event("DTSTART:20261020T190000")), REF, OWNER, OCTOBER, TZ)
    assert found.unreadable == (
        Unreadable(
            object_id=REF.object_id,
            etag=REF.etag,
            why=Unclear.ZONE,
            uid="plan-1@south.example",
            organizer="bo@south.example",
            title="Planning",
        ),
    )


def test_a_window_has_to_be_short() -> None:
    with pytest.raises(ValueError, match="too long"):
        read(file(event(*WHEN)), REF, OWNER, Span(0, 76 * 86_400), TZ)


def test_one_bad_event_spoils_the_object() -> None:
    """Its exceptions may be what the others are understood by."""
    bad = event(
        "RECURRENCE-ID:20261027T180000Z", "DTSTART:20261027T190000", "DTEND:20261027T200000"
    )
    good = event(*WHEN, "RRULE:FREQ=WEEKLY")
    assert why(file(good, bad)) is Unclear.ZONE


def test_a_time_without_zone_is_the_owners_when_nobody_else_is_meant() -> None:
    floating = ("DTSTART:20261020T190000", "DTEND:20261020T200000")
    assert starts(file(event(*floating, base=OWN)), tz="Asia/Tokyo") == ["2026-10-20 19:00"]
    alone = (*OWN, "ORGANIZER:mailto:ana@north.example", "ATTENDEE:mailto:ana@north.example")
    assert starts(file(event(*floating, base=alone))) == ["2026-10-20 19:00"]
    for base in (INVITE, (*OWN, "ORGANIZER:mailto:ana@north.example", INVITE[4])):
        assert why(file(event(*floating, base=base))) is Unclear.ZONE
