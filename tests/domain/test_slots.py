"""Slots against an oracle that scans minutes, and tables of what comes first and why.

The oracle turns every UTC minute into wall time with `zoneinfo`: an interval lasts from the first
minute at or after its start to the last one before its end. It uses no code of the bot.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.notation import parse_off, parse_quiet_window, parse_weekly
from bot.domain.schedule import Interval, QuietWindow, WeeklyHours
from bot.domain.slots import (
    FAR_S,
    ROTATION_WEEKS,
    STEP_S,
    Attendee,
    Meeting,
    Slot,
    judged,
    next_common,
    on_step,
    proposals,
    ranked,
    window,
)
from bot.domain.spans import Span, merge

MIN, HOUR, DAY = 60, 3_600, 86_400

# The oracle


@dataclass(frozen=True)
class Somebody:
    """Plain data: (weekday, from, to) in minutes of their wall clock, busy in UTC minutes."""

    tz: str
    hours: tuple[tuple[int, int, int], ...]
    quiet: tuple[tuple[int, int, int], ...] = ()
    busy: tuple[tuple[int, int], ...] = ()
    required: bool = True
    paid_min: int = 0

    def attendee(self, name: str, around: int) -> Attendee:
        """The same, for the code under test."""
        days: list[list[Interval]] = [[] for _ in range(7)]
        for weekday, start, end in self.hours:
            days[weekday].append(Interval(start, end))
        weekly = WeeklyHours(tuple(tuple(sorted(day)) for day in days))
        quiet = tuple(
            QuietWindow(frozenset({weekday}), Interval(start, end), "")
            for weekday, start, end in self.quiet
        )
        timeline = Timeline(Availability(Pattern(self.tz, weekly, quiet)), around)
        busy = tuple(merge(Span(start * MIN, end * MIN) for start, end in self.busy))
        return Attendee(name, timeline, self.required, busy, self.paid_min)


@cache
def walls(tz: str, begin: int, end: int) -> list[datetime]:
    """What the clocks show in each UTC minute."""
    rules = ZoneInfo(tz)
    return [
        datetime.fromtimestamp(minute * MIN, rules).replace(tzinfo=None)
        for minute in range(begin, end)
    ]


def covered(somebody: Somebody, rules, begin: int, end: int) -> set[int]:
    """The UTC minutes of weekly intervals between two minutes."""
    shown = walls(somebody.tz, begin, end)
    found: set[int] = set()
    first_day = shown[0].date()
    for ahead in range((shown[-1].date() - first_day).days + 1):
        day = first_day + timedelta(ahead)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - what clocks show
        for weekday, start_min, end_min in rules:
            if weekday == day.weekday():
                start = midnight + timedelta(minutes=start_min)
                stop = midnight + timedelta(minutes=end_min)
                minutes = range(len(shown))
                first = next((i for i in minutes if shown[i] >= start), len(shown))
                last = next((i for i in reversed(minutes) if shown[i] < stop), -1)
                found.update(range(begin + first, begin + last + 1))
    return found


def working(somebody: Somebody, begin: int, end: int) -> set[int]:
    hours = covered(somebody, somebody.hours, begin, end)
    return hours - covered(somebody, somebody.quiet, begin, end)


def held(somebody: Somebody) -> set[int]:
    return {minute for start, end in somebody.busy for minute in range(start, end)}


def away_min(minutes: range, work: set[int]) -> int:
    """Minutes between a meeting and the nearest minute of work, a day at most."""
    if not work.isdisjoint(minutes):
        return 0
    for away in range(1_440):
        if minutes[0] - 1 - away in work or minutes[-1] + 1 + away in work:
            return away
    return 1_440


def same_wall(start: int, weeks: int, tz: str) -> int:
    """The first minute that shows the wall time of ``start`` so many weeks later, or the next."""
    rules = ZoneInfo(tz)
    wall = datetime.fromtimestamp(start, rules).replace(tzinfo=None) + timedelta(weeks=weeks)
    minute = (start + weeks * 7 * DAY - 3 * HOUR) // MIN
    while datetime.fromtimestamp(minute * MIN, rules).replace(tzinfo=None) < wall:
        minute += 1
    return minute


def key(meeting: Meeting, people, start: int, work) -> tuple:
    """By what the oracle ranks a slot: the sentence in the issue, word for word."""
    later = [same_wall(start, week, meeting.tz) for week in range(1, meeting.weeks)]
    starts = [start // MIN, *later]
    required = optional = outside = not_free = far = away = 0
    given = []
    for somebody, minutes in zip(people, work, strict=True):
        places = [range(at, at + meeting.length_s // MIN) for at in starts]
        busy = held(somebody)
        lost = sum(minute not in minutes for place in places for minute in place)
        is_busy = any(minute in busy for place in places for minute in place)
        if lost or is_busy:
            not_free += is_busy
            required += somebody.required
            optional += not somebody.required
            distances = [
                away_min(place, minutes) for place in places if not minutes.issuperset(place)
            ]
            outside += lost
            far += any(each > FAR_S // MIN for each in distances)
            away += sum(distances)
        if somebody.required:
            given.append(somebody.paid_min + lost)
    spread = tuple(sorted(given, reverse=True))
    return required, optional, outside * MIN, not_free, far, spread, away * MIN, start


# Cases

ZONES = [
    ("Europe/Vienna", date(2026, 10, 25)),  # an hour comes twice
    ("Europe/Vienna", date(2026, 3, 29)),  # an hour is missing
    ("America/New_York", date(2026, 11, 1)),
    ("Asia/Kathmandu", date(2026, 10, 25)),  # 5:45 h
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour missing
    ("America/Los_Angeles", date(2026, 10, 25)),
]

windows = st.builds(
    lambda weekday, start, length: (weekday, start, start + length),
    st.integers(0, 6),
    st.integers(0, 95).map(lambda n: n * 15 + 5 * (n % 2)),
    st.sampled_from([20, 60, 240, 480, 600]),
)


def separate(found):
    """Those that overlap no earlier one; a night is kept where the next day has nothing."""
    kept: list[tuple[int, int, int]] = []
    used = {weekday for weekday, _, _ in found}
    for weekday, start, end in sorted(found):
        night = end > 1_440 and (weekday + 1) % 7 in used
        if not night and (not kept or kept[-1][0] != weekday or kept[-1][2] <= start):
            kept.append((weekday, start, end))
    return tuple(kept)


@st.composite
def teams(draw, weeks=1):
    """A meeting and its people, near a clock change."""
    tz, day = draw(st.sampled_from(ZONES))
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    start = noon - draw(st.integers(0, 3 * 96)) * STEP_S + draw(st.integers(0, 14)) * MIN
    window = Span(start, start + draw(st.sampled_from([2 * HOUR, DAY, 3 * DAY])))
    people = []
    for _ in range(draw(st.integers(1, 4))):
        busy_from = draw(st.lists(st.integers(0, 3 * 1_440), max_size=3))
        busy = [(start // MIN + each, start // MIN + each + 50) for each in busy_from]
        usual = draw(st.booleans())
        hours = tuple((day, 540, 1_020) for day in range(7)) if usual else ()
        people.append(
            Somebody(
                tz=draw(st.sampled_from([tz, *(each for each, _ in ZONES)])),
                hours=hours or separate(draw(st.lists(windows, max_size=6))),
                quiet=separate(draw(st.lists(windows, max_size=2))),
                busy=tuple(busy),
                required=draw(st.booleans()),
                paid_min=draw(st.sampled_from([0, 30, 120])),
            )
        )
    length_s = draw(st.sampled_from([15, 25, 30, 60, 480])) * MIN
    made = tuple(each.attendee(f"U{i}", start) for i, each in enumerate(people))
    return Meeting(made, window, length_s, tz, weeks), people


def minutes_of(meeting: Meeting, people):
    """Everybody's working minutes, far enough around the window."""
    begin = meeting.window.start // MIN - 3 * 1_440
    end = meeting.window.end // MIN + (7 * (meeting.weeks - 1) + 3) * 1_440
    return [working(somebody, begin, end) for somebody in people]


def on_the_quarter(meeting: Meeting):
    """Every start that fits into the window."""
    last = meeting.window.end - meeting.length_s
    return [at for at in range(meeting.window.start, last + 1, MIN) if at % (15 * MIN) == 0]


@given(teams())
@settings(max_examples=60)
def test_what_suits_everybody(case):
    meeting, people = case
    free = [
        minutes - held(each)
        for each, minutes in zip(people, minutes_of(meeting, people), strict=True)
    ]
    length = meeting.length_s // MIN
    suits = [
        at
        for at in on_the_quarter(meeting)
        if all(each.issuperset(range(at // MIN, at // MIN + length)) for each in free)
    ]
    found = next_common(meeting.people, *meeting.window[:1], meeting.length_s, meeting.window.end)
    assert found == (suits[0] if suits else None)
    if suits:
        proposed = proposals(meeting)
        starts = [slot.starts[0] for slot in proposed]
        assert starts[0] == suits[0]
        assert starts == sorted(starts)
        assert set(starts) <= set(suits)
        assert not any(slot.missing or slot.outside_min for slot in proposed)


@given(st.sampled_from([1, 1, 2]).flatmap(teams))
@settings(max_examples=40)
def test_what_is_left_is_ranked(case):
    meeting, people = case
    meeting = replace(meeting, window=Span(meeting.window[0], meeting.window[0] + 8 * HOUR))
    work = minutes_of(meeting, people)
    expected = sorted(key(meeting, people, at, work) for at in on_the_quarter(meeting))
    found = [(*each[:-2], each.starts[0]) for each in ranked(meeting)]
    assert found == expected


# Tables

MONDAY = int(datetime(2026, 11, 2, 0, 0, tzinfo=UTC).timestamp())
"""00:00 in Reykjavík, which has no clock changes; so has Phoenix, seven hours behind."""

UTC_TZ, WEST = "Atlantic/Reykjavik", "America/Phoenix"
HALF_HOUR = 30 * MIN


def person(name, weekly="mon-fri 9-17", tz=UTC_TZ, *, off=(), quiet=(), **values) -> Attendee:
    today = datetime(2026, 11, 2)  # noqa: DTZ001 - what clocks show
    pattern = Pattern(tz, parse_weekly(weekly), tuple(parse_quiet_window(each) for each in quiet))
    days = tuple(parse_off(each, today) for each in off)
    timeline = Timeline(Availability(pattern, overrides=days), MONDAY)
    return Attendee(name, timeline, **values)


def meeting(*people, days=14.0, start=MONDAY, length_s=HALF_HOUR, weeks=1, tz=UTC_TZ) -> Meeting:
    return Meeting(people, Span(start, int(start + days * DAY)), length_s, tz, weeks)


def shown(slots, tz=UTC_TZ):
    starts = (datetime.fromtimestamp(slot.starts[0], ZoneInfo(tz)) for slot in slots)
    return [f"{start:%a %H:%M}" for start in starts]


def test_three_days_where_there_are_three():
    assert shown(proposals(meeting(person("A"), person("B", "tue-sat 11-19")))) == [
        "Tue 11:00",
        "Wed 11:00",
        "Thu 11:00",
    ]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        # one day only: what follows, without overlaps
        ("mon 9-12", ["Mon 09:00", "Mon 09:30", "Mon 10:00"]),
        # the second day is filled up on the first
        ("mon 9-10; tue 9-9:30", ["Mon 09:00", "Mon 09:30", "Tue 09:00"]),
        # fewer than three: nothing outside hours is offered beside it
        ("mon 9-9:30", ["Mon 09:00"]),
        # starts are quarters of an hour
        ("mon 9:05-10", ["Mon 09:15"]),
        ("mon 9:20-9:50; tue 9:10-10:05", ["Tue 09:15"]),
    ],
)
def test_of_fewer_days(hours, expected):
    assert shown(proposals(meeting(person("A", hours), days=7))) == expected


def test_a_window_too_short_has_none():
    assert proposals(meeting(person("A"), days=0.01)) == []
    assert on_step(MONDAY + 1) == MONDAY + STEP_S


def test_hours_beyond_what_is_compiled_are_found():
    soon = person("A", "mon 9-9:30")
    start = MONDAY + 60 * DAY
    for at in (start, MONDAY):
        assert next_common([soon], at, HALF_HOUR, start + 20 * DAY) is not None
    assert next_common([soon], MONDAY, HOUR, start + 20 * DAY) is None
    assert next_common([person("B", "mon 0-24")], MONDAY, DAY, MONDAY + DAY) == MONDAY


def test_a_quiet_window_is_not_free_and_costs_its_minutes():
    asked = meeting(person("A", quiet=("mon 9-16:45",)), days=1)
    (first, *_) = proposals(asked)
    assert shown([first]) == ["Mon 16:30"]
    assert first.outside_min == {"A": 15}


def test_what_a_calendar_holds_is_not_free_and_costs_no_minutes_outside_hours():
    held_at = Span(MONDAY + 9 * HOUR, MONDAY + 16 * HOUR)
    (first, *_) = proposals(meeting(person("A", busy=(held_at,)), days=1))
    assert shown([first]) == ["Mon 16:00"]
    slot = judged(meeting(person("A", busy=(held_at,)), days=1), MONDAY + 10 * HOUR)
    assert slot == Slot((MONDAY + 10 * HOUR,), {}, ("A",), ("A",))


def test_of_two_evenings_the_free_one_comes_first():
    """Neither suits anybody, and both cost as much: but at 17:00 Ana has something else."""
    theatre = Span(MONDAY + 16 * HOUR + HALF_HOUR, MONDAY + 17 * HOUR + HALF_HOUR)
    ana, bo = person("A", "mon 9-16:30", busy=(theatre,)), person("B", "mon 17-18")
    best, *_ = proposals(meeting(ana, bo, start=MONDAY + 17 * HOUR, days=1 / 24))
    assert (shown([best]), best.busy) == (["Mon 17:30"], ())
    early = judged(meeting(ana, bo, days=1), MONDAY + 17 * HOUR)
    assert (early.outside_min, early.missing, early.busy) == ({"A": 30}, ("A",), ("A",))


def test_whoever_is_busy_in_a_later_week_is_named():
    second_week = Span(MONDAY + 7 * DAY, MONDAY + 8 * DAY)
    ana = person("A", "mon 9-9:30", busy=(second_week,))
    best, *_ = proposals(meeting(ana, days=1, weeks=2))
    assert (best.missing, best.busy, best.outside_min) == (("A",), ("A",), {})


def test_required_people_come_first():
    """Cy's only hours suit Ana; Bo, who is optional, would be the second of two at another time."""
    ana, cy = person("A", "mon 9-12"), person("C", "mon 11-12")
    bo, di = person("B", "mon 9-10", required=False), person("D", "mon 9-10", required=False)
    found = proposals(meeting(ana, bo, cy, di, days=1))
    assert shown(found[:1]) == ["Mon 11:00"]
    assert found[0].missing == ("B", "D")
    everybody = [replace(each, required=True) for each in (ana, bo, cy, di)]
    assert shown(proposals(meeting(*everybody, days=1))[:1]) == ["Mon 09:30"]


def test_more_people_come_before_fewer_minutes():
    ana, bo, cy = person("A", "mon 9-10"), person("B", "mon 9-10"), person("C", "mon 20-21")
    found = proposals(meeting(ana, bo, cy, days=1))[0]
    assert (shown([found]), found.outside_min) == (["Mon 09:30"], {"C": 30})


def test_fewer_minutes_come_before_the_next_slot():
    ana, bo = person("A", "mon 9-10"), person("B", "mon 9:45-10:30")
    found = proposals(meeting(ana, bo, days=1, length_s=HOUR))[0]
    assert found.outside_min == {"B": 45}
    assert shown([found]) == ["Mon 09:00"]


def test_an_evening_comes_before_a_night():
    """At 09:00 in the west it is 16:00 in the east: 09:00 there is as many minutes, in the night."""
    found = proposals(meeting(person("E", "mon-fri 9-15"), person("W", tz=WEST)))
    assert shown(found[:1]) == ["Mon 14:30"]
    assert found[0].outside_min == {"W": 30}


def test_a_day_off_is_nobodys_turn():
    """Ana has given much less; but she is away on Monday and Tuesday."""
    ana = person("A", "mon-fri 9-15", off=("today-tue",))
    wes = person("W", tz=WEST, paid_min=600)
    (best, *_) = proposals(meeting(ana, wes, days=3))
    assert (shown([best]), best.outside_min) == (["Wed 16:00"], {"A": 30})
    (best, *_) = proposals(meeting(ana, wes, days=1))
    assert best.outside_min == {"A": 30}, "it suits more people than a time outside both"


@pytest.mark.parametrize(
    ("paid", "payer"),
    [
        ({"E": 120, "W": 0}, "W"),
        ({"E": 0, "W": 120}, "E"),
        ({"E": 120, "W": 119}, "W"),
    ],
)
def test_whose_evening_it_is_follows_the_record(paid, payer):
    east = person("E", paid_min=paid["E"])
    west = person("W", "mon-fri 11-19", tz=WEST, paid_min=paid["W"])
    (best, *_) = proposals(meeting(east, west, days=7, weeks=ROTATION_WEEKS))
    assert best.outside_min == {payer: 120}
    assert len(best.starts) == ROTATION_WEEKS


def test_the_evening_rotates():
    """Six rotations in a row, each with the record of those before: one is inside, two give."""
    paid = {"E": 0, "W": 0, "X": 0}
    payers = []
    for _ in range(6):
        east = person("E", "mon-fri 9-13", paid_min=paid["E"])
        west = person("W", "mon-fri 11-15", tz=WEST, paid_min=paid["W"])
        far = person("X", "mon-fri 9-13", tz="Asia/Tokyo", paid_min=paid["X"])
        (best, *_) = proposals(meeting(east, west, far, days=7, weeks=ROTATION_WEEKS))
        payers.append(tuple(best.outside_min))
        for name, minutes in best.outside_min.items():
            paid[name] += minutes
    assert paid == dict.fromkeys("EWX", 6 * 2 * ROTATION_WEEKS * 30 // 3)
    assert len(set(payers)) == 3


def test_a_weekly_meeting_keeps_its_wall_time():
    ana = person("A", tz="Europe/Vienna")
    october = int(datetime(2026, 10, 20, tzinfo=UTC).timestamp())
    asked = meeting(ana, days=2, start=october, weeks=2, tz="Europe/Vienna")
    (slot, *_) = proposals(asked)
    local = [datetime.fromtimestamp(at, ZoneInfo("Europe/Vienna")) for at in slot.starts]
    assert [f"{each:%d %H:%M %z}" for each in local] == ["20 09:00 +0200", "27 09:00 +0100"]


def test_a_weekly_meeting_leaves_out_days_that_do_not_suit_later():
    away = person("A", off=("nov 9",))
    assert shown(proposals(meeting(away, days=7, weeks=2)))[0] == "Tue 09:00"


@pytest.mark.parametrize(
    ("named", "weeks", "expected"),
    [
        # it is Saturday, 24 October, 12:07 in Vienna; clocks go back on Sunday
        ("", 1, ("24 12:30", "07 11:30")),
        ("", 4, ("24 12:30", "31 11:30")),
        ("today", 1, ("24 12:30", "25 00:00")),
        ("tomorrow", 1, ("25 00:00", "26 00:00")),
        ("this week", 1, ("24 12:30", "26 00:00")),
        ("next week", 1, ("26 00:00", "02 00:00")),
    ],
)
def test_windows_are_days_of_whoever_asks(named, weeks, expected):
    now = int(datetime(2026, 10, 24, 10, 7, tzinfo=UTC).timestamp())
    found = window(named, now, "Europe/Vienna", weeks)
    local = (datetime.fromtimestamp(at, ZoneInfo("Europe/Vienna")) for at in found)
    assert tuple(f"{each:%d %H:%M}" for each in local) == expected


def test_nothing_is_left_of_a_day_that_is_nearly_over():
    now = int(datetime(2026, 10, 24, 21, 50, tzinfo=UTC).timestamp())
    found = window("today", now, "Europe/Vienna", 1)
    assert proposals(Meeting((person("A"),), found, HALF_HOUR, "Europe/Vienna")) == []


def test_ranked_slots_do_not_overlap():
    found = proposals(meeting(person("A", "mon 9-10"), person("B", "mon 15-16"), days=1))
    starts = [slot.starts[0] for slot in found]
    assert all(abs(a - b) >= HALF_HOUR for a in starts for b in starts if a != b)
    assert len(found) == 3
