"""Who is on call, who is told instead, and when they are asked about it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import notation
from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.rota import Rota, this_monday
from bot.domain.urgent import Shift, next_morning, shifts_over, told_instead

VIENNA = "Europe/Vienna"
ROTA = Rota("SOPS", ("UANA", "UBO", "UCLEO"), date(2026, 10, 19), VIENNA)
FAR_OFF = "mon-fri 9-17"


def instant(text: str, tz: str = VIENNA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).timestamp())


@pytest.mark.parametrize(
    ("at", "on_call", "until"),
    [
        ("2026-10-01T12:00", None, "2026-10-19T09:00"),
        ("2026-10-19T08:59:59", None, "2026-10-19T09:00"),
        ("2026-10-19T09:00", "UANA", "2026-10-26T09:00"),
        # The night the clocks go back lies in Ana's week, which is an hour longer.
        ("2026-10-25T02:30", "UANA", "2026-10-26T09:00"),
        ("2026-10-26T08:59:59", "UANA", "2026-10-26T09:00"),
        ("2026-10-26T09:00", "UBO", "2026-11-02T09:00"),
        ("2026-11-08T23:00", "UCLEO", "2026-11-09T09:00"),
        # After the last the first, across the year's end.
        ("2026-11-09T09:00", "UANA", "2026-11-16T09:00"),
        ("2027-01-05T00:00", "UCLEO", "2027-01-11T09:00"),
    ],
)
def test_a_week_each_in_order(at, on_call, until):
    assert ROTA.on_call(instant(at)) == on_call
    assert ROTA.ends_at(instant(at)) == instant(until)


def test_nobody_is_on_call_in_an_empty_rotation():
    assert Rota("SOPS", (), date(2026, 10, 19), VIENNA).on_call(instant("2026-10-20T12:00")) is None


@given(
    st.integers(instant("2026-01-01T00:00"), instant("2028-01-01T00:00")),
    st.sampled_from([VIENNA, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.integers(1, 5),
)
def test_each_shift_ends_where_the_next_begins(at, tz, people):
    rota = Rota("SOPS", tuple(f"U{n}" for n in range(people)), date(2025, 12, 29), tz)
    until_at = rota.ends_at(at)
    assert until_at > at
    assert rota.on_call(until_at - 1) == rota.on_call(at)
    handover = datetime.fromtimestamp(until_at, ZoneInfo(tz))
    assert (handover.hour, handover.minute, handover.weekday()) == (9, 0, 0)
    following = (int((rota.on_call(at) or "")[1:]) + 1) % people
    assert rota.on_call(until_at) == f"U{following}"


def test_a_rotation_begins_on_this_weeks_monday_in_the_teams_zone():
    assert this_monday(instant("2026-10-25T23:30"), VIENNA) == date(2026, 10, 19)
    assert this_monday(instant("2026-10-25T23:30"), "Asia/Tokyo") == date(2026, 10, 26)


FRIDAY = instant("2026-10-23T22:14")
GROUPS = {"SOPS": ("UBO", "UDAN"), "SWEB": ("UDAN",)}


def test_those_on_call_for_somebodys_teams_are_found():
    later = Rota("SWEB", ("UEVE",), date(2026, 11, 2), VIENNA)
    web = Rota("SWEB", ("UEVE",), date(2026, 10, 5), VIENNA)
    other = Rota("SHR", ("UFAY",), date(2026, 10, 5), VIENNA)
    ops = Shift("UANA", "SOPS", instant("2026-10-26T09:00"))
    assert shifts_over([ROTA, web, other], GROUPS, "UBO", FRIDAY) == [ops]
    assert shifts_over([ROTA, web, other], GROUPS, "UDAN", FRIDAY) == [
        ops,
        Shift("UEVE", "SWEB", instant("2026-10-26T09:00")),
    ]
    assert shifts_over([later, other], GROUPS, "UDAN", FRIDAY) == []


SHIFTS = [Shift("UANA", "SOPS", 1), Shift("UEVE", "SWEB", 2)]


@pytest.mark.parametrize(
    ("shifts", "user_id", "unavailable", "told"),
    [
        ([], "UDAN", set(), None),
        (SHIFTS, "UDAN", set(), SHIFTS[0]),
        # The author cannot be told of their own message; the next team's one is.
        (SHIFTS, "UDAN", {"UANA"}, SHIFTS[1]),
        (SHIFTS, "UDAN", {"UANA", "UEVE"}, None),
        # Whoever is on call themselves is told themselves.
        (SHIFTS, "UANA", set(), None),
    ],
)
def test_who_is_told_instead(shifts, user_id, unavailable, told):
    assert told_instead(shifts, user_id, unavailable) == told


@pytest.mark.parametrize(
    ("hours", "at", "asked"),
    [
        (FAR_OFF, "2026-10-23T22:14", "2026-10-26T09:00"),
        (FAR_OFF, "2026-10-27T03:00", "2026-10-27T09:00"),
        # At work when told: the day after.
        (FAR_OFF, "2026-10-22T10:00", "2026-10-23T09:00"),
        (FAR_OFF, "2026-10-23T10:00", "2026-10-26T09:00"),
        # In the night shift: still at work when the next day begins.
        ("mon-fri 22-6", "2026-10-20T23:00", "2026-10-21T00:00"),
    ],
)
def test_they_are_asked_on_the_next_working_morning(hours, at, asked):
    pattern = Pattern(VIENNA, notation.parse_weekly(hours), own_hours=True)
    timeline = Timeline(Availability(pattern), instant(at))
    assert next_morning(timeline, VIENNA, instant(at)) == instant(asked)


def test_who_never_opens_is_not_asked():
    away = notation.parse_off("2026-10-01 - 2028-10-01", datetime(2026, 10, 1))  # noqa: DTZ001 - wall time
    pattern = Pattern(VIENNA, notation.parse_weekly(FAR_OFF), own_hours=True)
    timeline = Timeline(Availability(pattern, overrides=(away,)), FRIDAY)
    assert next_morning(timeline, VIENNA, FRIDAY) is None


def test_a_week_is_seven_days_on_the_wall_and_not_168_hours():
    shift = ROTA.ends_at(instant("2026-10-25T12:00")) - instant("2026-10-19T09:00")
    assert timedelta(seconds=shift) == timedelta(weeks=1, hours=1)
