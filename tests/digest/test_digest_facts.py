"""ISO weeks at their edges, and which contacts make up the pressure."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.digest.facts import iso_week_of, monday_of, previous_week, week_bounds
from tests.digest.weeks import contacts, team_week

HOUR_S = 3600
WEEK_S = 7 * 24 * HOUR_S


@pytest.mark.parametrize(
    ("on", "iso_week"),
    [
        (date(2026, 10, 26), "2026-W44"),  # a Monday
        (date(2026, 11, 1), "2026-W44"),  # its Sunday
        (date(2026, 1, 1), "2026-W01"),
        (date(2027, 1, 3), "2026-W53"),  # a Sunday in January of the year after
        (date(2025, 12, 29), "2026-W01"),  # a Monday in December of the year before
    ],
)
def test_a_date_lies_in_its_iso_week(on: date, iso_week: str) -> None:
    assert iso_week_of(on) == iso_week
    assert 0 <= (on - monday_of(iso_week)).days < 7


@pytest.mark.parametrize(
    ("iso_week", "before"),
    [("2026-W44", "2026-W43"), ("2027-W01", "2026-W53"), ("2026-W01", "2025-W52")],
)
def test_the_week_before_crosses_a_years_end(iso_week: str, before: str) -> None:
    assert previous_week(iso_week) == before


@pytest.mark.parametrize("wrong", ["2025-W53", "2026-W00", "2026", "W44", "last week"])
def test_a_week_that_does_not_exist_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        monday_of(wrong)


@pytest.mark.parametrize(
    ("iso_week", "tz", "length_s"),
    [
        ("2026-W44", "UTC", WEEK_S),
        ("2026-W43", "Europe/Vienna", WEEK_S + HOUR_S),  # clocks go back on the Sunday
        ("2026-W13", "Europe/Vienna", WEEK_S - HOUR_S),  # and forward
        ("2026-W44", "America/New_York", WEEK_S + HOUR_S),
        ("2026-W44", "Asia/Tokyo", WEEK_S),
    ],
)
def test_a_week_runs_from_local_monday_to_local_monday(
    iso_week: str, tz: str, length_s: int
) -> None:
    start, end = week_bounds(iso_week, tz)
    local = datetime.fromtimestamp(start, UTC).astimezone(ZoneInfo(tz))
    assert (local.date(), local.hour, local.minute) == (monday_of(iso_week), 0, 0)
    assert end - start == length_s


def test_weeks_touch_and_do_not_overlap() -> None:
    assert (
        week_bounds("2026-W53", "Europe/Lisbon")[1] == week_bounds("2027-W01", "Europe/Lisbon")[0]
    )


def test_only_people_with_hours_who_worked_are_the_population() -> None:
    week = team_week(2, away=1, without_hours=1)
    assert week.population == {"U0", "U1"}


def test_pressure_is_what_rang_urgent_or_not() -> None:
    outcomes = ("breach", "averted", "urgent", "exempt", "chosen")
    week = team_week(5, *(contacts("U0", 1, outcome=each) for each in outcomes))
    assert [each.outcome for each in week.pressure] == ["breach", "urgent"]
