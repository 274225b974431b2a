"""Working hours out of VAVAILABILITY, where they are a plain week."""

import pytest

from bot.calendars.base import HoursFound
from bot.calendars.vavailability import weekly_hours


def week(*available: str, extra: str = "") -> bytes:
    """A VAVAILABILITY with these AVAILABLEs."""
    body = "".join(f"BEGIN:AVAILABLE\nUID:x\n{each}\nEND:AVAILABLE\n" for each in available)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VAVAILABILITY\nUID:a\n{extra}{body}END:VAVAILABILITY\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


BERLIN = "DTSTART;TZID=Europe/Berlin:20260105T"  # a Monday
MORNING = (
    f"{BERLIN}090000\nDTEND;TZID=Europe/Berlin:20260105T123000\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"
)
AFTERNOON = f"{BERLIN}133000\nDURATION:PT4H30M\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"
FRIDAY = "DTSTART;TZID=Europe/Berlin:20260109T090000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY"


def test_a_week_is_read():
    assert weekly_hours(week(MORNING, AFTERNOON, FRIDAY)) == HoursFound(
        "Mon–Thu 09:00–12:30, 13:30–18:00; Fri 09:00–13:00", "Europe/Berlin", "caldav"
    )


@pytest.mark.parametrize(
    ("available", "weekly", "tz"),
    [
        (
            f"{BERLIN}220000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;BYDAY=FR",
            "Fri 22:00–06:00",
            "Europe/Berlin",
        ),
        (
            f"{BERLIN}090000\nDURATION:PT8H\nRRULE:FREQ=DAILY",
            "Mon–Sun 09:00–17:00",
            "Europe/Berlin",
        ),
        (
            f"{BERLIN}090000\nDURATION:PT8H\nRRULE:BYDAY=MO;FREQ=WEEKLY;INTERVAL=1",
            "Mon 09:00–17:00",
            "Europe/Berlin",
        ),
        (
            "DTSTART;TZID=W. Europe Standard Time:20260105T090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY",
            "Mon 09:00–17:00",
            "Europe/Berlin",
        ),
        ("DTSTART:20260105T090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY", "Mon 09:00–17:00", ""),
        ("DTSTART:20260105T090000Z\nDURATION:PT8H\nRRULE:FREQ=WEEKLY", "Mon 09:00–17:00", "UTC"),
        (f"{BERLIN}000000\nDURATION:P1D\nRRULE:FREQ=WEEKLY", "Mon 00:00–24:00", "Europe/Berlin"),
    ],
)
def test_ways_to_say_it(available: str, weekly: str, tz: str):
    assert weekly_hours(week(available)) == HoursFound(weekly, tz, "caldav")


@pytest.mark.parametrize(
    "available",
    [
        f"{BERLIN}090000\nDURATION:PT8H",  # once
        f"{BERLIN}090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;INTERVAL=2",
        f"{BERLIN}090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;UNTIL=20260201T000000Z",
        f"{BERLIN}090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;COUNT=3",
        f"{BERLIN}090000\nDURATION:PT8H\nRRULE:FREQ=SECONDLY",
        f"{BERLIN}090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;BYDAY=XX",
        f"{BERLIN}090000\nDURATION:P99999999999D\nRRULE:FREQ=WEEKLY",
        f"{BERLIN}090000\nDURATION:-PT8H\nRRULE:FREQ=WEEKLY",
        f"{BERLIN}090000\nRRULE:FREQ=WEEKLY",
        "DTSTART;TZID=No Zone:20260105T090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY",
        "DTSTART:not a time\nDURATION:PT8H\nRRULE:FREQ=WEEKLY",
        "RRULE:FREQ=WEEKLY",
    ],
)
def test_what_is_no_plain_week_is_nothing(available: str):
    assert weekly_hours(week(available)) is None


def test_hours_for_a_while_are_no_week():
    assert weekly_hours(week(MORNING, extra="DTEND:20260201T000000Z\n")) is None


def test_two_zones_are_no_week():
    other = MORNING.replace("Europe/Berlin", "America/New_York")
    assert weekly_hours(week(MORNING, other)) is None


def test_touching_and_overlapping_stretches_are_one():
    touching = f"{BERLIN}120000\nDURATION:PT5H\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"
    found = weekly_hours(week(MORNING, touching))
    assert found is not None
    assert found.weekly == "Mon–Thu 09:00–17:00"


def test_a_night_that_runs_into_the_next_day_s_hours_is_nothing():
    night = f"{BERLIN}220000\nDURATION:PT12H\nRRULE:FREQ=WEEKLY;BYDAY=MO"
    assert weekly_hours(week(MORNING, night)) is None


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"X" * 300_000]
)
def test_anything_else_is_nothing(data: bytes):
    assert weekly_hours(data) is None
