"""Daily and weekly series against an oracle that knows no library: it looks at every day.

The oracle walks the days of the window on the wall clocks of the organiser's zone, asks of each
whether the rule means it, and finds the instant by trying every quarter of an hour of UTC around.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.spans import Span
from tests.calendars.ics_files import event, file, opened

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # no 30 December 2011
    "America/St_Johns",
    "Africa/Casablanca",  # an hour back for Ramadan
    "Asia/Beirut",  # changes at midnight
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "UTC",
)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
QUARTER = timedelta(minutes=15)
CHANGES = (
    "2026-02-15",
    "2026-03-08",
    "2026-03-29",
    "2026-04-05",
    "2026-10-04",
    "2026-10-25",
    "2026-11-01",
    "2011-09-24",
    "2011-12-30",
)


@dataclass(frozen=True)
class Series:
    """A rule in plain terms: every so many days, or on some weekdays of every so many weeks."""

    tz: str
    first: datetime
    interval: int
    weekdays: tuple[int, ...] | None
    days: int | None
    left_out: frozenset[int]

    def means(self, wall: datetime) -> bool:
        """Whether the rule names this day; the hour is the first one's."""
        passed = (wall.date() - self.first.date()).days
        if passed < 0 or (self.days is not None and passed > self.days) or passed in self.left_out:
            return False
        if self.weekdays is None:
            return passed % self.interval == 0
        monday = self.first - timedelta(self.first.weekday())
        weeks = (wall.date() - monday.date()).days // 7
        return weeks % self.interval == 0 and wall.weekday() in self.weekdays

    def text(self) -> bytes:
        """As a file."""
        freq = "DAILY" if self.weekdays is None else "WEEKLY"
        rule = f"RRULE:FREQ={freq};INTERVAL={self.interval}"
        if self.weekdays is not None:
            rule += ";BYDAY=" + ",".join(DAYS[day] for day in self.weekdays)
        if self.days is not None:
            rule += f";UNTIL={self.first + timedelta(self.days):%Y%m%dT%H%M%S}"
        lines = [f"DTSTART;TZID={self.tz}:{self.first:%Y%m%dT%H%M%S}", "DURATION:PT45M", rule]
        lines += [
            f"EXDATE;TZID={self.tz}:{self.first + timedelta(day):%Y%m%dT%H%M%S}"
            for day in sorted(self.left_out)
        ]
        return file(event(*lines))


def instant(wall: datetime, tz: str) -> int:
    """The first instant at which the clocks show ``wall``.

    Where none does, as far after the change as the wall time is after it: the offset before it.
    """
    zone = ZoneInfo(tz)
    at = wall.replace(tzinfo=UTC) - timedelta(hours=30)
    before = at.astimezone(zone).utcoffset()
    while at < wall.replace(tzinfo=UTC) + timedelta(hours=30):
        shown = at.astimezone(zone).replace(tzinfo=None)
        if shown == wall:
            return int(at.timestamp())
        if shown > wall:
            return int((wall.replace(tzinfo=UTC) - before).timestamp())
        before = at.astimezone(zone).utcoffset()
        at += QUARTER
    raise AssertionError(f"{wall} {tz}")


def expected(series: Series, window: Span) -> list[int]:
    wall = datetime.fromtimestamp(window.start, UTC).replace(tzinfo=None) - timedelta(3)
    wall = wall.replace(hour=series.first.hour, minute=series.first.minute)
    found = []
    while wall < datetime.fromtimestamp(window.end, UTC).replace(tzinfo=None) + timedelta(3):
        if series.means(wall):
            found.append(instant(wall, series.tz))
        wall += timedelta(1)
    return [at for at in found if at < window.end and at + 45 * 60 > window.start]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Series, Span]:
    """A series that began up to seven years before a window around some change of clocks."""
    start = datetime.fromisoformat(draw(st.sampled_from(CHANGES)))
    start -= timedelta(draw(st.integers(0, 20)))
    first = start + timedelta(draw(st.integers(-2_500, 10)))
    first = first.replace(
        hour=draw(st.integers(0, 23)), minute=draw(st.sampled_from((0, 15, 30, 45)))
    )
    weekdays = draw(st.none() | st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple))
    if weekdays is not None:  # DTSTART is an occurrence, whatever the rule says
        weekdays = tuple(sorted({*weekdays, first.weekday()}))
    near = (start - first).days
    series = Series(
        tz=draw(st.sampled_from(ZONES)),
        first=first,
        interval=draw(st.integers(1, 6)),
        weekdays=weekdays,
        days=draw(st.none() | st.integers(max(near, 0), max(near, 0) + 40)),
        left_out=frozenset(
            draw(st.lists(st.integers(max(near, 1), max(near, 1) + 30), max_size=4))
        ),
    )
    begin = int(start.replace(tzinfo=UTC).timestamp())
    return series, Span(begin, begin + 40 * 86_400)


@given(cases())
@settings(max_examples=150)
def test_a_series_is_what_the_oracle_sees(case: tuple[Series, Span]) -> None:
    series, window = case
    # Apia left a day out; whatever falls on it is at the times of the next day, twice.
    assume(series.tz != "Pacific/Apia" or abs(series.first.year - 2011) > 1)
    assert [each.start_at for each in opened(series.text(), window)] == expected(series, window)


@pytest.mark.parametrize(
    ("wall", "tz", "at"),
    [
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30Z"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30Z"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45Z"),
        ("2011-12-30T09:00", "Pacific/Apia", "2011-12-30T19:00Z"),
    ],
)
def test_the_oracle_itself(wall: str, tz: str, at: str) -> None:
    assert instant(datetime.fromisoformat(wall), tz) == datetime.fromisoformat(at).timestamp()
