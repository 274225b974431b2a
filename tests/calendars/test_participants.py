"""Whose line an ATTENDEE is: what its value says, and only else what a parameter says."""

import pytest

from bot.calendars import ics_edits
from bot.calendars.base import EventRef
from bot.calendars.ics_text import read, read_line
from bot.calendars.participants import address
from bot.domain.invites import Answer
from tests.calendars.ics_files import OWNER, event, file

ANA = OWNER[0]
INVITE = (
    "UID:1",
    "DTSTART:20261020T170000Z",
    "DTEND:20261020T180000Z",
    "ORGANIZER:mailto:bo@x.example",
)
HERS = "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ana@north.example"


@pytest.mark.parametrize(
    ("line", "who"),
    [
        ("ATTENDEE:mailto:ana@north.example", ANA),
        ("ATTENDEE:MAILTO:Ana@North.example", ANA),
        ("ATTENDEE:ana@north.example", ANA),
        ("ATTENDEE:mailto: ana@north.example", ANA),
        ("ATTENDEE:mailto:ana%40north.example", ANA),
        ("ATTENDEE:mailto:ana@nor\r th.example", ANA),
        ("ATTENDEE;EMAIL=Ana@North.example:urn:uuid:1", ANA),
        ("ATTENDEE;EMAIL=ana@north.example:/principals/carl@south.example/", ANA),
        ("ATTENDEE;EMAIL=ana@north.example:mailto:", ANA),
        ("ATTENDEE;EMAIL=ana@north.example:mailto:carl@south.example", "carl@south.example"),
        ("ATTENDEE;CN=ana@north.example:mailto:bo@south.example", "bo@south.example"),
        ("ATTENDEE:mailto:ana@north.example.evil.example", "ana@north.example.evil.example"),
        ("ATTENDEE:urn:uuid:1", ""),
        (f"ATTENDEE:mailto:{'x' * 255}@north.example", ""),
    ],
)
def test_who_a_line_is_about(line: str, who: str):
    found = read_line(line)
    assert found is not None
    assert address(found, OWNER) == who


@pytest.mark.parametrize(
    ("others", "answers"),
    [
        (
            "ATTENDEE;EMAIL=ana@north.example;PARTSTAT=ACCEPTED:mailto:carl@south.example",
            ["TENTATIVE", "ACCEPTED"],
        ),
        (
            "ATTENDEE;EMAIL=ana@north.example;PARTSTAT=ACCEPTED:urn:uuid:carl",
            ["TENTATIVE", "ACCEPTED"],
        ),
        (
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ANA@north.example",
            ["TENTATIVE", "TENTATIVE"],
        ),
    ],
)
def test_an_answer_is_written_to_the_owner_s_line_alone(others: str, answers: list[str]):
    calendar = read(file(event(HERS, others, base=INVITE)))
    for is_new in (True, False):
        known = EventRef("", "", "1")
        assert ics_edits.respond(calendar, known, OWNER, Answer.TENTATIVE, "") is is_new
    (found,) = calendar.all("VEVENT")
    assert [each.param("PARTSTAT") for each in found.properties("ATTENDEE")] == answers
