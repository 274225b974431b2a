"""Wall time and instants: gaps, folds and the zones that do them unlike Europe."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import instants
from bot.errors import BadInput


def at(text: str) -> int:
    return instants.epoch(datetime.fromisoformat(text))


EDGES = [
    # zone, wall time, the instant it starts something, the instant it ends something
    ("UTC", "2026-01-01T00:00", "2026-01-01T00:00Z", "2026-01-01T00:00Z"),
    # an ordinary summer day, two hours ahead
    ("Europe/Vienna", "2026-07-01T09:00", "2026-07-01T07:00Z", "2026-07-01T07:00Z"),
    # 02:30 does not exist: both edges move to 03:00
    ("Europe/Vienna", "2026-03-29T02:30", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
    # 02:00 is the first missing minute, 03:00 the first one after the gap
    ("Europe/Vienna", "2026-03-29T02:00", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
    ("Europe/Vienna", "2026-03-29T03:00", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
    # 02:30 comes twice: a start takes the first, an end the second
    ("Europe/Vienna", "2026-10-25T02:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
    # 03:00 comes once, because the clock goes back as it strikes
    ("Europe/Vienna", "2026-10-25T03:00", "2026-10-25T02:00Z", "2026-10-25T02:00Z"),
    # half an hour is missing, and half an hour comes twice
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30Z", "2026-10-03T15:30Z"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z", "2026-04-04T15:15Z"),
    # a whole day is missing: 30 December ends as it begins
    ("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00Z", "2011-12-30T10:00Z"),
    ("Pacific/Apia", "2011-12-30T17:00", "2011-12-30T10:00Z", "2011-12-30T10:00Z"),
    ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00Z", "2011-12-30T10:00Z"),
    # Ramadan: an hour twice in February, an hour missing in March
    ("Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30Z", "2026-02-15T02:30Z"),
    ("Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:00Z", "2026-03-22T02:00Z"),
    # negative saving: Irish winter time is the exception in the rules, not on the clock
    ("Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
    # the change at 00:01, on an offset of half hours
    ("America/St_Johns", "2006-10-29T00:00", "2006-10-29T02:30Z", "2006-10-29T03:30Z"),
    # midnight itself is missing
    ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00Z", "2018-11-04T03:00Z"),
    # two hours are missing
    ("Antarctica/Troll", "2026-03-29T02:59", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
]


@pytest.mark.parametrize(("tz", "wall", "starts_at", "ends_at"), EDGES)
def test_edges(tz: str, wall: str, starts_at: str, ends_at: str) -> None:
    when = datetime.fromisoformat(wall)
    assert instants.utc(instants.start_instant(when, tz)) == datetime.fromisoformat(starts_at)
    assert instants.utc(instants.end_instant(when, tz)) == datetime.fromisoformat(ends_at)


ZONES = st.sampled_from(sorted({row[0] for row in EDGES} | {"Asia/Kathmandu", "Asia/Tehran"}))
WALLS = st.datetimes(datetime(2005, 1, 1), datetime(2036, 1, 1))  # noqa: DTZ001 - wall times


@given(ZONES, WALLS)
def test_a_start_shows_its_wall_time_or_a_later_one(tz: str, wall: datetime) -> None:
    wall = wall.replace(microsecond=0)
    start, end = instants.start_instant(wall, tz), instants.end_instant(wall, tz)
    shown = instants.local(start, tz).replace(tzinfo=None)
    assert start <= end
    assert shown >= wall
    assert shown == wall or instants.local(start - 1, tz).replace(tzinfo=None) < wall


@given(ZONES, WALLS, st.integers(0, 200_000))
def test_edges_keep_the_order_of_the_wall(tz: str, wall: datetime, seconds: int) -> None:
    later = wall + timedelta(seconds=seconds)
    assert instants.start_instant(wall, tz) <= instants.start_instant(later, tz)
    assert instants.end_instant(wall, tz) <= instants.end_instant(later, tz)


@given(st.integers(0, 4_102_444_800), ZONES)
def test_instants_survive_the_way_through_a_zone(second: int, tz: str) -> None:
    assert instants.epoch(instants.utc(second)) == second
    assert instants.epoch(instants.local(second, tz)) == second


def test_an_epoch_second_holds_its_fractions() -> None:
    assert instants.epoch(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC)) == 1
    assert instants.epoch(datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)) == -1
    east = timezone(timedelta(hours=2))
    assert instants.epoch(datetime(1970, 1, 1, 2, tzinfo=east)) == 0


def test_a_wall_time_is_not_an_instant() -> None:
    with pytest.raises(TypeError):
        instants.epoch(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


def test_minutes_of_a_day_reach_into_the_next() -> None:
    assert instants.wall(date(2026, 12, 31), 1500) == datetime.fromisoformat("2027-01-01T01:00")


def test_the_clock_is_aware() -> None:
    clock: instants.Clock = instants.SystemClock()
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("tz", "hint"),
    [
        ("Europe/Lisbn", "`Europe/Lisbon`"),  # a slip of the pen
        ("europe/vienna", "`Europe/Vienna`"),  # the case matters to the zone database
        ("new york", "`America/New_York`"),  # a city without its region
        ("CEST", "“CEST”. Write a region and a city"),  # an abbreviation is not a zone
        ("../../etc/passwd", "Write a region and a city"),
        ("", "Write a region and a city"),
    ],
)
def test_an_unknown_zone_gets_a_suggestion(tz: str, hint: str) -> None:
    with pytest.raises(BadInput, match="I do not know the time zone") as caught:
        instants.zone(tz)
    assert hint in str(caught.value)


def test_a_long_name_is_cut() -> None:
    with pytest.raises(BadInput) as caught:
        instants.zone("x" * 5000)
    assert len(str(caught.value)) < 200
