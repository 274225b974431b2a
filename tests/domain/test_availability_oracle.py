"""`Timeline` against an oracle that knows no calendar arithmetic, over weeks of clock changes.

The oracle turns every UTC minute of nine days into wall time with `zoneinfo`, finds an edge by
looking for the first or last minute that shows its wall time (or the first minute after the gap
that swallowed it), and then fills minutes one by one, layer by layer. It uses no code of the bot.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.schedule import (
    Interval,
    Override,
    OverrideKind,
    QuietWindow,
    WeeklyHours,
    parse_region,
)

OFF, QUIET, WORKING = 0, 1, 2
ANY = (OFF, QUIET, WORKING)
DAYS = 9
MARGIN_DAYS = 2

WEEKS = [
    # zone, a day of the clock change; each row names its hazard
    ("Europe/Vienna", date(2026, 3, 29)),  # an hour is missing on a Sunday morning
    ("Europe/Vienna", date(2026, 10, 25)),  # an hour comes twice
    ("Europe/Lisbon", date(2026, 3, 29)),  # the gap is 01:00 to 02:00
    ("Europe/Lisbon", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),  # three weeks before Europe
    ("America/New_York", date(2026, 11, 1)),
    ("Asia/Tokyo", date(2026, 10, 25)),  # no clock change at all
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour twice
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour missing
    ("America/St_Johns", date(2026, 3, 8)),  # offset of 3:30 h
    ("America/St_Johns", date(2006, 10, 29)),  # the change used to come at 00:01
    ("Asia/Kathmandu", date(2026, 6, 1)),  # offset of 5:45 h
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan: an hour twice, in winter
    ("Africa/Casablanca", date(2026, 3, 22)),  # and back: an hour missing
    ("Pacific/Apia", date(2011, 12, 30)),  # a whole Friday is missing
    ("Pacific/Apia", date(2011, 4, 2)),
    ("Pacific/Auckland", date(2026, 9, 27)),  # spring is in September
    ("Pacific/Auckland", date(2026, 4, 5)),
    ("Pacific/Chatham", date(2026, 4, 5)),  # offset of 13:45 h, change at 03:45
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight itself is missing
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 23:00 comes twice: the day has two evenings
    ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
    ("America/Havana", date(2026, 3, 8)),  # and is missing
    ("Asia/Tehran", date(2021, 3, 22)),  # midnight is missing, on a Monday
    ("Asia/Tehran", date(2021, 9, 22)),
    ("Europe/Dublin", date(2026, 3, 29)),  # negative saving: winter is the exception
    ("Europe/Dublin", date(2026, 10, 25)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours missing
    ("Antarctica/Troll", date(2026, 10, 25)),  # two hours twice
    ("Asia/Gaza", date(2026, 3, 28)),  # the date moves with Ramadan
    ("Asia/Gaza", date(2026, 10, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),  # a Thursday at midnight
]


Pair = tuple[int, int]
"""Two minutes, the first in and the last out, counted from `Minutes.begin`."""


class Window(NamedTuple):
    """Plain minutes of a weekday: what the oracle knows of an interval."""

    weekday: int
    start_min: int
    end_min: int


@dataclass(frozen=True)
class Exceptional:
    """A dated exception in the oracle's words."""

    kind: str
    start: datetime
    end: datetime
    created_at: int = 0


@dataclass(frozen=True)
class Week:
    """One person, as plain data."""

    hours: tuple[Window, ...] = ()
    quiet: tuple[Window, ...] = ()
    organisation: tuple[Window, ...] = ()
    locked: bool = False
    own_hours: bool = False
    away: tuple[Exceptional, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()
    holidays: frozenset[date] = frozenset()
    region: str = ""


class Minutes:
    """Every UTC minute around a day, and what the wall clocks of a zone show in it.

    Attributes:
        begin: the first minute looked at, counted from 1970.
        walls: the wall time of each minute from there on.
        shown: for each wall time the first and the last minute that shows it.
    """

    def __init__(self, tz: str, middle: date) -> None:
        noon = datetime(middle.year, middle.month, middle.day, 12, tzinfo=UTC)
        first = noon - timedelta(days=DAYS / 2 + MARGIN_DAYS)
        rules = ZoneInfo(tz)
        self.begin = int(first.timestamp()) // 60
        self.walls = [
            (first + timedelta(minutes=i)).astimezone(rules).replace(tzinfo=None, fold=0)
            for i in range((DAYS + 2 * MARGIN_DAYS) * 1440)
        ]
        self.shown: dict[datetime, tuple[int, int]] = {}
        for i, wall in enumerate(self.walls):
            self.shown[wall] = (self.shown[wall][0] if wall in self.shown else i, i)

    def edge(self, wall: datetime, which: int) -> int:
        """The minute of an edge: the first (0) or last (1) that shows it, else the gap's end."""
        if wall in self.shown:
            return self.shown[wall][which]
        walls = self.walls
        if wall < walls[0]:
            return 0
        gaps = (i for i in range(1, len(walls)) if walls[i - 1] < wall < walls[i])
        return next(gaps, len(walls))

    def dated(self, windows: Iterable[Window], without: Iterable[date] = ()) -> Iterable[Pair]:
        """The edges of weekly windows on every day, but for the days ``without``."""
        first = self.walls[0].date() - timedelta(2)
        for day in (first + timedelta(i) for i in range(DAYS + 2 * MARGIN_DAYS + 5)):
            for window in windows:
                if window.weekday == day.weekday() and day not in without:
                    yield (
                        self.edge(midnight(day) + timedelta(minutes=window.start_min), 0),
                        self.edge(midnight(day) + timedelta(minutes=window.end_min), 1),
                    )

    def day_begins(self, day: date, hours: Iterable[Window]) -> int:
        """Midnight, or when the night shift of the day before is over."""
        before = (day.weekday() - 1) % 7
        overrun = max((w.end_min - 1440 for w in hours if w.weekday == before), default=0)
        if overrun > 0:
            return self.edge(midnight(day) + timedelta(minutes=overrun), 1)
        return self.edge(midnight(day), 0)

    def covered(self, what: Exceptional, hours: Iterable[Window]) -> Pair:
        """The edges of a dated exception; whole days off follow the person's own days."""
        first, after = what.start.date(), what.end.date()
        if what.kind == "off" and (what.start, what.end) == (midnight(first), midnight(after)):
            return self.day_begins(first, hours), self.day_begins(after, hours)
        return self.edge(what.start, 0), self.edge(what.end, 1)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall time


@cache
def minutes_around(tz: str, middle: date) -> Minutes:
    return Minutes(tz, middle)


def fill(states: list[int], spans: Iterable[Pair], state: int, over: tuple[int, ...]) -> None:
    """Give ``state`` to every minute of the spans that has one of the states ``over``."""
    for start, end in spans:
        for t in range(start, end):
            if states[t] in over:
                states[t] = state


def oracle(minutes: Minutes, week: Week) -> list[int]:
    """The state of every minute, filled in layer by layer."""
    states = [OFF] * len(minutes.walls)
    fill(states, minutes.dated(week.hours, week.holidays), WORKING, ANY)
    if not week.locked and not week.own_hours:
        fill(states, minutes.dated(week.organisation), QUIET, (WORKING,))
    fill(states, minutes.dated(week.quiet), QUIET, (WORKING,))
    fill(states, (minutes.covered(what, week.hours) for what in week.away), OFF, ANY)
    for what in sorted(week.exceptions, key=lambda x: (x.start - x.end, x.created_at)):
        state, over = {"off": (OFF, ANY), "working": (WORKING, ANY), "quiet": (QUIET, (WORKING,))}[
            what.kind
        ]
        fill(states, [minutes.covered(what, week.hours)], state, over)
    if week.locked:
        fill(states, minutes.dated(week.organisation), QUIET, (WORKING, QUIET))
    return states


def timeline(tz: str, middle: date, week: Week) -> Timeline:
    """The same person for the code under test."""
    windows = [
        tuple(
            QuietWindow(frozenset({w.weekday}), Interval(w.start_min, w.end_min)) for w in windows
        )
        for windows in (week.quiet, week.organisation)
    ]
    pattern = Pattern(
        tz,
        WeeklyHours(
            tuple(
                tuple(
                    sorted(Interval(w.start_min, w.end_min) for w in week.hours if w.weekday == day)
                )
                for day in range(7)
            )
        ),
        quiet_windows=windows[0],
        organisation_quiet=windows[1],
        organisation_quiet_locked=week.locked,
        own_hours=week.own_hours,
        region=parse_region(week.region) if week.region else None,
    )
    dated = [
        tuple(Override(OverrideKind(x.kind), x.start, x.end, "", x.created_at) for x in exceptions)
        for exceptions in (week.away, week.exceptions)
    ]
    around = datetime(middle.year, middle.month, middle.day, tzinfo=UTC)
    return Timeline(Availability(pattern, dated[0], dated[1]), int(around.timestamp()))


def assert_agreement(tz: str, middle: date, week: Week) -> None:
    """Every minute of the nine days, and the two look-ahead questions at every 7th of them."""
    minutes = minutes_around(tz, middle)
    expected = oracle(minutes, week)
    begin = minutes.begin
    compiled = timeline(tz, middle, week)
    looked_at = range(MARGIN_DAYS * 1440, (MARGIN_DAYS + DAYS) * 1440)
    wrong = [t for t in looked_at if compiled.state_at((begin + t) * 60) != expected[t]]
    shown = [str(minutes.walls[t]) for t in wrong[:3]]
    assert not wrong, f"{len(wrong)} minutes differ, first on the wall: {shown}"

    opens: int | None = None
    changes: int | None = None
    for t in reversed(looked_at):
        opens = t if expected[t] == WORKING else opens
        if t % 7 == 0 and opens is not None:
            assert compiled.next_open((begin + t) * 60) == (begin + opens) * 60
        if t % 7 == 0 and changes is not None:
            assert compiled.next_change((begin + t) * 60) == (begin + changes) * 60
        changes = t if expected[t] != expected[t - 1] else changes


def test_the_rows_are_weeks_with_a_clock_change() -> None:
    steady = {"Asia/Tokyo", "Asia/Kathmandu"}
    for tz, middle in WEEKS:
        walls = minutes_around(tz, middle).walls
        jumps = any(b - a != timedelta(minutes=1) for a, b in pairwise(walls))
        assert jumps is (tz not in steady), f"{tz} {middle}"


def weekdays(days: Iterable[int], *minutes: tuple[int, int]) -> tuple[Window, ...]:
    return tuple(Window(day, start, end) for day in days for start, end in minutes)


PEOPLE = {
    "office, lunch kept quiet": Week(
        weekdays(range(5), (540, 750), (810, 1080)), quiet=weekdays(range(5), (600, 630))
    ),
    "night shift on every day": Week(weekdays(range(7), (1320, 1800))),
    "hours whose edges fall into the repeated and the missing hour": Week(
        weekdays(range(7), (15, 45), (90, 150), (165, 195), (210, 1425)),
        quiet=weekdays(range(7), (100, 165), (170, 180)),
    ),
    "around the clock with advisory nights": Week(
        weekdays(range(7), (0, 1440)), organisation=weekdays(range(7), (1380, 1560))
    ),
}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(("tz", "middle"), WEEKS)
def test_every_minute_of_a_week_with_a_clock_change(tz: str, middle: date, person: str) -> None:
    assert_agreement(tz, middle, PEOPLE[person])


@pytest.mark.parametrize("person", PEOPLE)
def test_a_public_holiday_the_day_after_a_clock_change(person: str) -> None:
    """In Austria the National Day of 2026 follows the Sunday of the clock change."""
    found = replace(PEOPLE[person], region="AT-9", holidays=frozenset({date(2026, 10, 26)}))
    assert_agreement("Europe/Vienna", date(2026, 10, 25), found)


@st.composite
def hours(draw: st.DrawFn) -> tuple[Window, ...]:
    """Up to three intervals a day that leave each other room, some across midnight."""
    chosen: list[Window] = []
    for weekday in range(7):
        marks = sorted(draw(st.lists(st.integers(60, 1400), max_size=6, unique=True)))
        chosen += [
            Window(weekday, start, end) for start, end in zip(marks[::2], marks[1::2], strict=False)
        ]
        if len(marks) % 2:
            overrun = draw(st.sampled_from([0, 1, 15, 59]))
            chosen.append(Window(weekday, marks[-1], 1440 + overrun))
    return tuple(chosen)


def anywhere() -> st.SearchStrategy[tuple[Window, ...]]:
    """Windows that may overlap each other as they like."""
    window = st.builds(
        lambda weekday, start, length: Window(weekday, start, start + length),
        st.integers(0, 6),
        st.integers(0, 1439),
        st.integers(1, 1440),
    )
    return st.lists(window, max_size=5).map(tuple)


@st.composite
def exceptions(draw: st.DrawFn, middle: date, kinds: list[str]) -> tuple[Exceptional, ...]:
    """Whole days and odd hours around the clock change, overlapping as they like."""
    base = midnight(middle)
    found = []
    for created_at in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            start = base + timedelta(days=draw(st.integers(-3, 2)))
            end = start + timedelta(days=draw(st.integers(1, 3)))
        else:
            start = base + timedelta(minutes=draw(st.integers(-1440, 1440)))
            end = start + timedelta(minutes=draw(st.sampled_from([30, 60, 61, 300, 1500])))
        found.append(Exceptional(draw(st.sampled_from(kinds)), start, end, created_at))
    return tuple(found)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(data=st.data())
def test_any_person_in_any_such_week(data: st.DataObject) -> None:
    tz, middle = data.draw(st.sampled_from(WEEKS))
    week = Week(
        data.draw(hours()),
        quiet=data.draw(anywhere()),
        organisation=data.draw(anywhere()),
        locked=data.draw(st.booleans()),
        own_hours=data.draw(st.booleans()),
        away=data.draw(exceptions(middle, ["off"])),
        exceptions=data.draw(exceptions(middle, ["off", "working", "quiet"])),
    )
    assert_agreement(tz, middle, week)
