"""Weeks, windows, exceptions and holiday regions as values: what they accept and refuse."""

from datetime import UTC, date, datetime

import pytest

from bot.domain.schedule import (
    HolidayRegion,
    Interval,
    Override,
    OverrideKind,
    QuietWindow,
    WeeklyHours,
    holiday_name,
    parse_region,
    region_name,
    suggested_region,
)
from bot.errors import BadInput

NOTHING: tuple[Interval, ...] = ()


def week(**days: tuple[Interval, ...]) -> WeeklyHours:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return WeeklyHours(tuple(days.get(name, NOTHING) for name in names))


@pytest.mark.parametrize(
    ("start_min", "end_min"),
    [
        (-1, 60),  # before the day
        (1440, 1500),  # the next day's
        (600, 600),  # empty
        (600, 599),  # turned round
        (0, 2881),  # past the following day
    ],
)
def test_an_interval_has_limits(start_min: int, end_min: int) -> None:
    with pytest.raises(BadInput, match="An interval"):
        Interval(start_min, end_min)


def test_an_interval_may_cross_midnight_and_end_at_24() -> None:
    assert not Interval(0, 1440).crosses_midnight
    assert Interval(1320, 1800).crosses_midnight
    assert Interval(1320, 1800).length_min == 480


def test_a_week_counts_its_minutes() -> None:
    split = (Interval(540, 750), Interval(810, 1080))
    assert week(mon=split, fri=(Interval(1320, 1800),)).minutes_per_week == 210 + 270 + 480
    assert week().minutes_per_week == 0


def test_a_week_knows_where_a_night_shift_ends() -> None:
    nights = week(sun=(Interval(540, 600), Interval(1320, 1800)), mon=(Interval(540, 1440),))
    assert nights.overrun_min(6) == nights.overrun_min(-1) == 360
    assert nights.overrun_min(0) == 0
    assert nights.overrun_min(1) == 0


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"tue": (Interval(540, 720), Interval(700, 800))}, "Tuesday"),  # overlapping
        ({"wed": (Interval(800, 900), Interval(540, 720))}, "Wednesday"),  # out of order
        (
            {"fri": (Interval(1320, 1800),), "sat": (Interval(300, 600),)},
            "Friday’s night.*Saturday",
        ),
        # round the end of the week
        ({"sun": (Interval(1320, 1800),), "mon": (Interval(300, 600),)}, "Sunday’s night.*Monday"),
    ],
)
def test_a_week_refuses_overlaps(days: dict[str, tuple[Interval, ...]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        week(**days)


def test_intervals_may_touch() -> None:
    assert week(mon=(Interval(540, 720), Interval(720, 900))).minutes_per_week == 360
    assert week(sun=(Interval(1320, 1800),), mon=(Interval(360, 600),)).minutes_per_week == 720


def test_a_week_has_seven_days() -> None:
    with pytest.raises(BadInput, match="seven days"):
        WeeklyHours((NOTHING,) * 6)


@pytest.mark.parametrize("weekdays", [frozenset[int](), frozenset({7}), frozenset({-1, 2})])
def test_a_quiet_window_needs_weekdays(weekdays: frozenset[int]) -> None:
    with pytest.raises(BadInput, match="needs its days"):
        QuietWindow(weekdays, Interval(720, 780))


def test_an_override_is_wall_time_in_order() -> None:
    start, end = datetime.fromisoformat("2026-12-24T00:00"), datetime.fromisoformat("2027-01-03")
    assert Override(OverrideKind.OFF, start, end).whole_days
    assert Override(OverrideKind.OFF, start, end).width_span.days == 10
    assert not Override(OverrideKind.OFF, start, end.replace(hour=1)).whole_days
    assert not Override(OverrideKind.OFF, start.replace(minute=1), end).whole_days
    with pytest.raises(BadInput, match="ends before it starts"):
        Override(OverrideKind.OFF, end, start)
    with pytest.raises(ValueError, match="wall time"):
        Override(OverrideKind.OFF, start, end.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("AT-9", HolidayRegion("AT", "9")),
        ("at", HolidayRegion("AT")),
        (" us-ca ", HolidayRegion("US", "CA")),
        ("AT-Wien", HolidayRegion("AT", "9")),  # the name of a part
        ("UK", HolidayRegion("GB")),  # what people say instead of the code
        ("GB sct", HolidayRegion("GB", "SCT")),
        ("DE/augsburg", HolidayRegion("DE", "Augsburg")),  # a part inside a part
        ("AUT", HolidayRegion("AT")),  # three letters
    ],
)
def test_regions_as_people_write_them(text: str, region: HolidayRegion) -> None:
    assert parse_region(text) == region
    assert parse_region(str(region)) == region


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Austria", "I did not understand the region “Austria”.*`AT-9`"),
        ("", "I did not understand the region"),
        ("XX", "I do not know the holidays of “XX”"),
        ("AT-10", "“10” as a part of AT. Its parts are 1, 2"),
        ("SG-1", "“1” as a part of SG. Try `SG`"),  # a country without parts
    ],
)
def test_an_unknown_region_gets_help(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_region(text)


def test_holidays_have_names_in_their_own_language() -> None:
    vienna = parse_region("AT-9")
    assert holiday_name(vienna, date(2026, 10, 26)) == "Nationalfeiertag"
    assert holiday_name(vienna, date(2026, 10, 27)) is None
    assert holiday_name(parse_region("PT"), date(2026, 8, 15)) == "Assunção de Nossa Senhora"


def test_holidays_differ_inside_a_country() -> None:
    assert holiday_name(parse_region("DE-BY"), date(2026, 1, 6)) == "Heilige Drei Könige"
    assert holiday_name(parse_region("DE-BE"), date(2026, 1, 6)) is None


@pytest.mark.parametrize(
    ("tz", "region"),
    [
        ("Europe/Vienna", HolidayRegion("AT")),
        ("Europe/Lisbon", HolidayRegion("PT")),
        ("Europe/Zurich", HolidayRegion("CH")),
        ("Asia/Tokyo", HolidayRegion("JP")),
        ("UTC", None),  # no country
        ("US/Eastern", None),  # an old name that stands in no table
    ],
)
def test_a_zone_suggests_its_country(tz: str, region: HolidayRegion | None) -> None:
    assert suggested_region(tz) == region


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AT", "Austria"),
        ("AT-9", "Austria, Wien"),
        ("DE-Augsburg", "Germany, Augsburg"),  # a part whose code is its name
    ],
)
def test_regions_have_names(text: str, name: str) -> None:
    assert region_name(parse_region(text)) == name
