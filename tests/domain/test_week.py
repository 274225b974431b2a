"""A compiled calendar as the days a reader sees."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pytest

from bot.domain import notation
from bot.domain.availability import Availability, Pattern, ReasonKind, Timeline
from bot.domain.instants import local, start_instant, wall
from bot.domain.schedule import Override, OverrideKind, QuietWindow, parse_region
from bot.domain.spans import Span
from bot.domain.week import absences, days, next_holidays

FRIDAY = date(2026, 10, 23)
AT = start_instant(wall(FRIDAY, 720), "Europe/Vienna")


def timeline(
    weekly: str,
    tz: str = "Europe/Vienna",
    overrides: tuple[Override, ...] = (),
    **pattern: Any,
) -> Timeline:
    whole = Pattern(tz=tz, weekly=notation.parse_weekly(weekly), **pattern)
    return Timeline(Availability(whole, overrides=overrides), AT)


def off(start: str, end: str) -> Override:
    return Override(OverrideKind.OFF, datetime.fromisoformat(start), datetime.fromisoformat(end))


def clocks(spans: Iterable[Span], tz: str = "Europe/Vienna") -> list[tuple[str, ...]]:
    return [tuple(f"{local(at, tz):%d %H:%M}" for at in span) for span in spans]


def hours(
    line: Timeline, first_on: date, count: int, tz: str = "Europe/Vienna"
) -> list[list[tuple[str, ...]]]:
    return [clocks(day.open_spans, tz) for day in days(line, tz, first_on, count)]


def test_every_interval_of_a_day_is_shown() -> None:
    split = timeline("mon-fri 9-12:30, 13:30-18")
    assert hours(split, FRIDAY, 1) == [[("23 09:00", "23 12:30"), ("23 13:30", "23 18:00")]]


def test_a_night_belongs_to_the_day_it_starts_on_and_what_is_left_of_one_opens_the_week() -> None:
    nights = timeline("thu-fri 22:00-06:00")
    assert hours(nights, FRIDAY, 2) == [[("23 00:00", "23 06:00"), ("23 22:00", "24 06:00")], []]


def test_hours_on_the_last_day_are_not_cut_at_the_week_s_end() -> None:
    assert hours(timeline("fri 22:00-06:00"), FRIDAY, 1) == [[("23 22:00", "24 06:00")]]


def test_someone_always_on_has_one_piece_for_each_day_the_25_hour_day_among_them() -> None:
    always = timeline("mon-sun 0-24")
    assert hours(always, date(2026, 10, 24), 3) == [
        [("24 00:00", "25 00:00")],
        [("25 00:00", "26 00:00")],
        [("26 00:00", "27 00:00")],
    ]


def test_hours_that_end_with_the_long_day_leave_nothing_for_the_next() -> None:
    weekend = timeline("sat 12-24; sun 0-24")
    assert hours(weekend, date(2026, 10, 24), 3) == [
        [("24 12:00", "25 00:00")],
        [("25 00:00", "26 00:00")],
        [],
    ]


def test_a_reader_elsewhere_sees_the_hours_on_their_own_clocks_and_days() -> None:
    tokyo = timeline("mon-fri 9-18", tz="Asia/Tokyo")
    seen = hours(tokyo, date(2026, 10, 25), 1, tz="America/Los_Angeles")
    assert seen == [[("25 17:00", "26 02:00")]]


def test_quiet_time_is_part_of_the_hours_and_marked() -> None:
    lunch = QuietWindow(frozenset(range(7)), notation.parse_interval("12-13"), "lunch")
    friday, saturday = days(
        timeline("fri 9-18", quiet_windows=(lunch,)), "Europe/Vienna", FRIDAY, 2
    )
    assert clocks(friday.open_spans) == [("23 09:00", "23 18:00")]
    assert clocks(friday.quiet_spans) == [("23 12:00", "23 13:00")]
    assert saturday.quiet_spans == ()


@pytest.mark.parametrize(
    ("on", "kind"),
    [
        ("2026-10-24", ReasonKind.OUTSIDE_HOURS),
        ("2026-10-26", ReasonKind.HOLIDAY),
        ("2026-10-28", ReasonKind.OVERRIDE_OFF),
    ],
)
def test_a_day_without_hours_says_why(on: str, kind: ReasonKind) -> None:
    leave = off("2026-10-28", "2026-10-30")
    line = timeline("mon-fri 9-18", region=parse_region("AT"), overrides=(leave,))
    (day,) = days(line, "Europe/Vienna", date.fromisoformat(on), 1)
    assert (day.closed and day.closed.kind, day.open_spans) == (kind, ())


def test_a_day_that_only_sees_the_end_of_a_shift_is_off_although_noon_is_worked() -> None:
    _, wednesday = days(timeline("tue 22:00-14:00"), "Europe/Vienna", date(2026, 10, 27), 2)
    assert wednesday.closed == (ReasonKind.OUTSIDE_HOURS, "")


def test_a_day_with_hours_left_is_not_closed() -> None:
    line = timeline("fri 9-18", overrides=(off("2026-10-23T09:00", "2026-10-23T11:00"),))
    (day,) = days(line, "Europe/Vienna", FRIDAY, 1)
    assert (day.closed, clocks(day.open_spans)) == (None, [("23 11:00", "23 18:00")])


def test_absences_are_leave_and_holidays_in_one_piece_each() -> None:
    leave = off("2026-12-24", "2027-01-03")
    line = timeline("mon-fri 9-18", region=parse_region("AT"), overrides=(leave,))
    found = absences(days(line, "Europe/Vienna", date(2026, 12, 1), 40))
    assert [
        (a.first_on.isoformat(), a.last_on.isoformat(), a.reason.kind.value) for a in found
    ] == [
        ("2026-12-08", "2026-12-08", "holiday"),
        ("2026-12-24", "2027-01-02", "override_off"),
        ("2027-01-06", "2027-01-06", "holiday"),
    ]


def test_the_next_holidays_are_named_in_the_country_s_own_language() -> None:
    assert next_holidays(parse_region("AT-9"), date(2026, 10, 26), 2) == [
        (date(2026, 10, 26), "Nationalfeiertag"),
        (date(2026, 11, 1), "Allerheiligen"),
    ]
